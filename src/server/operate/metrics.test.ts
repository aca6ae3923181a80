import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../../test/gateway/wire-client.ts";
import { memoryBroker, sqliteBroker } from "../../brokers/index.ts";
import type { Broker } from "../../gateway/index.ts";
import { channel } from "../channel.ts";
import { event } from "../event.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import { Refusal } from "../refusal.ts";
import { writeExposition } from "./exposition.ts";
import { Histogram } from "./histogram.ts";
import { Meters } from "./meters.ts";

let refusals = 0;
const channels = {
  news: channel("news", {
    events: { item: event(z.number()), deal: event(z.string()) },
    history: { maxCount: 2 },
    authorize: ({ action, event: name }) => {
      if (name === "deal") throw new Refusal(`REASON_${(refusals += 1)}`, "no");
      if (action === "publish") throw new Error("planted");
      return true;
    },
  }),
};

async function start(
  broker: Broker,
): Promise<{ readonly gateway: Gateway<typeof channels>; readonly url: string; read(): Promise<Metrics> }> {
  const gateway = createGateway({ channels, broker });
  onTestFinished(() => gateway.close());
  const { url } = await gateway.listen({ port: 0 });
  const admin = await gateway.listenAdmin({ port: 0 });
  return { gateway, url, read: async () => parse(await (await fetch(`${admin.url}/metrics`)).text()) };
}

type Metrics = ReadonlyMap<string, number>;

/** Reads the text format, and holds it to its grammar and to the naming conventions. */
function parse(text: string): Metrics {
  const samples = new Map<string, number>();
  let family = { name: "", type: "" };
  const seen = new Set<string>();
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.slice(0, -1).split("\n")) {
    const help = /^# HELP ([a-z_]+) (\S.*[.])$/.exec(line);
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram|summary)$/.exec(line);
    if (help !== null) {
      expect(seen, `${help[1]} comes twice`).not.toContain(help[1]);
      seen.add(String(help[1]));
      family = { name: String(help[1]), type: "" };
    } else if (type !== null) {
      expect(type[1]).toBe(family.name);
      family = { name: family.name, type: String(type[2]) };
      expect(family.name.endsWith("_total"), family.name).toBe(family.type === "counter");
      expect(family.name).not.toMatch(/_(ms|milliseconds|kilobytes|count|sum|bucket)(_|$)/);
    } else {
      const sample = /^([a-z_]+)(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? (-?[0-9.e+-]+)$/.exec(line);
      expect(sample, line).not.toBeNull();
      const suffix = String(sample?.[1]).slice(family.name.length);
      expect(String(sample?.[1]).startsWith(family.name)).toBe(true);
      expect(family.type === "histogram" || family.type === "summary" ? ["_bucket", "_sum", "_count"] : [""]).toContain(
        suffix,
      );
      samples.set(`${sample?.[1]}${sample?.[2] ?? ""}`, Number(sample?.[4]));
    }
  }
  return samples;
}

test("[OP30] what happens is counted, in a text that keeps to the format and to the conventions of names", async () => {
  const { gateway, read, url } = await start(memoryBroker());
  const client = await WireClient.join(url, "0".repeat(32));
  client.send({ type: "subscribe", channel: "news", start: { from: "live" } });
  const { position } = await client.next("subscribed");
  for (const data of [1, 2, 3]) {
    await gateway.publish({ channel: "news", params: {}, event: "item", data, messageId: `m${data}` });
  }
  await gateway.publish({ channel: "news", params: {}, event: "item", data: 3, messageId: "m3" });
  await client.next("event", ({ offset }) => offset === 3);
  client.send({ type: "publish", channel: "news", event: "item", messageId: "m4", data: 4 });
  await client.next("error");
  const again = await WireClient.join(url, "1".repeat(32));
  again.send({ type: "resume", channels: [{ channel: "news", position }] });
  await again.next("event", ({ offset }) => offset === 3);
  await again.close(4321);
  const metrics = await read();
  const expected = {
    switchboard_connections: 1,
    'switchboard_handshakes_total{result="accepted"}': 2,
    'switchboard_connections_closed_total{code="other",by="peer"}': 1,
    'switchboard_appends_total{result="stored"}': 3,
    'switchboard_appends_total{result="duplicate"}': 1,
    'switchboard_appends_total{result="failed"}': 0,
    switchboard_append_duration_seconds_count: 4,
    'switchboard_append_duration_seconds_bucket{le="+Inf"}': 4,
    'switchboard_deliveries_total{way="live"}': 3,
    'switchboard_deliveries_total{way="replay"}': 3,
    'switchboard_gaps_total{reason="trimmed"}': 0,
    'switchboard_refusals_total{code="INTERNAL"}': 1,
    'switchboard_hook_failures_total{hook="authorize"}': 1,
    'switchboard_store_info{durability="mem"}': 1,
    switchboard_channels: 1,
    switchboard_send_queue_bytes: 0,
    switchboard_up: 1,
    switchboard_draining: 0,
  };
  for (const [name, value] of Object.entries(expected)) expect([name, metrics.get(name)]).toEqual([name, value]);
  expect(metrics.get("switchboard_sent_bytes_total")).toBeGreaterThan(500);
  expect(metrics.get("process_resident_memory_bytes")).toBeGreaterThan(1e7);
  expect(metrics.has("switchboard_canary_duration_seconds")).toBe(false);
});

