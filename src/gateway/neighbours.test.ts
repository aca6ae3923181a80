import { expect, test } from "vitest";
import { Neighbours } from "./neighbours.ts";
import { Presence } from "./presence.ts";

const member = (id: string, name?: string): { member: string; user: { id: string; name?: string } } => ({
  member: id,
  user: name === undefined ? { id } : { id, name },
});
const quiet = { joined: [], left: [], cut: [] };

function make(): { neighbours: Neighbours; presence: Presence; there: () => string[] } {
  const presence = new Presence({ graceMs: 5_000, diffMs: 0, maxListCount: 1_000 });
  const there = (): string[] => {
    const { attendance } = presence;
    return "members" in attendance ? attendance.members.map((one) => one.member) : [`${attendance.memberCount}`];
  };
  return { neighbours: new Neighbours(presence, 8_000), presence, there };
}

test("[ND30] a goodbye at another node is one here, and a cut has its grace here", () => {
  const { neighbours, presence, there } = make();
  neighbours.hear("n2", { type: "diff", sequence: 1, ...quiet, joined: ["a", "b", "c"].map((id) => member(id)) }, 0);
  presence.join(member("c"));
  neighbours.hear("n2", { type: "diff", sequence: 2, joined: [], left: ["a", "c"], cut: ["b", "x"] }, 10);
  expect(there()).toEqual(["b", "c"]);
  expect(["a", "b", "c"].map((id) => neighbours.has(id))).toEqual([false, false, false]);
  presence.take(5_009);
  expect(there()).toEqual(["b", "c"]);
  presence.take(5_010);
  expect(there()).toEqual(["c"]);
});

test("[ND32] a number that is not the next one, and a node that nobody knows, are to be asked about; what is old is not", () => {
  const { neighbours, there } = make();
  const diff = (sequence: number, id: string): boolean =>
    neighbours.hear("n2", { type: "diff", sequence, ...quiet, joined: [member(id)] }, 0);
  expect([neighbours.hear("n2", { type: "beat", sequence: 1 }, 0), diff(2, "b")]).toEqual([true, true]);
  expect([diff(1, "a"), diff(1, "old"), diff(3, "c")]).toEqual([false, false, true]);
  expect([1, 2].map((sequence) => neighbours.hear("n2", { type: "beat", sequence }, 0))).toEqual([false, true]);
  expect(there()).toEqual(["a"]);
  const members = [member("a", "Ada"), member("b")];
  expect(neighbours.hear("n2", { type: "all", sequence: 3, members }, 0)).toBe(false);
  expect([there(), diff(4, "d"), neighbours.has("d")]).toEqual([["a", "b"], false, true]);
});

test("[ND32] who is missing when all are told was cut off, and a member whose name is new is there once", () => {
  const { neighbours, presence, there } = make();
  neighbours.hear("n2", { type: "all", sequence: 1, members: [member("a"), member("b")] }, 0);
  presence.take(0);
  neighbours.hear("n2", { type: "all", sequence: 2, members: [member("a", "Ada")] }, 0);
  expect(presence.take(0)).toEqual({ joined: [member("a", "Ada")], left: [] });
  expect(there()).toEqual(["a", "b"]);
  expect(presence.take(5_000)).toEqual({ joined: [], left: ["b"] });
  neighbours.hear("n2", { type: "diff", sequence: 3, ...quiet, left: ["a"] }, 5_000);
  expect(there()).toEqual([]);
});

test("[ND31] a node that is not heard for 8 s is gone with its members, unless nobody could be heard", () => {
  const { neighbours, there } = make();
  neighbours.hear("n2", { type: "all", sequence: 1, members: [member("a"), member("b")] }, 0);
  neighbours.hear("n3", { type: "all", sequence: 1, members: [member("b")] }, 0);
  neighbours.hear("n3", { type: "beat", sequence: 1 }, 1_000);
  neighbours.expire(7_999);
  expect(there()).toEqual(["a", "b"]);
  neighbours.expire(8_000);
  expect(there()).toEqual(["b"]);
  neighbours.forgive(9_000);
  neighbours.expire(16_999);
  expect(there()).toEqual(["b"]);
  neighbours.expire(17_000);
  expect(there()).toEqual([]);
});

test("[ND34] a node that tells only how many it has counts with that number, until it tells all or is gone", () => {
  const { neighbours, presence, there } = make();
  neighbours.hear("n2", { type: "all", sequence: 1, members: [member("a")] }, 0);
  presence.take(0);
  neighbours.hear("n2", { type: "count", sequence: 2, memberCount: 1_001 }, 0);
  presence.join(member("b"));
  expect([there(), neighbours.has("a")]).toEqual([["1002"], false]);
  expect(presence.take(0)).toEqual({ joined: [], left: [], memberCount: 1_002 });
  neighbours.hear("n2", { type: "count", sequence: 3, memberCount: 1_001 }, 0);
  expect(presence.take(0)).toBeUndefined();
  neighbours.hear("n2", { type: "all", sequence: 4, members: [member("a")] }, 0);
  expect(presence.take(0)).toEqual({ joined: [], left: [], members: [member("b"), member("a")] });
  neighbours.hear("n2", { type: "count", sequence: 5, memberCount: 1_001 }, 0);
  neighbours.expire(8_000);
  expect(presence.take(8_000)).toEqual({ joined: [], left: [], members: [member("b")] });
});
