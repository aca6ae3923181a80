import { expect, test } from "vitest";
import { live, subscribe } from "../../test/channel-setup.ts";
import { GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";
import type { ServerMessage } from "../wire/index.ts";

/** Nodes on one store, on one clock. */
class Nodes {
  readonly benches: readonly GatewayBench[];
  /** What is lost on its way from one node to another, or to itself. */
  isLost: (from: number, to: number, payload: string) => boolean = () => false;
  readonly payloads: string[] = [];
  #frozen: readonly number[] = [];

  constructor(count: number, limits: GatewayBenchOptions["limits"] = {}) {
    this.benches = Array.from({ length: count }, (_, from) => {
      const tellOthers = (channel: string, payload: string): void => {
        this.payloads.push(payload);
        for (const [to, bench] of this.benches.entries()) {
          if (to === from || this.#frozen.includes(to) || this.isLost(from, to, payload)) continue;
          bench.hear(channel, payload);
        }
      };
      return new GatewayBench({ node: `n${from}`, tellOthers, limits });
    });
  }

  at(index: number): GatewayBench {
    return this.benches[index] as GatewayBench;
  }

  /** Lets time pass, in steps; nodes that are left out stand still. */
  advance(byMs: number, frozen: readonly number[] = []): void {
    this.#frozen = frozen;
    for (let passedMs = 0; passedMs < byMs; passedMs += 50) {
      for (const [index, bench] of this.benches.entries()) {
        if (frozen.includes(index)) bench.freeze(50);
        else bench.advance(50);
      }
    }
  }
}

function presenceIn(messages: readonly ServerMessage[]): readonly ServerMessage[] {
  return messages.filter(({ type }) => type === "presence");
}

function membersAt(bench: GatewayBench): readonly string[] {
  const attendance = bench.core.attendanceOf("room/a");
  return "members" in attendance ? attendance.members.map(({ member }) => member) : [`${attendance.memberCount}`];
}

/** Connection 1 at the first node, 2 at the second, … */
function oneEach(count: number, limits: GatewayBenchOptions["limits"] = {}): Nodes {
  const nodes = new Nodes(count, limits);
  for (const [index, bench] of nodes.benches.entries()) subscribe(bench, index + 1, live, "room/a");
  nodes.advance(1_000);
  for (const [index, bench] of nodes.benches.entries()) bench.take(index + 1);
  return nodes;
}

test("[ND30] who comes and goes at one node is told at the others, and a newcomer is told who is there with all", () => {
  const nodes = oneEach(2);
  const [one, two] = [nodes.at(0), nodes.at(1)];
  expect([membersAt(one), membersAt(two)]).toEqual([
    ["m-0001", "m-0002"],
    ["m-0002", "m-0001"],
  ]);
  subscribe(two, 3, live, "room/a");
  expect(two.take(3)[0]).toMatchObject({ type: "subscribed", members: { length: 3 } });
  nodes.advance(500);
  expect(one.take(1)).toMatchObject([{ type: "presence", joined: [{ member: "m-0003" }], left: [] }]);
  two.closed(3, true);
  nodes.advance(500);
  expect(one.take(1)).toEqual([{ type: "presence", channel: "room/a", joined: [], left: ["m-0003"] }]);
});

test("[ND30] a device that is cut off at one node and back at another is seen by nobody", () => {
  const nodes = oneEach(3);
  nodes.at(1).closed(2);
  nodes.advance(4_000);
  nodes.at(2).join(4, "2".padStart(32, "0"));
  nodes.at(2).send(4, { type: "subscribe", channel: "room/a", start: live });
  nodes.advance(20_000);
  expect(
    presenceIn(nodes.at(0).take(1)).flatMap((message) => (message.type === "presence" ? message.left : [])),
  ).toEqual([]);
  expect(membersAt(nodes.at(0)).toSorted()).toEqual(["m-0001", "m-0002", "m-0003"]);
});

test("[ND31] the members of a node that died are gone in at most 10 s, and those of one that lives stay", () => {
  const nodes = oneEach(3);
  nodes.advance(20_000);
  expect(presenceIn(nodes.at(0).take(1))).toEqual([]);
  nodes.isLost = (from) => from === 1;
  nodes.advance(7_000);
  expect(membersAt(nodes.at(0))).toContain("m-0002");
  nodes.advance(3_000);
  expect(
    nodes
      .at(0)
      .take(1)
      .filter(({ type }) => type === "presence"),
  ).toEqual([{ type: "presence", channel: "room/a", joined: [], left: ["m-0002"] }]);
  expect(membersAt(nodes.at(2)).toSorted()).toEqual(["m-0001", "m-0003"]);
});

test("[ND32] a report that is lost is noticed at the next beat and asked for", () => {
  const nodes = oneEach(2);
  nodes.isLost = (_from, to) => to === 0;
  subscribe(nodes.at(1), 3, live, "room/a");
  nodes.advance(1_000);
  expect(membersAt(nodes.at(0))).not.toContain("m-0003");
  nodes.isLost = () => false;
  nodes.advance(2_000);
  expect(membersAt(nodes.at(0))).toContain("m-0003");
});

test("[ND33] a node that stood still for 8 s closes its connections with 1012 before it serves anything more; then it goes on", () => {
  const nodes = oneEach(2);
  const two = nodes.at(1);
  nodes.advance(6_400, [1]);
  two.handle({ type: "tick" });
  expect(two.effects).toEqual([]);
  nodes.advance(10_000, [1]);
  expect(membersAt(nodes.at(0))).toEqual(["m-0001"]);
  nodes.advance(0);
  two.send(2, { type: "ephemeral", channel: "room/a", event: "typing", data: {} });
  expect(two.effects).toEqual([{ type: "close", connection: 2, code: 1012, reason: "The server stood still" }]);
  expect(two.take(2)).toEqual([]);
  expect(nodes.payloads.filter((payload) => payload.includes("typing"))).toEqual([]);
  two.closed(2);
  two.join(4, "2".padStart(32, "0"));
  two.send(4, { type: "subscribe", channel: "room/a", start: live });
  nodes.advance(2_000);
  expect(nodes.benches.map((bench) => membersAt(bench).toSorted())).toEqual([
    ["m-0001", "m-0002"],
    ["m-0001", "m-0002"],
  ]);
  expect(two.effects).toHaveLength(1);
});

test("[ND35] while the store is away nobody counts as gone, and when it is back they have the whole time again", () => {
  const nodes = oneEach(2);
  const joined = nodes.benches.map((bench) => [...bench.joined]);
  for (const bench of nodes.benches) bench.joined.clear();
  nodes.advance(60_000);
  for (const [index, bench] of nodes.benches.entries()) for (const name of joined[index] ?? []) bench.joined.add(name);
  nodes.advance(10_000);
  expect(nodes.benches.map((bench, index) => presenceIn(bench.take(index + 1)))).toEqual([[], []]);
});

test("[ND34] of a node with more than maxPresenceListCount members only their number is told", () => {
  const nodes = oneEach(2, { maxPresenceListCount: 3 });
  for (let connection = 3; connection < 6; connection += 1) subscribe(nodes.at(1), connection, live, "room/a");
  nodes.advance(1_000);
  expect(nodes.benches.map(membersAt)).toEqual([["5"], ["5"]]);
});

test("[ND34] a device at two nodes counts once where its id is known, and twice where the other node tells only a number", () => {
  const nodes = oneEach(2, { maxPresenceListCount: 3 });
  for (let connection = 3; connection < 6; connection += 1) subscribe(nodes.at(1), connection, live, "room/a");
  subscribe(nodes.at(0), 3, live, "room/a");
  nodes.advance(1_000);
  expect(nodes.benches.map(membersAt)).toEqual([["6"], ["5"]]);
});

test("[ND36] a channel that only other nodes have members in is left, and its members are not kept", () => {
  const nodes = oneEach(2);
  nodes.at(0).closed(1, true);
  nodes.advance(6_000);
  expect([nodes.at(0).core.info.channelCount, nodes.at(0).joined.has("room/a")]).toEqual([0, false]);
  expect(nodes.at(0).effects).toEqual([{ type: "leave", channel: "room/a" }]);
});

test("[ND36] a node without members says nothing of itself, and one alone on its store says nothing at all", () => {
  const nodes = new Nodes(2);
  subscribe(nodes.at(0), 1, live);
  nodes.advance(10_000);
  expect(nodes.payloads).toEqual([]);
  const bench = new GatewayBench();
  subscribe(bench, 1, live, "room/a");
  bench.freeze(60_000);
  bench.advance(10_000);
  expect(bench.effects).toEqual([]);
});
