import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished, expect, test } from "vitest";
import { z } from "zod";
import { channel, createGateway, ephemeral, event, type Gateway, memoryBroker } from "../server/index.ts";
import { LineError } from "./gateway-line.ts";
import { HttpPublisher } from "./http-publisher.ts";
import { LinePublisher } from "./line-publisher.ts";
import { backoffMs, isPassing } from "./line-retry.ts";
import { parsePosition, formatPosition } from "./position-text.ts";
import { type Outgoing, type Publisher, publishSurely } from "./publisher.ts";

const channels = {
  chat: channel("chat/:room", {
    events: { message: event(z.object({ text: z.string(), big: z.unknown() })), typing: ephemeral(z.object({})) },
  }),
};
const key = "k".repeat(32);
const hello: Outgoing = {
  channel: "chat/1",
  event: "message",
  id: "m1",
  data: '{"text":"hi","big":12345678901234567890}',
};
const patience = { retryForMs: 10_000, backoff: { minMs: 1, maxMs: 1 }, signal: new AbortController().signal };

interface World {
  readonly gateway: Gateway<typeof channels>;
  readonly line: LinePublisher;
  readonly http: HttpPublisher;
}

async function open(): Promise<World> {
  const gateway = createGateway({
    channels,
    broker: memoryBroker(),
    limits: { publishesPerSecond: 100, publishBurstCount: 10 },
    authenticate: ({ token = "nobody" }) => ({ id: token }),
  });
  const { url } = await gateway.listen({ port: 0 });
  const admin = await gateway.listenAdmin({ port: 0, keys: [{ key, scopes: ["publish"] }] });
  onTestFinished(() => gateway.close({ graceMs: 100 }));
  return { gateway, line: createLine(url, "ada"), http: createHttp(admin.url, key) };
}

function createLine(url: string, token: string): LinePublisher {
  return new LinePublisher({
    url: new URL(url),
    connectOptions: {},
    token,
    device: "0".repeat(32),
    timeoutMs: 5_000,
  });
}

function createHttp(url: string, apiKey: string | undefined): HttpPublisher {
  return new HttpPublisher({ url: new URL(url), key: apiKey, headers: {}, tls: {}, timeoutMs: 5_000 });
}

test("[CM65] a message is stored, with its position and level, and the same id again stores nothing, on either way", async () => {
  const { http, line } = await open();
  for (const [index, publisher] of ([line, http] as readonly Publisher[]).entries()) {
    const first = await publishSurely(publisher, hello, patience);
    expect(first).toMatchObject({ type: "stored", durability: "mem", duplicate: false });
    const again = await publishSurely(publisher, hello, patience);
    expect(again).toEqual({ ...first, duplicate: true });
    expect(first.type === "stored" && first.position.offset).toBe(index + 1);
    await publisher.end();
  }
});

test("[CM65] an event that is not stored is told, and a refusal of it comes at the latest with the end", async () => {
  const { http, line } = await open();
  const typing = { ...hello, event: "typing", data: "{}" };
  expect(await publishSurely(line, typing, patience)).toEqual({ type: "told" });
  expect(await publishSurely(line, { ...typing, data: "1" }, patience)).toEqual({ type: "told" });
  await expect(line.end()).rejects.toMatchObject({ code: "BAD_DATA" });
  expect(await publishSurely(http, typing, patience)).toEqual({ type: "told" });
});

test("[CM66] on a line that was opened again, a channel is entered again before anything is told there", async () => {
  const { gateway, line } = await open();
  const typing = { ...hello, event: "typing", data: "{}" };
  expect(await publishSurely(line, typing, patience)).toEqual({ type: "told" });
  await gateway.disconnect({ userId: "ada", code: 4000 });
  await publishSurely(line, { ...hello, id: "m2" }, patience);
  expect(await publishSurely(line, typing, patience)).toEqual({ type: "told" });
  await expect(line.end()).resolves.toBeUndefined();
});

test("[CM65] what is not ASCII goes over HTTP whole", async () => {
  const { http } = await open();
  const message = { ...hello, data: '{"text":"ääää","big":1}' };
  expect(await http.publish(message, undefined)).toMatchObject({ type: "stored" });
});

test("[CM66] a line that breaks is opened again, and the message is stored once", async () => {
  const { gateway, line } = await open();
  await publishSurely(line, hello, patience);
  const sent = publishSurely(line, { ...hello, id: "m2" }, patience);
  await gateway.disconnect({ userId: "ada", code: 4000 });
  expect(await sent).toMatchObject({ type: "stored", position: { offset: 2 } });
  expect(await publishSurely(line, { ...hello, id: "m3" }, patience)).toMatchObject({ position: { offset: 3 } });
  await line.end();
});

test("[CM66] a further try says how long ago the first one was, on either way", async () => {
  const { http, line } = await open();
  const aDayMs = 25 * 60 * 60 * 1000;
  for (const publisher of [line, http]) {
    await expect(publisher.publish(hello, aDayMs)).rejects.toMatchObject({ code: "DEDUP_EXPIRED" });
    await publisher.end();
  }
});

test("[CM66] a limit is waited for as long as the gateway says, within the patience there is", async () => {
  const { line } = await open();
  const ids = Array.from({ length: 12 }, (_, index) => `m${index}`);
  for (const id of ids) await publishSurely(line, { ...hello, id }, patience);
  const last = await publishSurely(line, { ...hello, id: "last" }, patience);
  expect(last).toMatchObject({ position: { offset: 13 } });
  const hasty = { ...patience, retryForMs: 0 };
  // All at once, and more than the burst: whoever comes last has no patience.
  const many = Array.from({ length: 60 }, (_, index) => ({ ...hello, id: `x${index}` }));
  const rush = Promise.all(many.map((message) => publishSurely(line, message, hasty)));
  await expect(rush).rejects.toMatchObject({ code: "RATE_LIMITED" });
  await line.end();
});

