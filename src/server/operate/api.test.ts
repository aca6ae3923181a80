import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { memoryBroker } from "../../brokers/index.ts";
import { channel } from "../channel.ts";
import { event } from "../event.ts";
import { createGateway } from "../gateway.ts";

const limits = { publishesPerSecond: 1, maxDataBytes: 8 };
const channels = { chat: channel("chat/:room", { events: { message: event(z.string()) }, limits }) };
const admin = "k".repeat(31) + "1";
const publisher = "k".repeat(31) + "2";
const keys = [
  { key: admin, scopes: ["publish", "admin"] },
  { key: publisher, scopes: ["publish"] },
] as const;
const say = { channel: "chat/1", event: "message", data: "hi" };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

interface Answered {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

/** A gateway; posts to its API. */
async function operate(): Promise<(path: string, body: unknown, key?: string) => Promise<Answered>> {
  const gateway = createGateway({ channels, broker: memoryBroker() });
  open.push(gateway);
  const { url } = await gateway.listenAdmin({ port: 0, keys });
  return async (path, body, key = publisher) => {
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    const response = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return {
      status: response.status,
      retryAfter: response.headers.get("retry-after"),
      body: await response.json(),
    };
  };
}

test("[OP50] past a channel's rate a publish is answered with 429, Retry-After in seconds, and the time in the body", async () => {
  const post = await operate();
  expect(await post("/v1/publish", say)).toMatchObject({ status: 200, retryAfter: null });
  const refused = await post("/v1/publish", say);
  expect(refused).toMatchObject({ status: 429, retryAfter: "1", body: { code: "RATE_LIMITED" } });
  expect(refused.body).toHaveProperty("retryAfterMs");
  expect(await post("/v1/publish", { ...say, channel: "chat/2" })).toMatchObject({ status: 200 });
});

test("[OP50] data of the channel's limit is published, a byte more is answered with 413", async () => {
  const post = await operate();
  expect(await post("/v1/publish", { ...say, data: "123456" })).toMatchObject({ status: 200 });
  expect(await post("/v1/publish", { ...say, data: "1234567" })).toMatchObject({
    status: 413,
    body: { code: "TOO_BIG" },
  });
});

test("[OP50] messages of a batch past the rate are refused each by itself, with the time to wait", async () => {
  const post = await operate();
  const { body, status } = await post("/v1/batch", { messages: [say, say, { ...say, channel: "chat/2" }] });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    results: [
      { stored: true },
      { error: { code: "RATE_LIMITED", retryAfterMs: expect.any(Number) as number } },
      { stored: true },
    ],
  });
});

test("[OP50] whoever may administer may bypass the limits, and a key that may only publish may not", async () => {
  const post = await operate();
  const past = { ...say, data: "much longer than that", bypassLimits: true };
  expect(await post("/v1/publish", past, admin)).toMatchObject({ status: 200 });
  expect(await post("/v1/publish", past, admin)).toMatchObject({ status: 200 });
  expect(await post("/v1/publish", past)).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
  expect(await post("/v1/batch", { messages: [past] })).toMatchObject({
    body: { results: [{ error: { code: "FORBIDDEN" } }] },
  });
  expect(await post("/v1/publish", { ...say, bypassLimits: "yes" }, admin)).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining("bypassLimits must be true or false") as string },
  });
});
