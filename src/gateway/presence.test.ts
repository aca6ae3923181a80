import fc from "fast-check";
import { expect, test } from "vitest";
import type { Member } from "../wire/index.ts";
import { Presence, type PresenceDiff } from "./presence.ts";

const options = { graceMs: 5_000, diffMs: 250, maxListCount: 1_000 };
const ada: Member = { member: "a", user: { id: "ada" } };
const bob: Member = { member: "b", user: { id: "bob" } };

test("[PR1] who joined is there, and is told at once", () => {
  const presence = new Presence(options);
  expect(presence.isEmpty()).toBe(true);
  expect(presence.nextMs).toBe(Infinity);
  presence.join(ada);
  expect(presence.attendance).toEqual({ members: [ada] });
  expect(presence.isEmpty()).toBe(false);
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
  expect(presence.attendance).toEqual({ members: [ada] });
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
  expect(presence.attendance).toEqual({ members: [] });
  expect(presence.take(300)).toEqual({ joined: [], left: ["a"] });
});

test("[PR4] a device that is cut off leaves when its grace is over, and not before", () => {
  const presence = new Presence(options);
  presence.join(ada);
  presence.take(0);
  presence.leave("a", { isGoodbye: false, nowMs: 1_000 });
  expect(presence.nextMs).toBe(6_000);
  expect(presence.take(5_999)).toBeUndefined();
  expect(presence.attendance).toEqual({ members: [ada] });
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

/** What a client makes of a diff. @returns how many are there now, if it tells anything. */
function applyTo(list: Map<string, Member>, diff: PresenceDiff | undefined): number | undefined {
  if (diff === undefined) return undefined;
  const { joined, left, memberCount, members = joined } = diff;
  if (members !== joined || memberCount !== undefined) list.clear();
  for (const one of members) list.set(one.member, one);
  for (const id of left) list.delete(id);
  return memberCount ?? list.size;
}

test("[PR5, PR7] whoever applies all diffs knows who is there", () => {
  const step = fc.record({
    id: fc.constantFrom("a", "b", "c"),
    act: fc.constantFrom("join", "bye", "cut"),
    waitMs: fc.nat(6_000),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const presence = new Presence(options);
      const counted = new Presence({ ...options, maxListCount: 2 });
      const known = new Set<string>();
      const list = new Map<string, Member>();
      let count = 0;
      let nowMs = 0;
      const hear = (): void => {
        const diff = presence.take(nowMs);
        for (const { member } of diff?.joined ?? []) known.add(member);
        for (const member of diff?.left ?? []) known.delete(member);
        count = applyTo(list, counted.take(nowMs)) ?? count;
      };
      for (const { act, id, waitMs } of steps) {
        nowMs += waitMs;
        for (const one of [presence, counted]) {
          if (act === "join") one.join({ member: id, user: { id } });
          else one.leave(id, { isGoodbye: act === "bye", nowMs });
        }
        hear();
      }
      nowMs += 10_000;
      hear();
      expect([...known].sort()).toEqual(membersOf(presence).sort());
      const isList = "members" in counted.attendance;
      expect(isList ? [...list.keys()].sort() : count).toEqual(isList ? membersOf(counted).sort() : known.size);
    }),
  );
});

function membersOf({ attendance }: Presence): string[] {
  return "members" in attendance ? attendance.members.map(({ member }) => member) : [];
}

/** Devices `0` to `count - 1` are there, and that is told. */
function crowd(count: number): Presence {
  const presence = new Presence(options);
  for (let index = 0; index < count; index += 1) presence.join({ member: String(index), user: ada.user });
  return presence;
}

test("[PR7] a thousand members are a list; with one more only their number is told, to newcomers too", () => {
  const presence = crowd(1_000);
  expect(membersOf(presence)).toHaveLength(1_000);
  expect(presence.take(0)?.joined).toHaveLength(1_000);
  presence.join(bob);
  expect(presence.attendance).toEqual({ memberCount: 1_001 });
  expect(presence.take(250)).toEqual({ joined: [], left: [], memberCount: 1_001 });
  presence.join(ada);
  presence.leave("a", { isGoodbye: true, nowMs: 400 });
  expect(presence.take(500)).toBeUndefined();
  presence.join(ada);
  expect(presence.take(500)).toEqual({ joined: [], left: [], memberCount: 1_002 });
});

test("[PR7] lists are back when there are a tenth fewer, with all who are there", () => {
  const presence = crowd(1_001);
  presence.take(0);
  for (let index = 0; index < 100; index += 1) presence.leave(String(index), { isGoodbye: true, nowMs: 250 });
  expect(presence.take(250)).toEqual({ joined: [], left: [], memberCount: 901 });
  presence.leave("100", { isGoodbye: true, nowMs: 500 });
  const diff = presence.take(500);
  expect([diff?.members?.length, diff?.joined, diff?.left, diff?.memberCount]).toEqual([900, [], [], undefined]);
  presence.leave("101", { isGoodbye: true, nowMs: 750 });
  expect(presence.take(750)).toEqual({ joined: [], left: ["101"] });
});

test("[ND34] those of whom only the number is known are counted, and that is told once", () => {
  const presence = new Presence(options);
  presence.join(ada);
  presence.take(0);
  presence.countOthers(1_001);
  presence.countOthers(1_001);
  expect(presence.attendance).toEqual({ memberCount: 1_002 });
  expect([presence.take(249), presence.take(250), presence.take(500)]).toEqual([
    undefined,
    { joined: [], left: [], memberCount: 1_002 },
    undefined,
  ]);
  presence.countOthers(0);
  expect(presence.take(750)).toEqual({ joined: [], left: [], members: [ada] });
});

test("[ND36] it is empty when all who are there are elsewhere too", () => {
  const presence = new Presence(options);
  presence.join(ada);
  presence.join(bob);
  expect([presence.isEmpty((id) => id === "a"), presence.isEmpty(() => true)]).toEqual([false, true]);
});
