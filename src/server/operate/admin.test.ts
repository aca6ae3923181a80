import { Ajv2020 } from "ajv/dist/2020.js";
import { request as httpRequest } from "node:http";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../../test/gateway/wire-client.ts";
import { memoryBroker } from "../../brokers/index.ts";
import type { Broker } from "../../gateway/index.ts";
import { channel } from "../channel.ts";
import { ephemeral, event, latest } from "../event.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../gateway.ts";
import type { AdminOptions } from "./admin-listener.ts";
import { describeApi } from "./openapi.ts";
import { operations } from "./operations.ts";
import { statusOf } from "./status.ts";

const message = event(z.object({ text: z.string().max(5) }));
const slow = event(z.number().refine(async (wait) => new Promise((resolve) => setTimeout(() => resolve(true), wait))));
const channels = {
  chat: channel("chat/:room", { events: { message, slow, typing: ephemeral(z.object({})) }, presence: true }),
  ticker: channel("ticker", { events: { price: latest(z.number().max(9)) } }),
};
const all = "k".repeat(31) + "1";
const reader = "k".repeat(31) + "2";
const keys = [
  { key: all, scopes: ["read", "publish", "admin"] },
  { key: reader, scopes: ["read"] },
] as const;
const say = { channel: "chat/1", event: "message", data: { text: "hi" } };

const gateways: Gateway[] = [];
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
});

function make(options: Partial<GatewayOptions<typeof channels>> = {}): Gateway<typeof channels> {
  const gateway = createGateway({ channels, broker: memoryBroker(), ...options });
  gateways.push(gateway);
  return gateway;
}

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

type Ask = (method: string, path: string, options?: AskOptions) => Promise<Answered>;
interface AskOptions {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const description = describeApi() as {
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};

/** Asks the API of a gateway; every answer must be what the description says. */
async function operate(
  options: Partial<GatewayOptions<typeof channels>> = {},
  admin: Partial<AdminOptions> = {},
): Promise<{ readonly ask: Ask; readonly gateway: Gateway<typeof channels>; readonly url: string }> {
  const gateway = make(options);
  const { url } = await gateway.listenAdmin({ port: 0, keys, ...admin });
  async function ask(
    method: string,
    path: string,
    { body, headers = {}, key = all }: AskOptions = {},
  ): Promise<Answered> {
    const isText = typeof body === "string";
    const sent = body === undefined ? {} : { body: isText ? body : JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json", ...headers },
      ...sent,
    });
    const answered = { status: response.status, headers: response.headers, body: await response.json() };
    checkAnswer(path, answered);
    return answered;
  }
  return { ask, gateway, url };
}

function checkAnswer(path: string, { body, status }: Answered): void {
  const operation = Object.values(operations).find((one) => path.split("?")[0] === one.path);
  const name = status === 200 ? operation?.answer : "Error";
  if (name === undefined) return;
  const ajv = new Ajv2020({ strict: false });
  const schema = { ...description.components.schemas[name] };
  expect(ajv.validate(schema, body), `${path}: ${ajv.errorsText()} in ${JSON.stringify(body)}`).toBe(true);
}

test("[OP20] the API is described in OpenAPI 3.1, and every answer in this file is as described", async () => {
  const { ask } = await operate();
  const { body, status } = await ask("GET", "/v1/openapi.json");
  expect(status).toBe(200);
  const validator = new Validator();
  const { errors, valid } = await validator.validate(body as Parameters<Validator["validate"]>[0]);
  expect([valid, errors]).toEqual([true, undefined]);
  expect(validator.version).toBe("3.1");
  expect(Object.keys((body as { paths: object }).paths)).toEqual(Object.values(operations).map(({ path }) => path));
});

