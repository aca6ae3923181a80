import { expect, test, vi } from "vitest";
import { at, live, subscribe } from "../../test/channel-setup.ts";
import { GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";
import type { ServerMessage } from "../wire/index.ts";
import { encodeBroadcast } from "./broadcast.ts";
import { Deadlines } from "./deadlines.ts";
import type { GatewayEffect } from "./effects.ts";

const ticker = "ticker/a";

function tell(bench: GatewayBench, key: string, data: number, event = "quote"): void {
  bench.handle({ type: "told", tell: { channel: ticker, event, key, user: { id: "s" }, data: String(data) } });
}

/** What a connection was told of newest values, in short: `all` for a snapshot, then keys and data. */
function quotes(messages: readonly ServerMessage[]): string[] {
  return messages.flatMap((message) => {
    if (message.type !== "latest" || message.event !== "quote") return [];
    const values = message.values.map(({ data, key }) => `${key}=${String(data)}`);
    return [[...(message.snapshot ? ["all"] : []), ...values].join(" ")];
  });
}

function watchers(connections: readonly number[], options: GatewayBenchOptions = {}): GatewayBench {
  const bench = new GatewayBench(options);
  for (const connection of connections) {
    subscribe(bench, connection, live, ticker);
    bench.take(connection);
  }
  return bench;
}

test("[LT1] a subscription is answered, then sent all newest values, again at each subscription", () => {
  const bench = watchers([1]);
  tell(bench, "A", 1);
  tell(bench, "B", 1);
  bench.take(1);
  bench.send(1, { type: "subscribe", channel: ticker, start: live });
  const messages = bench.take(1);
  expect(messages.map(({ type }) => type)).toEqual(["subscribed", "latest", "latest"]);
  expect(quotes(messages)).toEqual(["all A=1 B=1"]);
});

test("[LT2] after a silence a value goes out at once; the next, of each key the newest, when everyMs is over", () => {
  const bench = watchers([1]);
  tell(bench, "A", 1);
  expect(quotes(bench.take(1))).toEqual(["A=1"]);
  for (const price of [2, 3, 4]) tell(bench, "A", price);
  tell(bench, "B", 1);
  bench.advance(99);
  expect(quotes(bench.take(1))).toEqual([]);
  bench.advance(1);
  expect(quotes(bench.take(1))).toEqual(["A=4 B=1"]);
  bench.advance(10_000);
  expect(quotes(bench.take(1))).toEqual([]);
});

test("[LT3] a subscriber whose queue is full is sent nothing, then the newest of each key; nobody else waits", () => {
  const bench = watchers([1, 2]);
  bench.congested.add(1);
  bench.handle({ type: "congested", connection: 1 });
  for (const price of [1, 2, 3]) {
    tell(bench, "A", price);
    bench.advance(100);
  }
  expect(quotes(bench.take(1))).toEqual([]);
  expect(quotes(bench.take(2))).toEqual(["A=1", "A=2", "A=3"]);
  bench.drain(1);
  expect(quotes(bench.take(1))).toEqual(["A=3"]);
});

test("[LT3] a snapshot counts as a replay: past the page the socket has to drain before the next", () => {
  const bench = new GatewayBench({ limits: { maxReplayBytes: 10 } });
  tell(bench, "A", 1);
  tell(bench, "A", 1, "news");
  bench.join(1);
  const handle = vi.spyOn(bench.core, "handle");
  bench.send(1, { type: "subscribe", channel: ticker, start: live });
  const effects = handle.mock.results.flatMap(({ value }) => value as readonly GatewayEffect[]);
  const types = effects.map(({ type }) => type).filter((type) => type === "send" || type === "awaitDrain");
  expect(types).toEqual(["send", "send", "awaitDrain", "send", "awaitDrain"]);
  expect(bench.take(1)).toMatchObject([{ type: "subscribed" }, { event: "quote" }, { event: "news" }]);
});

test("[LT2] however many values come, one deadline waits for them", () => {
  const bench = watchers([1]);
  tell(bench, "A", 1);
  const at = vi.spyOn(Deadlines.prototype, "at");
  for (let price = 0; price < 9; price += 1) tell(bench, "A", price);
  expect(at).toHaveBeenCalledOnce();
  at.mockRestore();
});

test("[LT7] a channel that was opened for a value which never came is left again", () => {
  const bench = new GatewayBench({ answers: { join: () => ({ type: "joined" }) } });
  tell(bench, "A", 1);
  bench.advance(5_000);
  expect(bench.effects).toEqual([{ type: "leave", channel: ticker }]);
});

test("[LT1] a subscription that ended before its resume was answered is sent no values", () => {
  const bench = new GatewayBench();
  bench.join(1);
  bench.isHolding = (question) => question.type === "join" && question.channel === "news";
  const channels = [ticker, "news"].map((channel) => ({ channel, position: at(0) }));
  bench.send(1, { type: "resume", channels });
  bench.send(1, { type: "unsubscribe", channel: ticker });
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.take(1).map(({ type }) => type)).toEqual(["unsubscribed", "resumed"]);
});

test("[LT3] who drains before its subscription is answered is sent nothing yet", () => {
  const bench = new GatewayBench();
  bench.isHolding = ({ type }) => type === "join";
  subscribe(bench, 1, live, ticker);
  bench.handle({ type: "drained", connection: 1 });
  expect(bench.take(1)).toEqual([]);
});

test("[LT7] a channel keeps its newest values for latestLingerMs after the last of them, or the last subscriber", () => {
  const bench = watchers([]);
  tell(bench, "A", 1);
  bench.advance(59_000);
  tell(bench, "A", 2);
  bench.advance(59_999);
  expect(bench.joined).toContain(ticker);
  bench.advance(1);
  expect(bench.joined).not.toContain(ticker);
  subscribe(bench, 1, live, ticker);
  expect(quotes(bench.take(1))).toEqual(["all"]);
  bench.send(1, { type: "unsubscribe", channel: ticker });
  bench.advance(5_000);
  expect(bench.joined).not.toContain(ticker);
});

test("[LT9] values are told when the channel is joined, the newest maxLatestCount of them", () => {
  const bench = new GatewayBench({ limits: { maxLatestCount: 2 } });
  bench.isHolding = ({ type }) => type === "join";
  for (const price of [1, 2, 3]) tell(bench, `K${price}`, price);
  bench.isHolding = () => false;
  bench.settle();
  subscribe(bench, 1, live, ticker);
  expect(quotes(bench.take(1))).toEqual(["all K2=2 K3=3"]);
});

test("[LT9] what waits for a channel that cannot be joined is lost with it", () => {
  const error = { code: "STORAGE_UNAVAILABLE", message: "No" } as const;
  let isBroken = true;
  const bench = new GatewayBench({
    answers: { join: () => (isBroken ? { type: "failed", error } : undefined) },
  });
  tell(bench, "A", 1);
  isBroken = false;
  subscribe(bench, 1, live, ticker);
  expect(quotes(bench.take(1))).toEqual(["all"]);
});

test("[LT9] a value of an event that this node does not know is ignored", () => {
  const bench = watchers([1]);
  const payload = encodeBroadcast({ node: "n2", latest: { event: "odds", key: "A" }, text: "{}" });
  bench.handle({ type: "broadcasted", channel: ticker, payload });
  expect(bench.take(1)).toEqual([]);
});

test("[OP60] a channel counts how often its newest values were told", () => {
  const bench = watchers([1, 2]);
  tell(bench, "A", 1);
  expect([...bench.core.channelFacts()]).toMatchObject([{ name: ticker, toldCount: 2, eventCount: 0 }]);
});
