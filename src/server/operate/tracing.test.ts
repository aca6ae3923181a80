import { context, propagation, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../../test/gateway/wire-client.ts";
import { memoryBroker } from "../../brokers/index.ts";
import { channel } from "../channel.ts";
import { event } from "../event.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import { findTracing } from "./tracing.ts";

const channels = { chat: channel("chat/:room", { events: { message: event(z.string()) } }) };
const key = "k".repeat(32);
const exporter = new InMemorySpanExporter();
const gateways: Gateway[] = [];

beforeEach(() => {
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
});

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  exporter.reset();
  for (const api of [trace, context, propagation]) api.disable();
});

async function start(
  maxBytes = 1_000_000,
): Promise<{ readonly gateway: Gateway<typeof channels>; readonly clients: WireClient[] }> {
  const gateway = createGateway({ channels, broker: memoryBroker({ maxBytes }) });
  gateways.push(gateway);
  const { url } = await gateway.listen({ port: 0 });
  const clients = await Promise.all(["0", "1", "2"].map((digit) => WireClient.join(url, digit.repeat(32))));
  for (const client of clients) {
    client.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
    await client.next("subscribed");
  }
  return { gateway, clients };
}

function spans(): readonly ReadableSpan[] {
  return exporter.getFinishedSpans();
}

function find(name: string): ReadableSpan {
  const [found, ...others] = spans().filter((span) => span.name === name);
  expect([name, others]).toEqual([name, []]);
  if (found === undefined) throw new Error(`There is no span ${name}`);
  return found;
}

test("[OP40] what a client publishes is one trace: publish, in it the store's append, and the delivery to all who are subscribed", async () => {
  const { clients } = await start();
  const [publisher] = clients;
  publisher?.send({ type: "publish", channel: "chat/1", event: "message", messageId: "m1", data: "hi" });
  await publisher?.next("ack");
  const [publish, append, deliver] = [find("publish chat/:room"), find("append"), find("deliver chat/:room")];
  const { spanId, traceId } = publish.spanContext();
  expect(publish.parentSpanContext).toBeUndefined();
  for (const span of [append, deliver]) expect(span.parentSpanContext).toMatchObject({ spanId, traceId });
  const destination = {
    "messaging.system": "switchboard",
    "messaging.destination.name": "chat/1",
    "messaging.destination.template": "chat/:room",
  };
  expect(publish.attributes).toEqual({
    ...destination,
    "messaging.operation.type": "send",
    "messaging.message.id": "m1",
    "switchboard.event": "message",
    "switchboard.offset": 1,
    "switchboard.result": "stored",
  });
  expect(deliver.attributes).toEqual({
    ...destination,
    "messaging.operation.type": "process",
    "switchboard.receiver_count": 3,
  });
  expect(publish.instrumentationScope.name).toBe("switchboard");
});

test("[OP40] a publish begins with its request, not when its hooks are done", async () => {
  let askedForMs = 0;
  const slow = channel("slow", {
    events: { message: event(z.string()) },
    async authorize() {
      const startMs = performance.now();
      await new Promise(setImmediate);
      askedForMs = performance.now() - startMs;
      return true;
    },
  });
  const gateway = createGateway({ channels: { slow }, broker: memoryBroker() });
  gateways.push(gateway);
  const client = await WireClient.join((await gateway.listen({ port: 0 })).url, "0".repeat(32));
  client.send({ type: "publish", channel: "slow", event: "message", messageId: "m1", data: "hi" });
  await client.next("ack");
  const [publish = 0, append = 0] = ["publish slow", "append"].map((name) => {
    const [seconds, nanoseconds] = find(name).startTime;
    return seconds * 1_000 + nanoseconds / 1_000_000;
  });
  expect(append - publish).toBeGreaterThan(askedForMs * 0.99);
});

test("[OP41] what the application publishes within a span of its own is a part of that", async () => {
  const { gateway } = await start();
  await trace.getTracer("app").startActiveSpan("order", async (order) => {
    await gateway.publish({ channel: "chat", params: { room: "1" }, event: "message", data: "hi" });
    order.end();
  });
  expect(find("publish chat/:room").parentSpanContext?.spanId).toBe(find("order").spanContext().spanId);
});

test("[OP41] the traceparent of a request to the HTTP API is what its publish is a part of", async () => {
  const { gateway } = await start();
  const { url } = await gateway.listenAdmin({ port: 0, keys: [{ key, scopes: ["publish"] }] });
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const response = await fetch(`${url}/v1/publish`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${key}`,
      "Content-Type": "application/json",
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    },
    body: JSON.stringify({ channel: "chat/1", event: "message", data: "hi" }),
  });
  expect(response.status).toBe(200);
  expect(find("publish chat/:room").parentSpanContext).toMatchObject({ traceId, spanId: "b7ad6b7169203331" });
  expect(find("deliver chat/:room").spanContext().traceId).toBe(traceId);
});

test("[OP42] a publish that is not stored is an error, a duplicate is none, and neither is delivered", async () => {
  const { clients, gateway } = await start(2_000);
  const say = { channel: "chat", params: { room: "1" }, event: "message", data: "hi", messageId: "m1" } as const;
  await gateway.publish(say);
  await clients[0]?.next("event");
  exporter.reset();
  await gateway.publish(say);
  expect(find("publish chat/:room")).toMatchObject({
    status: { code: 0 },
    attributes: { "switchboard.result": "duplicate" },
  });
  exporter.reset();
  await expect(gateway.publish({ ...say, messageId: "m2", data: "x".repeat(9_000) })).rejects.toMatchObject({
    code: "STORAGE_FULL",
  });
  expect(find("publish chat/:room")).toMatchObject({ status: { code: 2, message: "failed" } });
  expect(spans().map(({ name }) => name)).toEqual(["append", "publish chat/:room"]);
});

test("[OP43] a canary is nobody's publish", async () => {
  const { gateway } = await start();
  const { url } = await gateway.listenAdmin({ port: 0 });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(spans()).toEqual([]);
});

test("[OP43] without an SDK nothing is traced, nor without the package", async () => {
  expect(await findTracing(() => undefined)).toBeDefined();
  trace.disable();
  expect(await findTracing(() => undefined)).toBeUndefined();
  expect(await findTracing(() => undefined, "@opentelemetry/none")).toBeUndefined();
  const { gateway } = await start();
  await gateway.publish({ channel: "chat", params: { room: "1" }, event: "message", data: "hi" });
  expect(spans()).toEqual([]);
});
