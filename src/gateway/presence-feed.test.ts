import { expect, test } from "vitest";
import { decodeBroadcast } from "./broadcast.ts";
import { Deadlines } from "./deadlines.ts";
import { defaultLimits as limits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { PresenceFeed } from "./presence-feed.ts";

const ada = { member: "a", user: { id: "ada" } };

test("[PR1, PR4, PR5] it tells what changed when its time has come, and that somebody may be gone", () => {
  const outbox = new Outbox();
  const deadlines = new Deadlines();
  const told: unknown[] = [];
  let changeCount = 0;
  const feed = new PresenceFeed({
    channel: "room/a",
    outbox,
    deadlines,
    limits,
    announce: (payload) => told.push(payload),
    tell: (text) => told.push(JSON.parse(text)),
    changed: () => (changeCount += 1),
  });
  const pass = (nowMs: number): void => {
    outbox.begin(nowMs);
    deadlines.run(nowMs);
  };
  pass(0);
  feed.ask(); // There are no others.
  expect([feed.isEmpty, deadlines.nextMs, told]).toEqual([true, Infinity, []]);
  expect(feed.enter(ada)).toEqual({ members: [ada] });
  pass(0);
  expect(told.splice(0)).toEqual([{ type: "presence", channel: "room/a", joined: [ada], left: [] }]);
  feed.leave("a", false);
  expect([feed.attendance, deadlines.nextMs]).toEqual([{ members: [ada] }, 5_000]);
  expect(feed.enter(ada)).toEqual({ members: [ada] });
  expect(deadlines.nextMs).toBe(Infinity);
  feed.leave("a", true);
  pass(249);
  expect(told).toEqual([]);
  pass(250);
  expect(told).toEqual([{ type: "presence", channel: "room/a", joined: [], left: ["a"] }]);
  expect([feed.isEmpty, changeCount]).toEqual([true, 1]);
});

test("[PR4] a grace that runs out while nothing may be told yet is told later", () => {
  const outbox = new Outbox();
  const deadlines = new Deadlines();
  const told: unknown[] = [];
  const feed = new PresenceFeed({
    channel: "room/a",
    outbox,
    deadlines,
    limits: { ...limits, presenceGraceMs: 100 },
    announce: () => {},
    tell: (text) => told.push(text),
    changed: () => {},
  });
  outbox.begin(0);
  feed.enter(ada);
  deadlines.run(0);
  feed.leave("a", false);
  deadlines.run(100);
  expect([feed.isEmpty, told.length, deadlines.nextMs]).toEqual([true, 1, 250]);
  deadlines.run(250);
  expect(told).toHaveLength(2);
});

/** The feed of a node that may have others beside it, and what it announces. */
function sharedFeed(): {
  readonly feed: PresenceFeed;
  readonly pass: (nowMs: number) => void;
  readonly announced: () => unknown[];
  readonly released: () => number;
} {
  const outbox = new Outbox();
  const deadlines = new Deadlines();
  const payloads: string[] = [];
  let releaseCount = 0;
  outbox.begin(0);
  const feed = new PresenceFeed({
    channel: "room/a",
    node: "n1",
    outbox,
    deadlines,
    limits,
    tell: () => {},
    announce: (payload) => payloads.push(payload),
    changed: () => (releaseCount += 1),
  });
  return {
    feed,
    pass(nowMs) {
      outbox.begin(nowMs);
      deadlines.run(nowMs);
    },
    announced: () => payloads.splice(0).map((payload) => decodeBroadcast(payload).presence),
    released: () => releaseCount,
  };
}

test("[ND30, ND32] it tells other nodes who comes and goes, answers who asks it, and asks who told what does not follow", () => {
  const { announced, feed, pass } = sharedFeed();
  feed.ask();
  feed.enter(ada);
  pass(0);
  expect(announced()).toEqual([{ type: "ask" }, { type: "diff", sequence: 1, joined: [ada], left: [], cut: [] }]);
  for (const [at, asked] of [{ type: "ask" } as const, { type: "ask", node: "n1" } as const].entries()) {
    feed.hear("n2", asked);
    pass(1_000 * (at + 1));
    expect(announced()).toMatchObject([{ type: "all", members: [ada] }]);
  }
  feed.hear("n2", { type: "ask", node: "n3" });
  pass(3_000);
  expect(announced()).toEqual([]);
  feed.hear("n2", { type: "beat", sequence: 7 });
  expect(announced()).toEqual([{ type: "ask", node: "n2" }]);
  feed.beat();
  expect(announced()).toEqual([{ type: "beat", sequence: 3 }]);
  feed.leave("a", true);
  pass(4_000);
  feed.beat();
  expect(announced()).toEqual([{ type: "diff", sequence: 4, joined: [], left: ["a"], cut: [] }]);
});

test("[ND35] it gives up no other node while it does not hear itself, and asks all when it does again", () => {
  const { announced, feed, pass } = sharedFeed();
  feed.hear("n2", { type: "all", sequence: 1, members: [ada] });
  pass(20_000);
  feed.beat();
  expect(feed.attendance).toEqual({ members: [ada] });
  feed.hear("n1", { type: "beat", sequence: 1 });
  expect(announced()).toEqual([{ type: "ask" }]);
  for (const nowMs of [22_500, 25_000, 27_500, 27_999]) {
    pass(nowMs);
    feed.hear("n1", { type: "beat", sequence: 1 });
  }
  expect(announced()).toEqual([]);
  feed.beat();
  expect(feed.attendance).toEqual({ members: [ada] });
  pass(28_000);
  feed.beat();
  expect(feed.attendance).toEqual({ members: [] });
  // Two beats without itself are borne, and not a millisecond more.
  pass(30_999);
  feed.hear("n1", { type: "beat", sequence: 1 });
  expect(announced()).toEqual([]);
  pass(34_000);
  feed.hear("n1", { type: "beat", sequence: 1 });
  expect(announced()).toEqual([{ type: "ask" }]);
});

test("[ND36] it says once that nobody of this node is left, however others come and go", () => {
  const { feed, pass, released } = sharedFeed();
  feed.enter(ada);
  pass(0);
  feed.leave("a", false);
  feed.hear("n2", { type: "diff", sequence: 1, joined: [ada], left: [], cut: [] });
  expect([feed.isEmpty, released()]).toEqual([true, 1]);
  feed.hear("n2", { type: "diff", sequence: 2, joined: [], left: ["a"], cut: [] });
  pass(1_000);
  expect([feed.isEmpty, released()]).toEqual([true, 1]);
});
