import { expect, test } from "vitest";
import type { ServerOptions } from "../../../engine/index.ts";
import type { ChannelFacts } from "../../../gateway/index.ts";
import { Hosts } from "../../hosts.ts";
import { silentLog } from "../../log.ts";
import { ApiKeys } from "../api-keys.ts";
import { Meters } from "../meters.ts";
import type { Operated } from "../operated.ts";
import { Console } from "./console.ts";
import type { PageMessage, ServerMessage } from "./messages.ts";

const key = "k".repeat(32);
const query = { isDescending: false, filter: "", isOnlyBusy: false, from: 0, count: 50 };
const watchChannels = { type: "watch", table: "channels", query: { ...query, sort: "name" } } as const;
const watchConnections = { type: "watch", table: "connections", query: { ...query, sort: "id" } } as const;

/** A page's connection, as the engine has it. */
class Page {
  readonly remoteAddress = "10.0.0.1";
  readonly heard: ServerMessage[] = [];
  readonly id: number;
  bufferedBytes = 0;

  constructor(id: number) {
    this.id = id;
  }

  send(text: string): boolean {
    this.heard.push(JSON.parse(text) as ServerMessage);
    return true;
  }

  take(): readonly ServerMessage["type"][] {
    return this.heard.splice(0).map(({ type }) => type);
  }
}

type Handlers = Required<Pick<ServerOptions<undefined>, "open" | "message" | "close">>;
type Socket = Parameters<Handlers["open"]>[0];

/** A console whose clock, timers and engine are the test's own. */
class Rig {
  readonly console: Console;
  readonly counters = { accepted: 0, bytesIn: 0, bytesOut: 0, closed: 0, messagesIn: 0, messagesOut: 0 };
  readonly core = { deliveredCount: 0, replayedCount: 0, refusedCounts: new Map<string, number>() };
  readonly info: { status: string; reason?: string } = { status: "ok" };
  readonly meters = new Meters();
  readonly timers = new Set<{ readonly delayMs: number; readonly run: () => void }>();
  channels: readonly ChannelFacts[] = [];
  nowMs = 0;
  lookMs = 0;
  #engine: Handlers | undefined;

  constructor() {
    const machine = {
      steadyMs: () => this.nowMs,
      wallMs: () => this.nowMs,
      after: (delayMs: number, run: () => void) => {
        const timer = { delayMs, run };
        this.timers.add(timer);
        return () => this.timers.delete(timer);
      },
      createWebSocketServer: (handlers: Handlers) => {
        this.#engine = handlers;
        return { attach() {}, async close() {} };
      },
    };
    const shell = {
      engine: { counters: this.counters },
      counters: this.core,
      core: { channelFacts: () => this.channels, sessionFacts: () => void (this.nowMs += this.lookMs) },
      sockets: new Map([[1, socketOf(1)]]),
      congestedCount: 2,
      queuedBytes: 3,
    };
    const info = (): object => ({ ...this.info, channelCount: 4, connectionCount: 5 });
    const parts = {
      machine,
      shell,
      info,
      meters: this.meters,
      broker: {},
      durability: "mem",
      node: "n",
      log: silentLog,
    };
    this.console = new Console(
      // What a console reads of a gateway, and nothing else of it.
      parts as unknown as Operated,
      { keys: new ApiKeys([{ key, scopes: ["read"] }]), hosts: new Hosts("any"), origins: "same" },
    );
    this.console.attach(undefined as never);
  }

  open(id = 1): Page {
    const page = new Page(id);
    this.#engine?.open(page as unknown as Socket);
    return page;
  }

  say(page: Page, message: PageMessage): void {
    this.#engine?.message(page as unknown as Socket, JSON.stringify(message));
  }

  close(page: Page): void {
    this.#engine?.close(page as unknown as Socket, { code: 1001, reason: "", by: "peer", wasClean: true });
  }

  /** A second is over: the console looks. */
  second(): void {
    this.nowMs += 1_000;
    const [timer] = [...this.timers].filter(({ delayMs }) => delayMs === 1_000);
    if (timer === undefined) return;
    this.timers.delete(timer);
    timer.run();
  }
}

function socketOf(id: number): object {
  const counters = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 };
  return { id, counters, data: { openedAtMs: 0 }, protocol: "", extensions: "", bufferedBytes: 0 };
}

function factsOf(name: string, subscriberCount: number): ChannelFacts {
  const counts = { eventCount: 0, eventChars: 0, deliveredCount: 0, toldCount: 0 };
  return { name, subscriberCount, position: undefined, ...counts };
}