test("[OP30] a loss is counted once it is told, and a canary once it is back", async () => {
  const { gateway, read, url } = await start(memoryBroker());
  for (const data of [1, 2, 3]) await gateway.publish({ channel: "news", params: {}, event: "item", data });
  const client = await WireClient.join(url, "0".repeat(32));
  const position = { epoch: "0".repeat(16), offset: 1, tag: 7 };
  client.send({ type: "resume", channels: [{ channel: "news", position }] });
  await client.next("gap");
  await fetch(`${(await gateway.listenAdmin({ port: 0 })).url}/readyz`);
  const metrics = await read();
  expect(metrics.get('switchboard_gaps_total{reason="epoch"}')).toBe(1);
  expect(metrics.get("switchboard_canary_duration_seconds")).toBeLessThan(2);
});

test("[OP31] SQLite tells how many commits there were, how many events they held and how long they took", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-metrics-"));
  const { gateway, read } = await start(sqliteBroker({ file: join(folder, "log.db") }));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const publish = (data: number): Promise<unknown> =>
    gateway.publish({ channel: "news", params: {}, event: "item", data });
  await Promise.all(Array.from({ length: 20 }, (_, index) => publish(index)));
  const metrics = await read();
  expect(metrics.get("switchboard_store_committed_total")).toBe(20);
  expect(metrics.get("switchboard_store_commit_duration_seconds_count")).toBeGreaterThan(0);
  expect(metrics.get("switchboard_store_commit_duration_seconds_count")).toBeLessThan(20);
  expect(metrics.get("switchboard_store_commit_duration_seconds_sum")).toBeGreaterThan(0);
  expect(metrics.get("switchboard_store_pending_requests")).toBe(0);
});

test("[OP32] the application's own codes share one label", async () => {
  const { read, url } = await start(memoryBroker());
  const client = await WireClient.join(url, "0".repeat(32));
  for (const messageId of ["m1", "m2"]) {
    client.send({ type: "publish", channel: "news", event: "deal", messageId, data: "x" });
    expect((await client.next("error")).code).toMatch(/^app:REASON_/);
  }
  const codes = [...(await read())].filter(([name]) => name.startsWith("switchboard_refusals_total"));
  expect(codes).toEqual([['switchboard_refusals_total{code="app"}', 2]]);
});

test("[OP32] however many codes peers choose, the labels stay few", () => {
  const meters = new Meters();
  for (let code = 3000; code < 5000; code += 1) meters.closed({ by: "peer", code });
  for (const code of [1000, 1001, 1006, 1006]) meters.closed({ by: "network", code });
  const codes = meters.closes.map(({ code, count }) => [code, count]);
  expect(codes.length).toBeLessThan(16);
  expect(codes).toContainEqual(["4500", 1]);
  expect(codes).toContainEqual(["1006", 2]);
  expect(codes.find(([code]) => code === "other")?.[1]).toBeGreaterThan(1_900);
});

test("[OP32] the codes of RFC 6455 and ours have labels of their own", () => {
  const meters = new Meters();
  for (const code of [999, 1000, 1015, 1016, 4503]) meters.closed({ by: "us", code });
  expect(meters.closes.map(({ code, count }) => [code, count])).toEqual([
    ["other", 2],
    ["1000", 1],
    ["1015", 1],
    ["4503", 1],
  ]);
});

test("[OP30] an append is counted by what came of it and timed in seconds; for the console in milliseconds, if it is stored", () => {
  const meters = new Meters();
  meters.appended("stored", 500);
  meters.appended("duplicate", 1_500);
  meters.appended("failed", 250);
  expect(meters.appends).toEqual({ stored: 1, duplicate: 1, conflict: 0, expired: 0, failed: 1 });
  expect([meters.appendSeconds.count, meters.appendSeconds.sum]).toEqual([3, 2.25]);
  expect(meters.stored.take()).toMatchObject({ count: 1, max: 500 });
});

test("[OP33] a histogram counts a value at its bound within it", () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0.5, 1, 1.5, 2, 3]) histogram.observe(value);
  expect([histogram.cumulative, histogram.count, histogram.sum]).toEqual([[2, 4], 5, 8]);
  expect(writeExposition([{ type: "histogram", name: "a", help: "b", histogram }])).toBe(
    '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="2"} 4\na_bucket{le="+Inf"} 5\na_sum 8\na_count 5\n',
  );
});

test("[OP33] whatever a label or a help says, it is one line", () => {
  const samples = [{ labels: { l: 'a"b\\c\nd' }, value: 1 }];
  expect(writeExposition([{ type: "gauge", name: "a", help: "x\\y\nz", samples }])).toBe(
    '# HELP a x\\\\y\\nz\n# TYPE a gauge\na{l="a\\"b\\\\c\\nd"} 1\n',
  );
});