test("[OP21] a key is needed, and one with the scope", async () => {
  const { ask } = await operate();
  const none = await ask("GET", "/v1/stats", { headers: { Authorization: "" } });
  expect(none).toMatchObject({ status: 401, body: { code: "UNAUTHENTICATED" } });
  expect(none.headers.get("www-authenticate")).toBe("Bearer");
  for (const key of ["k".repeat(32), `${all}x`, all.slice(0, -1)]) {
    expect(await ask("GET", "/v1/stats", { key })).toMatchObject({ status: 401 });
  }
  expect((await ask("GET", "/v1/stats", { key: reader })).status).toBe(200);
  expect(await ask("POST", "/v1/publish", { key: reader, body: say })).toMatchObject({
    status: 403,
    body: { code: "FORBIDDEN", message: "Cannot do this with this key: it has not the scope publish" },
  });
});

test("[OP22] a message is stored and told, with its id once, whether the header or the body has it", async () => {
  const { ask, gateway } = await operate();
  const { url } = await gateway.listen({ port: 0 });
  const client = await WireClient.join(url, "0".repeat(32));
  client.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
  await client.next("subscribed");
  const user = { id: "ada", name: "Ada" };
  const first = await ask("POST", "/v1/publish", { body: { ...say, user }, headers: { "Idempotency-Key": "m1" } });
  expect(first).toMatchObject({ status: 200, body: { stored: true, offset: 1, durability: "mem", duplicate: false } });
  expect(await client.next("event")).toMatchObject({ offset: 1, messageId: "m1", user, data: { text: "hi" } });
  const again = await ask("POST", "/v1/publish", { body: { ...say, user, messageId: "m1" } });
  expect(again.body).toEqual({ ...(first.body as object), duplicate: true });
  expect(
    await ask("POST", "/v1/publish", { body: { ...say, messageId: "m2" }, headers: { "Idempotency-Key": "m1" } }),
  ).toMatchObject({ status: 400, body: { code: "BAD_MESSAGE" } });
  const other = { ...say, user, data: { text: "ho" }, messageId: "m1" };
  expect(await ask("POST", "/v1/publish", { body: other })).toMatchObject({
    status: 409,
    body: { code: "ID_CONFLICT" },
  });
});

test("[OP22] what is not stored is told to those who are there", async () => {
  const { ask, gateway } = await operate();
  const { url } = await gateway.listen({ port: 0 });
  const client = await WireClient.join(url, "0".repeat(32));
  client.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
  await client.next("subscribed");
  const typing = await ask("POST", "/v1/publish", { body: { channel: "chat/1", event: "typing", data: {} } });
  expect(typing).toMatchObject({ status: 200, body: { stored: false } });
  expect(await client.next("ephemeral")).toMatchObject({ event: "typing" });
  await ask("POST", "/v1/publish", { body: { channel: "ticker", event: "price", data: 7 } });
  client.send({ type: "subscribe", channel: "ticker", start: { from: "live" } });
  expect(await client.next("latest")).toMatchObject({ values: [{ data: 7 }] });
});

test.for([
  [
    { ...say, chanel: "chat/2" },
    "BAD_MESSAGE",
    'there is no field "chanel", only channel, event, data, user, messageId',
  ],
  [{ ...say, user: { id: "a", admin: true } }, "BAD_MESSAGE", 'there is no field "user.admin", only id, name'],
  [{ channel: "chat/1", event: "message" }, "BAD_MESSAGE", "data must be a JSON value, got nothing"],
  [{ ...say, channel: "a b" }, "BAD_MESSAGE", "channel must be the name of a channel, 1-128 of"],
  [{ ...say, messageId: "a b" }, "BAD_MESSAGE", 'messageId must be 1-64 of A-Z a-z 0-9 _ -, got "a b"'],
  [{ ...say, user: "ada" }, "BAD_MESSAGE", 'user must be an object, got "ada"'],
  [[], "BAD_MESSAGE", "it must be an object, got a list"],
  ["{", "BAD_MESSAGE", "Cannot read the body: it is not JSON"],
  ['{"channel":1,"channel":2}', "BAD_MESSAGE", "Cannot read the body: an object has the same key twice"],
  [{ ...say, channel: "none" }, "UNKNOWN_CHANNEL", 'Cannot find channel "none"'],
  [{ ...say, event: "constructor" }, "UNKNOWN_EVENT", 'Cannot publish "constructor" to "chat/1"'],
  [{ ...say, data: { text: "too long" } }, "BAD_DATA", "text: "],
] as const)("[OP23] %j is refused with %s", async ([body, code, words]) => {
  const { ask } = await operate();
  const { body: answer, status } = await ask("POST", "/v1/publish", { body });
  expect([status, answer]).toEqual([statusOf(code), { code, message: expect.stringContaining(words) }]);
});

