import { beforeEach, expect, test } from "vitest";
import type { ClientOp } from "../wire/index.ts";
import type { GatewayEffect } from "./effects.ts";
import { defaultLimits, type GatewayLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { Session } from "./session.ts";

let outbox: Outbox;
let session: Session;

function makeSession(limits: Partial<GatewayLimits> = {}): void {
  outbox = new Outbox();
  session = new Session(1, { outbox, limits: { ...defaultLimits, ...limits } });
}

beforeEach(() => makeSession());

const device = "0".repeat(32);
const position = { epoch: "0".repeat(16), offset: 0, tag: 0 };
const ops = {
  auth: { type: "auth", id: 1, device },
  refresh: { type: "refresh", id: 8, token: "t" },
  subscribe: { type: "subscribe", id: 2, channel: "c", start: { from: "live" } },
  resume: {
    type: "resume",
    id: 3,
    channels: [
      { channel: "c", position },
      { channel: "d", position },
    ],
  },
  unsubscribe: { type: "unsubscribe", id: 4, channel: "c" },
  publish: { type: "publish", id: 5, channel: "c", event: "e", messageId: "m", data: 1 },
  ephemeral: { type: "ephemeral", id: 6, channel: "c", event: "e", data: 1 },
  history: { type: "history", id: 7, channel: "c", before: 1, count: 1 },
  call: { type: "call", id: 9, channel: "c", method: "m", data: 1 },
} as const satisfies Record<string, ClientOp>;

/** Takes everything that waits, as if each were answered at once. */
function startAll(): string[] {
  const started: string[] = [];
  for (let op = session.startNext(); op !== undefined; op = session.startNext()) {
    started.push(op.type);
    session.admitted();
    session.answered();
  }
  return started;
}

/** What it was answered, as text. */
function answers(): string[] {
  return outbox.take().map((effect: GatewayEffect) => (effect.type === "send" ? effect.text : effect.type));
}

const fault = { code: "BAD_MESSAGE", message: "no" } as const;

test("[OP3] a session is idle when every request that was taken has its answer", () => {
  expect(session.isIdle).toBe(true);
  session.accept(ops.publish);
  expect(session.isIdle).toBe(false);
  session.startNext();
  session.admitted();
  expect(session.isIdle).toBe(false);
  session.answered();
  expect(session.isIdle).toBe(true);
});

test("[SE7] requests start one after the other, in the order they came", () => {
  for (const op of Object.values(ops)) session.accept(op);
  expect(session.startNext()?.type).toBe("auth");
  expect(session.startNext()).toBeUndefined();
  session.admitted();
  expect(startAll()).toEqual([
    "refresh",
    "subscribe",
    "resume",
    "unsubscribe",
    "publish",
    "ephemeral",
    "history",
    "call",
  ]);
  expect(answers()).toEqual([]);
});

test("[SE6] a refusal carries the id, if there is one", () => {
  session.strike(7, fault);
  session.strike(undefined, fault);
  expect(answers()).toEqual([
    '{"type":"error","id":7,"code":"BAD_MESSAGE","message":"no"}',
    '{"type":"error","code":"BAD_MESSAGE","message":"no"}',
  ]);
});

test("[SE6] three refused frames in a row close the connection, two and a good one do not", () => {
  session.strike(1, fault);
  session.strike(2, fault);
  session.accept(ops.history);
  session.strike(3, fault);
  expect(session.isOpen).toBe(true);
  makeSession({ maxRefusalsPerMinute: 99 });
  for (let id = 1; id <= 3; id += 1) session.strike(id, fault);
  expect(answers().at(-1)).toBe("close");
  expect(session.isOpen).toBe(false);
});

test("[SE6] the fourth refused frame within a minute closes the connection, later it does not", () => {
  const strikeAt = (nowMs: number): void => {
    outbox.begin(nowMs);
    session.accept(ops.history);
    session.strike(1, fault);
  };
  for (const nowMs of [0, 10_000, 20_000, 60_000]) strikeAt(nowMs);
  expect(session.isOpen).toBe(true);
  strikeAt(69_999);
  expect(session.isOpen).toBe(false);
});

test("[DL20] a page of a replay is sent as it is, and not after a close", () => {
  const deliveries = [{ offset: 1, tag: 1, previousTag: 0, text: "{}" }];
  outbox.begin(7);
  session.sendReplay(deliveries);
  expect(outbox.take()).toEqual([{ type: "replay", connection: 1, deliveries }]);
  expect(session.lastSentMs).toBe(7);
  session.close(4000, "");
  outbox.take();
  session.sendReplay(deliveries);
  expect(outbox.take()).toEqual([]);
});

test("[SE6] after a close nothing is sent or started, and it is not closed twice", () => {
  session.accept(ops.history);
  session.close(4002, "enough");
  session.close(4002, "enough");
  session.send({ type: "ping" });
  expect(session.startNext()).toBeUndefined();
  expect(outbox.take()).toEqual([{ type: "close", connection: 1, code: 4002, reason: "enough" }]);
});

test("[SE9] what waits is dropped when the connection has ended", () => {
  session.accept(ops.history);
  session.end();
  expect(session.startNext()).toBeUndefined();
  expect(session.isFlowing).toBe(false);
});

test("[RL1] the publish after the burst is refused with the time to wait", () => {
  for (let count = 0; count < 60; count += 1) session.accept(ops.publish);
  expect(answers()).toEqual([]);
  session.accept(ops.publish);
  expect(answers()).toEqual([
    '{"type":"error","id":5,"code":"RATE_LIMITED","message":"Cannot take publish: too many in too short a time","retryAfterMs":50}',
  ]);
});

test("[RL2] ephemeral events and other requests have buckets of their own", () => {
  makeSession({ publishBurstCount: 1, ephemeralBurstCount: 1, requestBurstCount: 3 });
  for (const op of [ops.publish, ops.ephemeral, ops.resume, ops.subscribe]) session.accept(op);
  expect(answers()).toEqual([]);
  for (const op of [ops.publish, ops.ephemeral, ops.unsubscribe]) session.accept(op);
  expect(answers().map((text) => text.includes("RATE_LIMITED"))).toEqual([true, true, true]);
});

test("[RL2] a resume of more channels than a connection may have costs no more than those", () => {
  makeSession({ maxChannelsPerConnection: 1, requestBurstCount: 1 });
  session.accept(ops.resume);
  expect(startAll()).toEqual(["resume"]);
});

/** Sends `count` publishes a second for some seconds, whatever is answered. */
function flood({ count, seconds, op = ops.publish }: { count: number; seconds: number; op?: ClientOp }): void {
  for (let second = 0; second < seconds; second += 1) {
    outbox.begin(second * 1_000);
    for (let sent = 0; sent < count && session.isOpen; sent += 1) session.accept(op);
    startAll();
  }
}

test("[RL7] who goes on although it is refused is closed with 4004 in the third second", () => {
  flood({ count: 141, seconds: 2 });
  expect(session.isOpen).toBe(true);
  flood({ count: 141, seconds: 3 });
  expect(answers().at(-1)).toBe("close");
});

test("[RL7] a burst too large is refused and closes nothing, nor does somewhat too fast a sender", () => {
  flood({ count: 10_000, seconds: 1 });
  expect(session.isOpen).toBe(true);
  makeSession();
  // The bucket gives 60 at once and 20 a second after; 60 more may be refused each second.
  flood({ count: 80, seconds: 300 });
  expect(session.isOpen).toBe(true);
});

test("[RL7] each kind of request is measured by its own burst", () => {
  makeSession({ ephemeralBurstCount: 1, requestBurstCount: 2, maxOverrunsPerMinute: 1 });
  flood({ count: 2, seconds: 1, op: ops.ephemeral });
  expect(session.isOpen).toBe(true);
  flood({ count: 3, seconds: 1, op: ops.ephemeral });
  expect(session.isOpen).toBe(false);
  makeSession({ requestBurstCount: 2, maxOverrunsPerMinute: 1 });
  flood({ count: 4, seconds: 1, op: ops.history });
  expect(session.isOpen).toBe(true);
  session.accept(ops.history);
  expect(session.isOpen).toBe(false);
});

test("[RL5] one request more than may wait is refused, until one is answered", () => {
  makeSession({ maxPendingRequestCount: 2 });
  session.accept(ops.history);
  session.startNext();
  session.accept(ops.history);
  expect(answers()).toEqual([]);
  session.accept(ops.history);
  expect(answers()[0]).toContain(
    '"code":"LIMIT","message":"Cannot take history: 2 requests of this connection are not answered yet"',
  );
  session.answered();
  session.accept(ops.history);
  expect(answers()).toEqual([]);
});

test("[DL7] after a page of a replay the socket has to drain", () => {
  makeSession({ maxReplayBytes: 10 });
  session.spend(9);
  expect(session.isFlowing).toBe(true);
  session.spend(1);
  expect(session.isFlowing).toBe(false);
  session.spend(5);
  expect(outbox.take()).toEqual([{ type: "awaitDrain", connection: 1 }]);
  session.drained();
  session.spend(9);
  expect(session.isFlowing).toBe(true);
});

test("[DL6] nothing flows while the queue is full", () => {
  session.congested();
  expect(session.isFlowing).toBe(false);
  session.drained();
  expect(session.isFlowing).toBe(true);
});

test("[RL30] while a connection does not take what it is sent, requests that may be answered at length wait, and those behind them", () => {
  session.congested();
  session.accept(ops.publish);
  expect(startAll()).toEqual(["publish"]);
  for (const [name, isLong] of [
    ["history", true],
    ["subscribe", true],
    ["resume", true],
    ["call", true],
    ["unsubscribe", false],
    ["ephemeral", false],
    ["refresh", false],
  ] as const) {
    session.congested();
    session.accept(ops[name]);
    session.accept(ops.publish);
    expect(startAll()).toEqual(isLong ? [] : [name, "publish"]);
    session.drained();
    expect(startAll()).toEqual(isLong ? [name, "publish"] : []);
  }
});

test("[RL31] an answer costs a request more for each whole 64 KiB of it, though there be none left", () => {
  makeSession({ requestBurstCount: 3, requestsPerSecond: 1 });
  session.accept(ops.history);
  session.charge(65_535);
  session.accept(ops.history);
  session.charge(3 * 65_536);
  session.accept(ops.history);
  const [refused] = answers();
  expect(JSON.parse(refused ?? "")).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 3_000 });
});

test("[OP60] a session tells its user once it has one, its channels, and whether it flows", () => {
  expect(session.facts).toEqual({ user: undefined, channelCount: 0, isFlowing: true });
  session.identity = { user: { id: "ada" }, member: "m" };
  session.congested();
  expect(session.facts).toEqual({ user: { id: "ada" }, channelCount: 0, isFlowing: false });
});
