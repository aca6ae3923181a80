import type { ConsoleFacts, ConsoleSample, PageMessage, ServerMessage } from "switchboard/console";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConsoleSession } from "./console-session.ts";

/** A WebSocket whose other end is the test. */
class FakeSocket extends EventTarget {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readonly said: PageMessage[] = [];
  readyState = 0;
  constructor() {
    super();
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.said.push(JSON.parse(text) as PageMessage);
  }
  close(): void {
    this.readyState = 3;
  }
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  hear(message: ServerMessage): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

const stored = new Map<string, string>();
const storage = {
  getItem: (name: string) => stored.get(name) ?? null,
  setItem: (name: string, value: string) => void stored.set(name, value),
  removeItem: (name: string) => void stored.delete(name),
};
const facts = { durability: "mem", scopes: ["read"] } as unknown as ConsoleFacts;
const sampleAt = (atMs: number): ConsoleSample => ({ atMs }) as ConsoleSample;
const query = { sort: "id", isDescending: true, filter: "", isOnlyBusy: false, from: 0, count: 10 } as const;

function start(key?: string): { readonly session: ConsoleSession; socket(): FakeSocket } {
  const session = new ConsoleSession({
    url: "ws://here/console/line",
    storage,
    WebSocket: FakeSocket as unknown as typeof WebSocket,
  });
  session.start(key);
  return { session, socket: () => FakeSocket.all.at(-1) as FakeSocket };
}

function welcome(socket: FakeSocket): void {
  socket.open();
  socket.hear({ type: "welcome", facts, samples: [sampleAt(1)] });
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  FakeSocket.all = [];
  stored.clear();
});
afterEach(() => vi.useRealTimers());

test("[CV1] the key of the address is shown to the gateway first, and kept for the tab", () => {
  const { session, socket } = start("secret");
  expect(session.link.get()).toEqual({ phase: "connecting" });
  welcome(socket());
  expect(socket().said).toEqual([{ type: "hello", key: "secret" }]);
  expect([session.link.get().phase, session.facts.get(), session.samples.get()]).toEqual([
    "live",
    facts,
    [sampleAt(1)],
  ]);
  start();
  expect(FakeSocket.all).toHaveLength(2);
});

test("[CV1] without a key, or with one that is refused, one is asked for", () => {
  const { session } = start();
  expect([session.link.get(), FakeSocket.all.length]).toEqual([{ phase: "needsKey", reason: "" }, 0]);
  session.start("wrong");
  FakeSocket.all[0]?.open();
  FakeSocket.all[0]?.end(4500, "The key is none of this gateway");
  expect(session.link.get()).toEqual({ phase: "needsKey", reason: "The key is none of this gateway" });
  expect(stored.size).toBe(0);
  vi.advanceTimersByTime(60_000);
  expect(FakeSocket.all).toHaveLength(1);
});

test("[CV5] a line that is lost is opened again, after longer and longer, and what was watched is asked for anew", () => {
  const { session, socket } = start("k");
  welcome(socket());
  session.watch("connections", query);
  session.startTap({ connection: 4 });
  vi.advanceTimersByTime(400);
  socket().end(1001, "The gateway is closed");
  expect(session.link.get()).toEqual({
    phase: "lost",
    sinceMs: 1_000_000,
    retryAtMs: 1_001_400,
    reason: "The gateway is closed",
  });
  expect(session.tap.get()).toMatchObject({ isRunning: false, endedBecause: "The line to the gateway was lost" });
  for (const [waitMs, count] of [
    [1_000, 2],
    [2_000, 3],
    [4_000, 4],
    [8_000, 5],
    [10_000, 6],
    [10_000, 7],
  ] as const) {
    vi.advanceTimersByTime(waitMs - 1);
    expect(FakeSocket.all).toHaveLength(count - 1);
    vi.advanceTimersByTime(1);
    expect(FakeSocket.all).toHaveLength(count);
    if (count < 7) socket().end(1006);
  }
  welcome(socket());
  expect(session.link.get().phase).toBe("live");
  expect(socket().said).toEqual([
    { type: "hello", key: "k" },
    { type: "watch", table: "connections", query },
  ]);
  session.unwatch("connections");
  socket().end(1006);
  expect(session.link.get()).toMatchObject({ retryAtMs: Date.now() + 1_000 });
  session.retry();
  welcome(socket());
  expect(socket().said).toEqual([{ type: "hello", key: "k" }]);
});

test("[CV5] a gateway that says nothing for five seconds is lost, whatever the socket thinks", () => {
  const { session, socket } = start("k");
  welcome(socket());
  vi.advanceTimersByTime(4_999);
  socket().hear({ type: "sample", sample: sampleAt(2) });
  vi.advanceTimersByTime(4_999);
  expect(session.link.get().phase).toBe("live");
  const silent = socket();
  vi.advanceTimersByTime(1);
  expect(session.link.get()).toMatchObject({ phase: "lost", reason: "It says nothing any more" });
  silent.hear({ type: "sample", sample: sampleAt(3) });
  expect(session.samples.get().at(-1)).toEqual(sampleAt(2));
});

test("[CV1] what the gateway tells is kept where it belongs, five minutes of samples", () => {
  const { session, socket } = start("k");
  welcome(socket());
  for (let atMs = 2; atMs <= 302; atMs += 1) socket().hear({ type: "sample", sample: sampleAt(atMs) });
  expect([session.samples.get().length, session.samples.get()[0]]).toEqual([300, sampleAt(3)]);
  const page = { type: "rows", totalCount: 1, matchedCount: 1, from: 0 } as const;
  socket().hear({ ...page, table: "connections", order: [4], rows: [{ id: 4 } as never] });
  socket().hear({ ...page, table: "channels", order: ["a"], rows: [{ id: "a", subscriberCount: 1 }] });
  expect([session.tables.connections.get().rows, session.tables.channels.get().rows]).toEqual([
    [{ id: 4 }],
    [{ id: "a", subscriberCount: 1 }],
  ]);
  session.startTap({ channel: "a" });
  socket().hear({ type: "frames", frames: [], droppedCount: 3 });
  socket().hear({ type: "untapped", reason: "Gone" });
  expect(session.tap.get()).toMatchObject({ droppedCount: 3, isRunning: false, endedBecause: "Gone" });
  session.act({ type: "reopen" });
  session.startTap({ channel: "a" });
  session.stopTap();
  expect(
    socket()
      .said.slice(-3)
      .map(({ type }) => type),
  ).toEqual(["act", "tap", "untap"]);
  socket().hear({ type: "acted", id: 1, says: "Done" });
  expect(session.notice.get()).toEqual({ text: "Done", isBad: false });
  socket().hear({ type: "failed", id: 1, error: "No" });
  expect(session.notice.get()).toEqual({ text: "No", isBad: true });
});