test("[OP61] a page is told nothing before its key, and waits for no key once it gave one or left", () => {
  const rig = new Rig();
  const [greeter, leaver] = [rig.open(1), rig.open(2)];
  rig.second();
  expect([greeter.take(), rig.timers.size]).toEqual([[], 3]);
  rig.say(greeter, { type: "hello", key });
  rig.close(leaver);
  expect([greeter.take(), rig.timers.size]).toEqual([["welcome"], 1]);
  rig.second();
  expect([greeter.take(), leaver.take()]).toEqual([["sample"], []]);
});

test("[OP63] a page that left is told nothing more, and a console that is closed looks no more", async () => {
  const rig = new Rig();
  const page = rig.open();
  rig.say(page, { type: "hello", key });
  rig.say(page, watchConnections);
  rig.close(page);
  page.take();
  rig.second();
  expect(page.take()).toEqual([]);
  await rig.console.close();
  expect(rig.timers.size).toBe(0);
});

test("[OP64] a page that has not taken 256 KiB is told nothing more until it has", () => {
  const rig = new Rig();
  const page = rig.open();
  rig.say(page, { type: "hello", key });
  page.take();
  page.bufferedBytes = 256 * 1024 + 1;
  rig.second();
  expect(page.take()).toEqual([]);
  page.bufferedBytes = 256 * 1024;
  rig.second();
  expect(page.take()).toEqual(["sample"]);
});

test("[OP64] what a page asked for is done neither after it left nor after it was left", () => {
  const rig = new Rig();
  rig.lookMs = 10;
  const page = rig.open();
  rig.say(page, { type: "hello", key });
  // The second one waits for the first one to rest.
  rig.say(page, watchConnections);
  rig.say(page, watchConnections);
  expect(rig.timers.size).toBe(2);
  rig.close(page);
  expect(rig.timers.size).toBe(1);
  const slow = {
    ...factsOf("a", 1),
    get name(): string {
      rig.nowMs += 10;
      return "a";
    },
  };
  rig.channels = [slow];
  const other = rig.open(2);
  rig.say(other, { type: "hello", key });
  rig.say(other, watchChannels);
  rig.say(other, watchChannels);
  expect(rig.timers.size).toBe(2);
  rig.close(other);
  expect(rig.timers.size).toBe(1);
});

test("[OP64] channels are looked at while somebody watches them; who comes later is told how they are then", () => {
  const rig = new Rig();
  rig.channels = [factsOf("a", 1)];
  const page = rig.open();
  rig.say(page, { type: "hello", key });
  rig.say(page, watchChannels);
  expect(page.heard.at(-1)).toMatchObject({ rows: [{ id: "a", subscriberCount: 1 }] });
  rig.channels = [factsOf("a", 2)];
  // It is a part of a second: what was looked at is told, not looked at anew.
  rig.say(page, watchChannels);
  expect(page.heard.at(-1)).toMatchObject({ rows: [{ id: "a", subscriberCount: 1 }] });
  rig.second();
  expect(page.heard.at(-1)).toMatchObject({ rows: [{ id: "a", subscriberCount: 2, eventsPerSecond: 0 }] });
  rig.say(page, { type: "unwatch", table: "channels" });
  rig.second();
  rig.channels = [factsOf("a", 3)];
  rig.say(page, watchChannels);
  const last = page.heard.at(-1);
  expect(last).toMatchObject({ rows: [{ id: "a", subscriberCount: 3 }] });
  expect(JSON.stringify(last)).not.toContain("eventsPerSecond");
});

test("[OP63] a sample has every number under its own name, rates in a second", () => {
  const rig = new Rig();
  const page = rig.open();
  rig.say(page, { type: "hello", key });
  page.take();
  Object.assign(rig.info, { status: "unavailable", reason: "it burns" });
  Object.assign(rig.counters, { accepted: 2, closed: 4, messagesIn: 6, messagesOut: 8, bytesIn: 10, bytesOut: 12 });
  Object.assign(rig.core, { deliveredCount: 14, replayedCount: 2 });
  rig.core.refusedCounts.set("LIMIT", 18).set("FORBIDDEN", 2);
  rig.meters.appended("stored", 7);
  rig.meters.appended("stored", 7);
  rig.nowMs += 1_000;
  rig.second();
  const { sample } = page.heard[0] as Extract<ServerMessage, { readonly type: "sample" }>;
  expect(sample).toMatchObject({
    status: "unavailable",
    reason: "it burns",
    connectionCount: 5,
    channelCount: 4,
    slowCount: 2,
    queuedBytes: 3,
    openedPerSecond: 1,
    closedPerSecond: 2,
    messagesInPerSecond: 3,
    messagesOutPerSecond: 4,
    bytesInPerSecond: 5,
    bytesOutPerSecond: 6,
    publishesPerSecond: 1,
    deliveriesPerSecond: 8,
    refusalsPerSecond: 10,
    stored: { count: 2, max: 7 },
    delivered: { count: 0 },
  });
  expect(sample).not.toHaveProperty("pendingCount");
});