test("[OP23] a body may be as long as its limit, and not one byte longer, whether it says so or not", async () => {
  const { ask, url } = await operate();
  const padded = (bytes: number): string => JSON.stringify(say).padEnd(bytes);
  expect((await ask("POST", "/v1/publish", { body: padded(1_048_576) })).status).toBe(200);
  expect(await ask("POST", "/v1/publish", { body: padded(1_048_577) })).toMatchObject({
    status: 413,
    body: { code: "TOO_BIG", message: "Cannot read the body: the limit is 1048576 bytes" },
  });
  const status = await new Promise((resolve, reject) => {
    const headers = {
      Authorization: `Bearer ${all}`,
      "Content-Type": "application/json",
      "Transfer-Encoding": "chunked",
    };
    const request = httpRequest(`${url}/v1/publish`, { method: "POST", headers }, (response) => {
      resolve(response.statusCode);
      response.destroy();
    });
    request.on("error", reject);
    // Not ended: what is too much is refused before all of it is there.
    request.write(padded(1_048_577));
  });
  expect(status).toBe(413);
});

test("[OP23] another path, method, type, host or target is an error in JSON", async () => {
  const { ask, url } = await operate();
  expect(await ask("GET", "/v1/nothing")).toMatchObject({
    status: 404,
    body: { message: expect.stringContaining("/v1/nothing") },
  });
  const wrong = await ask("GET", "/v1/publish");
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  expect(await ask("POST", "/v1/publish", { body: "a=1", headers: form })).toMatchObject({ status: 400 });
  const status = await new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/metrics`, { headers: { Host: "evil.example" } }, (response) => {
      resolve(response.statusCode);
      response.resume();
    });
    request.on("error", reject).end();
  });
  expect(status).toBe(421);
});

test("[OP24] a batch is stored in its order, and each of its messages stands for itself", async () => {
  const { ask } = await operate();
  const at = (data: unknown, name = "slow"): object => ({ channel: "chat/1", event: name, data });
  const messages = [at(30), at("x"), at(0), at({ text: "hi" }, "message"), at({}, "typing"), at(1, "none")];
  const { body, status } = await ask("POST", "/v1/batch", { body: { messages } });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    results: [
      { stored: true, offset: 1 },
      { error: { code: "BAD_DATA" } },
      { stored: true, offset: 2 },
      { stored: true, offset: 3 },
      { stored: false },
      { error: { code: "UNKNOWN_EVENT" } },
    ],
  });
  const many = (count: number): object => ({ messages: Array.from({ length: count }, () => say) });
  expect((await ask("POST", "/v1/batch", { body: many(100) })).status).toBe(200);
  for (const [count, words] of [
    [0, "messages must have 1-100 items, got 0"],
    [101, "messages must have 1-100 items, got 101"],
  ] as const) {
    const refused = await ask("POST", "/v1/batch", { body: many(count) });
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining(words) } });
  }
});

test("[OP25] history is read in both directions, as it was stored", async () => {
  const { ask } = await operate();
  for (let index = 1; index <= 5; index += 1) {
    await ask("POST", "/v1/publish", { body: { ...say, data: { text: `m${index}` } } });
  }
  const read = async (query: string): Promise<unknown> => {
    const { body } = await ask("GET", `/v1/history?channel=chat/1${query}`);
    const { events, more } = body as { events: { offset: number; data: { text: string } }[]; more: boolean };
    expect(events.map(({ data }) => data.text)).toEqual(events.map(({ offset }) => `m${offset}`));
    return [events.map(({ offset }) => offset), more];
  };
  expect(await read("")).toEqual([[1, 2, 3, 4, 5], false]);
  expect(await read("&count=2")).toEqual([[4, 5], true]);
  expect(await read("&before=4&count=2")).toEqual([[2, 3], true]);
  expect(await read("&before=3")).toEqual([[1, 2], false]);
  expect(await read("&after=0&count=2")).toEqual([[1, 2], true]);
  expect(await read("&after=3")).toEqual([[4, 5], false]);
  expect(await read("&after=1&before=4")).toEqual([[2, 3], false]);
  expect(await read("&before=1")).toEqual([[], false]);
  expect(await read("&after=9")).toEqual([[], false]);
  for (const [query, words] of [
    ["&count=0", "count must be an integer 1-256, got 0"],
    ["&count=257", "count must be an integer 1-256, got 257"],
    ["&before=x", 'before must be an integer 1-9007199254740991, got "x"'],
    ["&channel=chat/2", "channel must be the name of a channel"],
    ["&limit=3", 'there is no field "limit", only channel, before, after, count'],
  ] as const) {
    const refused = await ask("GET", `/v1/history?channel=chat/1${query}`);
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining(words) } });
  }
  expect(await ask("GET", "/v1/history?channel=none")).toMatchObject({
    status: 404,
    body: { code: "UNKNOWN_CHANNEL" },
  });
});

test("[OP25] of entries that are too much for one page, the newest are given", async () => {
  const wide = { wide: channel("wide", { events: { item: event(z.string()) } }) };
  const gateway = createGateway({ channels: wide, broker: memoryBroker() });
  gateways.push(gateway);
  const { url } = await gateway.listenAdmin({ port: 0, keys });
  for (let index = 0; index < 5; index += 1) {
    await gateway.publish({
      channel: "wide",
      params: {},
      event: "item",
      data: "x".repeat(400_000),
      bypassLimits: true,
    });
  }
  const response = await fetch(`${url}/v1/history?channel=wide`, { headers: { Authorization: `Bearer ${all}` } });
  const { events, more } = (await response.json()) as { events: { offset: number }[]; more: boolean };
  expect([events.map(({ offset }) => offset), more]).toEqual([[5], true]);
});

test("[OP26] presence and stats say what the gateway knows", async () => {
  const { ask, gateway } = await operate();
  const { url } = await gateway.listen({ port: 0 });
  expect((await ask("GET", "/v1/presence?channel=chat/1")).body).toEqual({ channel: "chat/1", count: 0, members: [] });
  const client = await WireClient.join(url, "0".repeat(32));
  client.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
  const { members } = await client.next("subscribed");
  expect((await ask("GET", "/v1/presence?channel=chat/1")).body).toEqual({ channel: "chat/1", count: 1, members });
  expect(await ask("GET", "/v1/presence?channel=none")).toMatchObject({ status: 404 });
  await ask("POST", "/v1/publish", { body: say });
  await client.next("event");
  expect((await ask("GET", "/v1/stats")).body).toMatchObject({
    status: "ok",
    connectionCount: 1,
    channelCount: 1,
    deliveredCount: 1,
    appends: { stored: 1, failed: 0 },
  });
});

test("[OP29] a user is disconnected, with a code that says whether to come back", async () => {
  const { ask, gateway } = await operate({ authenticate: () => ({ id: "ada" }) });
  const { url } = await gateway.listen({ port: 0 });
  const client = await WireClient.join(url, "0".repeat(32));
  const request = { userId: "ada", code: 4100, reason: "Come back later" };
  expect(await ask("POST", "/v1/disconnect", { body: request })).toMatchObject({
    status: 200,
    body: { connectionCount: 1 },
  });
  expect(await client.closed).toMatchObject({ code: 4100, reason: "Come back later" });
  const again = await ask("POST", "/v1/disconnect", { body: { userId: "ada" } });
  expect(again).toMatchObject({ status: 200, body: { connectionCount: 0 } });
  for (const [body, words] of [
    [{ userId: "ada", code: 1000 }, "code must be an integer 4000-4999, got 1000"],
    [{ userId: "ada", reason: "x".repeat(124) }, "reason must be a text of at most 123 bytes"],
    [{ userId: "ada", reason: "ä".repeat(62) }, "the limit is 123"],
    [{ user: "ada" }, 'there is no field "user", only userId, code, reason'],
  ] as const) {
    const refused = await ask("POST", "/v1/disconnect", { body });
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining(words) } });
  }
  expect((await ask("POST", "/v1/disconnect", { body: request, key: reader })).status).toBe(403);
});

test("[OP27] a store that fails is told with its code, and a fault of ours only to the log", async () => {
  const { ask } = await operate({ broker: memoryBroker({ maxBytes: 1 }) });
  expect(await ask("POST", "/v1/publish", { body: say })).toMatchObject({
    status: 507,
    body: { code: "STORAGE_FULL" },
  });
  const memory = memoryBroker();
  const logged: string[] = [];
  const broker: Broker = { ...broken(memory), stats: () => JSON.parse("{") };
  const log = { info: () => {}, warn: () => {}, error: (_: object, words: string) => void logged.push(words) };
  const { url } = await operate({ broker, log });
  const response = await fetch(`${url}/metrics`);
  expect([response.status, await response.json()]).toEqual([
    500,
    { code: "INTERNAL", message: "The server failed; it has logged why" },
  ]);
  expect(logged).toEqual(["A request of an operator failed"]);
});

function broken(memory: Broker): Broker {
  return {
    open: (sink) => memory.open(sink),
    append: (request) => memory.append(request),
    read: (request) => memory.read(request),
    join: (name) => memory.join(name),
    leave: (name) => memory.leave(name),
    broadcast: (name, payload) => memory.broadcast(name, payload),
    close: () => memory.close(),
  };
}

test("[OP28] beyond this machine nothing is there without a key, but whether it is alive and ready", async () => {
  const gateway = make();
  await expect(gateway.listenAdmin({ port: 0, host: "0.0.0.0" })).rejects.toThrow(
    "Cannot listen for operators on 0.0.0.0 without a key: give keys, or host 127.0.0.1",
  );
  const { port } = await gateway.listenAdmin({ port: 0, host: "0.0.0.0", keys });
  const get = async (path: string, key?: string): Promise<unknown> => {
    const headers: Record<string, string> = key === undefined ? {} : { Authorization: `Bearer ${key}` };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const text = await response.text();
    return [response.status, text.startsWith("{") ? JSON.parse(text) : text.slice(0, 6)];
  };
  expect(await get("/healthz")).toEqual([200, { status: "ok" }]);
  expect(await get("/readyz")).toEqual([200, { status: "ready" }]);
  expect(await get("/readyz", reader)).toEqual([200, { status: "ready", canaryMs: expect.any(Number) }]);
  expect(await get("/healthz", reader)).toMatchObject([200, { durability: "mem" }]);
  expect(await get("/metrics")).toMatchObject([401, { code: "UNAUTHENTICATED" }]);
  expect(await get("/metrics", reader)).toEqual([200, "# HELP"]);
  expect(await get("/v1/openapi.json")).toMatchObject([401, {}]);
  expect(await get("/v1/openapi.json", reader)).toMatchObject([200, { openapi: "3.1.1" }]);
});