test("[CM66] over HTTP the headers that were given go along, below the address's own path, and Retry-After is in seconds", async () => {
  const asked: unknown[] = [];
  const server = createServer(({ headers, url }, response) => {
    asked.push([url, headers["x-tenant"], headers.authorization]);
    response.writeHead(429, { "Retry-After": 2 }).end('{"code":"RATE_LIMITED","message":"Too many"}');
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/behind/`);
  const publisher = new HttpPublisher({ url, key, headers: { "X-Tenant": "a" }, tls: {}, timeoutMs: 5_000 });
  await expect(publisher.publish(hello, undefined)).rejects.toMatchObject({
    code: "RATE_LIMITED",
    retryAfterMs: 2_000,
  });
  expect(asked).toEqual([["/behind/v1/publish", "a", `Bearer ${key}`]]);
});

test("[CM66] what is refused for good is a fault at once: data, a channel, an event", async () => {
  const { http, line } = await open();
  for (const publisher of [line, http] as readonly Publisher[]) {
    for (const [change, code] of [
      [{ data: "{}" }, "BAD_DATA"],
      [{ channel: "nowhere" }, "UNKNOWN_CHANNEL"],
      [{ event: "none" }, "UNKNOWN_EVENT"],
    ] as const) {
      await expect(publishSurely(publisher, { ...hello, ...change }, patience)).rejects.toMatchObject({ code });
    }
    await publisher.end();
  }
});

test("[CM66] a refusal of the credentials, of the key, and a server that is none are told apart", async () => {
  const gateway = createGateway({ channels, broker: memoryBroker(), authenticate: () => undefined });
  onTestFinished(() => gateway.close({ graceMs: 100 }));
  const { url } = await gateway.listen({ port: 0 });
  const admin = await gateway.listenAdmin({ port: 0 });
  await expect(publishSurely(createLine(url, "bad"), hello, patience)).rejects.toMatchObject({
    code: "CLOSED",
    close: { code: 4500 },
  });
  await expect(publishSurely(createHttp(admin.url, undefined), hello, patience)).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
  });
  const page = url.replace("ws", "http");
  await expect(publishSurely(createHttp(page, key), hello, patience)).rejects.toMatchObject({ code: "NO_GATEWAY" });
  await gateway.close({ graceMs: 100 });
  await expect(publishSurely(createHttp(page, key), hello, patience)).rejects.toMatchObject({ code: "SILENT" });
});

/** Fails as often as it is told to; keeps when each try was made. */
function failing(errors: readonly Error[], isReached = true): Publisher & { readonly tries: (number | undefined)[] } {
  const tries: (number | undefined)[] = [];
  const left = [...errors];
  return {
    isReached,
    tries,
    async publish(_message, firstTriedMs) {
      tries.push(firstTriedMs);
      const error = left.shift();
      if (error !== undefined) throw error;
      return { type: "told" };
    },
    async end() {},
  };
}

test("[CM66] an answer that stops half way is told as one that did not come in time", async () => {
  const server = createServer((_request, response) => void response.writeHead(200, { "Content-Length": 9 }).write("{"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => server.close().closeAllConnections());
  const { origin, href } = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const publisher = new HttpPublisher({ url: new URL(href), key, headers: {}, tls: {}, timeoutMs: 50 });
  await expect(publisher.publish(hello, undefined)).rejects.toMatchObject({
    code: "SILENT",
    message: `${origin} gave no answer within 50 ms`,
  });
});

test("[CM66] the time that the gateway gives counts, and a gateway that was never reached is not tried again", async () => {
  const slow = { ...patience, backoff: { minMs: 60_000, maxMs: 60_000 } };
  const hinted = failing([new LineError("RATE_LIMITED", "later", { retryAfterMs: 1 })]);
  expect(await publishSurely(hinted, hello, slow)).toEqual({ type: "told" });
  expect(hinted.tries).toEqual([undefined, expect.any(Number)]);
  const unhinted = failing([new LineError("STORAGE_UNAVAILABLE", "away")]);
  await expect(publishSurely(unhinted, hello, slow)).rejects.toThrow("away");
  const unreached = failing([new LineError("SILENT", "nobody")], false);
  await expect(publishSurely(unreached, hello, patience)).rejects.toThrow("nobody");
  expect([unhinted.tries.length, unreached.tries.length]).toEqual([1, 1]);
});

test("[CM66] tries are further and further apart, with chance in it, and only for what may pass", () => {
  const backoff = { minMs: 100, maxMs: 1_000 };
  expect([0, 1, 2, 9].map((tryCount) => backoffMs(backoff, tryCount, 0.999))).toEqual([100, 200, 400, 1_000]);
  expect(backoffMs(backoff, 0, 0)).toBe(50);
  expect(isPassing(new LineError("RATE_LIMITED", ""))).toBe(true);
  expect(isPassing(new LineError("BAD_DATA", ""))).toBe(false);
  expect(isPassing(new Error("a fault of ours"))).toBe(false);
});

test("[CM67] a position is a word that begins with its offset, and nothing else is one", () => {
  const position = { epoch: "0123456789abcdef", offset: 17, tag: 0xab };
  expect(formatPosition(position)).toBe("17.000000ab.0123456789abcdef");
  expect(parsePosition("17.000000ab.0123456789abcdef")).toEqual(position);
  for (const text of ["17", "17.ab.0123456789abcdef", "17.000000ab.0123", "-1.000000ab.0123456789abcdef", ""]) {
    expect(parsePosition(text)).toBeUndefined();
  }
});
