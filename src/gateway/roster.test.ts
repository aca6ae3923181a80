import { expect, test } from "vitest";
import { Roster } from "./roster.ts";

const member = (id: string, name?: string): Parameters<Roster["enter"]>[0] => ({
  member: id,
  user: name === undefined ? { id } : { id, name },
});
const make = (maxListCount = 1_000): Roster => new Roster({ diffMs: 250, maxListCount });

test("[ND30] who comes and goes is told with the next number, at most so often, and a goodbye from a cut apart", () => {
  const roster = make();
  expect([roster.nextMs, roster.beat, roster.take(0)]).toEqual([Infinity, undefined, []]);
  roster.enter(member("a"));
  expect(roster.take(0)).toEqual([{ type: "diff", sequence: 1, joined: [member("a")], left: [], cut: [] }]);
  for (const id of ["b", "c"]) roster.enter(member(id));
  roster.leave("a", true);
  expect([roster.nextMs, roster.take(249)]).toEqual([250, []]);
  roster.leave("b", false);
  expect(roster.take(250)).toEqual([{ type: "diff", sequence: 2, joined: [member("c")], left: ["a"], cut: ["b"] }]);
  expect(roster.beat).toEqual({ type: "beat", sequence: 2 });
  roster.leave("nobody", true);
  expect(roster.nextMs).toBe(Infinity);
});

test("[ND30] a device is told once, whatever connections it has, and again under a new name", () => {
  const roster = make();
  for (let count = 0; count < 2; count += 1) roster.enter(member("a"));
  expect(roster.take(0)).toHaveLength(1);
  roster.enter(member("a"));
  roster.leave("a", true);
  expect(roster.nextMs).toBe(Infinity);
  roster.enter(member("a", "Ada"));
  expect(roster.take(250)).toMatchObject([{ joined: [member("a", "Ada")] }]);
  roster.asked();
  expect(roster.take(500)).toMatchObject([{ type: "all", members: [member("a", "Ada")] }]);
});

test("[ND30] who is back before it was told of has not gone", () => {
  const roster = make();
  roster.enter(member("a"));
  roster.take(0);
  for (const isGoodbye of [true, false]) {
    roster.leave("a", isGoodbye);
    roster.enter(member("a"));
  }
  expect(roster.take(250)).toEqual([{ type: "diff", sequence: 2, joined: [member("a")], left: [], cut: [] }]);
});

test("[ND32] who is asked tells all there are, in reports of at most 500; who has nobody says nothing", () => {
  const roster = make();
  roster.asked();
  expect(roster.nextMs).toBe(Infinity);
  const ids = Array.from({ length: 1_000 }, (_, index) => `m${index}`);
  const sizes = (nowMs: number): unknown[] =>
    roster.take(nowMs).map((report) => {
      if (report.type === "all") return ["all", report.sequence, report.members.length];
      return report.type === "diff" ? ["diff", report.sequence, report.joined.length] : report;
    });
  for (const id of ids.slice(0, 500)) roster.enter(member(id));
  expect(sizes(0)).toEqual([["diff", 1, 500]]);
  roster.asked();
  expect(sizes(250)).toEqual([["all", 2, 500]]);
  for (const id of ids.slice(500)) roster.enter(member(id));
  roster.enter(member("m0", "Ada"));
  expect(sizes(500)).toEqual([
    ["diff", 3, 500],
    ["diff", 4, 1],
  ]);
  roster.asked();
  expect(sizes(750)).toEqual([
    ["all", 5, 500],
    ["diff", 6, 500],
  ]);
});

test("[ND34] past maxPresenceListCount only their number is told; when there are a tenth fewer, all again", () => {
  const roster = make(10);
  for (let id = 0; id < 11; id += 1) roster.enter(member(`m${id}`));
  expect(roster.take(0)).toEqual([{ type: "count", sequence: 1, memberCount: 11 }]);
  roster.leave("m0", true);
  expect(roster.take(250)).toEqual([{ type: "count", sequence: 2, memberCount: 10 }]);
  roster.leave("m1", true);
  expect(roster.take(500)).toMatchObject([{ type: "all", sequence: 3, members: { length: 9 } }]);
  roster.enter(member("m0"));
  expect(roster.take(750)).toMatchObject([{ type: "diff", sequence: 4, joined: { length: 1 } }]);
});
