import { expect, test } from "vitest";
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
    tell: (text) => told.push(JSON.parse(text)),
    changed: () => (changeCount += 1),
  });
  const pass = (nowMs: number): void => {
    outbox.begin(nowMs);
    deadlines.run(nowMs);
  };
  pass(0);
  expect([feed.isEmpty, deadlines.nextMs]).toEqual([true, Infinity]);
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
  expect([feed.isEmpty, changeCount]).toEqual([true, 2]);
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
