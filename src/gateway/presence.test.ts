import fc from "fast-check";
import { expect, test } from "vitest";
import type { Member } from "../wire/index.ts";
import { Presence } from "./presence.ts";

const options = { graceMs: 5_000, diffMs: 250 };
const ada: Member = { member: "a", user: { id: "ada" } };
const bob: Member = { member: "b", user: { id: "bob" } };

test("[PR1] who joined is there, and is told at once", () => {
  const presence = new Presence(options);
  expect(presence.isEmpty).toBe(true);
  expect(presence.nextMs).toBe(Infinity);
  presence.join(ada);
  expect(presence.members).toEqual([ada]);
  expect(presence.isEmpty).toBe(false);
  expect(presence.nextMs).toBeLessThanOrEqual(0);
  expect(presence.take(0)).toEqual({ joined: [ada], left: [] });
  expect(presence.take(0)).toBeUndefined();
});

test("[PR2] a device with two connections is one member, until the second is gone", () => {
  const presence = new Presence(options);
  presence.join(ada);
  presence.join(ada);
  presence.take(0);
  presence.leave("a", { isGoodbye: true, nowMs: 1_000 });
  expect(presence.members).toEqual([ada]);
  expect(presence.take(1_000)).toBeUndefined();
  presence.leave("a", { isGoodbye: true, nowMs: 1_000 });
  expect(presence.take(1_000)).toEqual({ joined: [], left: ["a"] });
});

test("[PR3] a goodbye leaves at once, and a second one is nothing", () => {
  const presence = new Presence(options);
  presence.join(ada);
  presence.take(0);
  presence.leave("a", { isGoodbye: true, nowMs: 300 });
  presence.leave("a", { isGoodbye: true, nowMs: 300 });
  expect(presence.members).toEqual([]);
  expect(presence.take(300)).toEqual({ joined: [], left: ["a"] });
});

test("[PR4] a device that is cut off leaves when its grace is over, and not before", () => {
  const presence = new Presence(options);
  presence.join(ada);
  presence.take(0);
  presence.leave("a", { isGoodbye: false, nowMs: 1_000 });
  expect(presence.nextMs).toBe(6_000);
  expect(presence.take(5_999)).toBeUndefined();
  expect(presence.members).toEqual([ada]);
  expect(presence.take(6_000)).toEqual({ joined: [], left: ["a"] });
});

test("[PR4] nobody hears of a device that is back within its grace", () => {
  const presence = new Presence(options);
  presence.join(ada);
  presence.take(0);
  presence.leave("a", { isGoodbye: false, nowMs: 1_000 });
  presence.join(ada);
  expect(presence.nextMs).toBe(Infinity);
  expect(presence.take(9_000)).toBeUndefined();
});

test("[PR5] changes are told together, at most so often", () => {
  const presence = new Presence(options);
  presence.join(ada);
  expect(presence.take(1_000)).toEqual({ joined: [ada], left: [] });
  presence.join(bob);
  presence.leave("a", { isGoodbye: true, nowMs: 1_010 });
  expect(presence.take(1_249)).toBeUndefined();
  expect(presence.nextMs).toBe(1_250);
  expect(presence.take(1_250)).toEqual({ joined: [bob], left: ["a"] });
});

test("[PR5] who left and came back before it was told has joined, for those who were told in between", () => {
  const presence = new Presence(options);
  presence.join(ada);
  presence.take(0);
  presence.leave("a", { isGoodbye: true, nowMs: 10 });
  presence.join(ada);
  expect(presence.take(250)).toEqual({ joined: [ada], left: [] });
});

test("[PR6] a new name is told, the same one is not", () => {
  const presence = new Presence(options);
  presence.join(ada);
  presence.take(0);
  presence.join({ member: "a", user: { id: "ada", name: "Ada" } });
  expect(presence.take(250)).toEqual({ joined: [{ member: "a", user: { id: "ada", name: "Ada" } }], left: [] });
  presence.join({ member: "a", user: { id: "ada", name: "Ada" } });
  expect(presence.take(500)).toBeUndefined();
});

test("[PR5] whoever applies all diffs knows who is there", () => {
  const step = fc.record({
    id: fc.constantFrom("a", "b", "c"),
    act: fc.constantFrom("join", "bye", "cut"),
    waitMs: fc.nat(6_000),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const presence = new Presence(options);
      const known = new Set<string>();
      let nowMs = 0;
      const hear = (): void => {
        const diff = presence.take(nowMs);
        for (const { member } of diff?.joined ?? []) known.add(member);
        for (const member of diff?.left ?? []) known.delete(member);
      };
      for (const { act, id, waitMs } of steps) {
        nowMs += waitMs;
        if (act === "join") presence.join({ member: id, user: { id } });
        else presence.leave(id, { isGoodbye: act === "bye", nowMs });
        hear();
      }
      nowMs += 10_000;
      hear();
      expect([...known].sort()).toEqual(presence.members.map(({ member }) => member).sort());
    }),
  );
});
