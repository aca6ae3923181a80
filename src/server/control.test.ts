/** What the server decides about its users, and who knows of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { memoryBroker, sqliteBroker } from "../brokers/index.ts";
import { type Broker, BrokerError, type BrokerSink, type Notice } from "../gateway/index.ts";
import { channel } from "./channel.ts";
import { event } from "./event.ts";
import { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
import { silentLog } from "./log.ts";

const channels = { news: channel("news", { events: { item: event(z.string()) } }) };
const device = "0".repeat(32);
const live = { from: "live" } as const;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Served {
  readonly gateway: Gateway<typeof channels>;
  join(token: string): Promise<WireClient>;
  /** The code that credentials are refused with. */
  refusalOf(token: string): Promise<number>;
}

/** A token is `user`, or `user id`, or `user id issuedAtMs`. */
async function serve(broker: Broker, options: Partial<GatewayOptions<typeof channels>> = {}): Promise<Served> {
  const gateway = createGateway({
    channels,
    broker,
    authenticate({ token = "" }) {
      const [id = "", tokenId = "none", issuedAtMs] = token.split(" ");
      return { user: { id }, tokenId, ...(issuedAtMs === undefined ? {} : { issuedAtMs: Number(issuedAtMs) }) };
    },
    ...options,
  });
  cleanups.push(() => gateway.close({ graceMs: 1 }));
  const { url } = await gateway.listen({ port: 0 });
  return {
    gateway,
    async join(token) {
      const client = await WireClient.join(url, device, token);
      cleanups.push(() => client.cut());
      return client;
    },
    async refusalOf(token) {
      const client = await WireClient.open(url);
      client.send({ type: "auth", device, token });
      return (await client.closed).code;
    },
  };
}

/** Where notices are kept, and nodes hear each other, as in a store that is shared. */
class SharedStore {
  readonly notices = new Map<string, Notice>();
  readonly sinks: BrokerSink[] = [];
  /** Whether broadcasts reach the other nodes. */
  isTelling = true;
  failure: BrokerError | undefined;

  /** One node's broker; its logs are its own. */
  connect(): Broker {
    const memory = memoryBroker();
    const joined = new Set<string>();
    return {
      open: (sink) => {
        this.sinks.push({
          ...sink,
          broadcasted: (name, payload) => joined.has(name) && sink.broadcasted(name, payload),
        });
        return memory.open(sink);
      },
      append: (request) => memory.append(request),
      read: (request) => memory.read(request),
      join: async (name) => void joined.add(name),
      leave: async (name) => void joined.delete(name),
      broadcast: async (name, payload) => {
        if (this.isTelling) for (const sink of this.sinks) sink.broadcasted(name, payload);
      },
      notices: {
        post: async (notice) => {
          if (this.failure !== undefined) throw this.failure;
          this.notices.set(notice.key, notice);
        },
        read: async () => {
          if (this.failure !== undefined) throw this.failure;
          return [...this.notices.values()];
        },
      },
      close: () => memory.close(),
    };
  }
}

test("[AU20] what was revoked is refused by the first authenticate after a restart, and a later login is not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-control-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "log.db");
  const before = await serve(sqliteBroker({ file }));
  expect(await before.gateway.revoke({ userId: "ada" })).toEqual({ durability: "fsync" });
  await before.gateway.revoke({ tokenId: "j1" });
  await before.gateway.revoke({ tokenId: "j2", expiresAtMs: Date.now() - 1 });
  const revokedAtMs = Date.now();
  await before.gateway.close({ graceMs: 1 });
  const after = await serve(sqliteBroker({ file }));
  expect(await after.refusalOf("ada")).toBe(4500);
  expect(await after.refusalOf(`ada j9 ${revokedAtMs - 60_000}`)).toBe(4500);
  expect(await after.refusalOf("bob j1")).toBe(4500);
  await after.join("bob j2");
  await after.join(`ada j9 ${revokedAtMs + 1}`);
});

test("[AU21] a store that keeps no notices is told as mem, and the log hears it once", async () => {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_fields: object, message: string) => void warnings.push(message) };
  const { gateway, refusalOf } = await serve(memoryBroker(), { log });
  expect(await gateway.revoke({ userId: "ada" })).toEqual({ durability: "mem" });
  await gateway.revoke({ userId: "bob" });
  expect(await refusalOf("ada")).toBe(4500);
  expect(warnings.filter((message) => message.startsWith("The store keeps no revocations"))).toHaveLength(1);
});

test("[AU21] what the store fails to keep is in force all the same, and whoever revoked is told", async () => {
  const store = new SharedStore();
  const { gateway, join: enter, refusalOf } = await serve(store.connect());
  const ada = await enter("ada");
  store.failure = new BrokerError("STORAGE_FULL", "no room");
  await expect(gateway.revoke({ userId: "ada" })).rejects.toMatchObject({
    code: "STORAGE_FULL",
    message: expect.stringContaining("Cannot keep the revocation beyond this process") as string,
  });
  expect((await ada.closed).code).toBe(4502);
  expect(await refusalOf("ada")).toBe(4500);
});

test("[AU20] a gateway that cannot read what was revoked does not open", async () => {
  const store = new SharedStore();
  store.failure = new BrokerError("STORAGE_CORRUPT", "damaged");
  await expect(serve(store.connect())).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
});

test("[AU22] what one node revokes, every node closes and refuses", async () => {
  const store = new SharedStore();
  const [one, two] = [await serve(store.connect()), await serve(store.connect())];
  const [ada, bob, later] = [
    await two.join("ada"),
    await two.join("bob j1"),
    await two.join(`ada j2 ${Date.now() + 60_000}`),
  ];
  await one.gateway.revoke({ userId: "ada" });
  await one.gateway.revoke({ tokenId: "j1" });
  expect([(await ada.closed).code, (await bob.closed).code]).toEqual([4502, 4502]);
  expect([await two.refusalOf("ada"), await two.refusalOf("carl j1")]).toEqual([4500, 4500]);
  later.send({ type: "subscribe", channel: "news", start: live });
  await later.next("subscribed");
});

test("[AU22] what a node did not hear it reads when it finds the store again", async () => {
  const store = new SharedStore();
  const [one, two] = [await serve(store.connect()), await serve(store.connect())];
  const ada = await two.join("ada");
  store.isTelling = false;
  await one.gateway.revoke({ userId: "ada" });
  expect(two.gateway.info().connectionCount).toBe(1);
  for (const sink of store.sinks) sink.availability(true, "back");
  expect((await ada.closed).code).toBe(4502);
});

test("[AU22] a node that cannot read it then says so in its log, and goes on", async () => {
  const store = new SharedStore();
  const errors: string[] = [];
  const log = { ...silentLog, error: (_fields: object, message: string) => void errors.push(message) };
  const { join: enter } = await serve(store.connect(), { log });
  store.failure = new BrokerError("STORAGE_UNAVAILABLE", "gone again");
  for (const sink of store.sinks) sink.availability(true, "back");
  await expect.poll(() => errors).toContain("Revocations of other nodes cannot be read");
  await enter("ada");
});

test("[AU22] commands reach every node, and tell the number of connections at their own", async () => {
  const store = new SharedStore();
  const [one, two] = [await serve(store.connect()), await serve(store.connect())];
  const [here, there] = [await one.join("ada"), await two.join("ada")];
  const news = { userId: "ada", channel: "news", params: {} } as const;
  expect(await one.gateway.subscribe(news)).toEqual({ connectionCount: 1 });
  await Promise.all([here.next("subscribed"), there.next("subscribed")]);
  expect(await one.gateway.unsubscribe({ ...news, reason: "Enough" })).toEqual({ connectionCount: 1 });
  for (const client of [here, there]) {
    expect(await client.next("unsubscribed")).toMatchObject({ error: { message: "Enough" } });
  }
  expect(await two.gateway.disconnect({ userId: "ada", code: 4400 })).toEqual({ connectionCount: 1 });
  expect([(await here.closed).code, (await there.closed).code]).toEqual([4400, 4400]);
});

test("[AU22] what a newer node says that this one does not know is passed over", async () => {
  const store = new SharedStore();
  const { gateway, join: enter } = await serve(store.connect());
  const ada = await enter("ada");
  const say = (order: object): void => {
    for (const sink of store.sinks) {
      sink.broadcasted("~switchboard/control", JSON.stringify({ node: "newer", ...order }));
    }
  };
  say({ command: { type: "promote", userId: "ada" } });
  say({ notice: { key: "promoted user ada", value: "1", expiresAtMs: 9e15 } });
  say({ wish: { type: "promote" } });
  say({ command: { type: "disconnect", code: 4503, reason: "" } });
  say({ notice: 7 });
  for (const sink of store.sinks) sink.broadcasted("~switchboard/control", "{");
  say({ command: { type: "disconnect", userId: "bob", code: 4503, reason: "" } });
  ada.send({ type: "subscribe", channel: "news", start: live });
  await ada.next("subscribed");
  expect(gateway.info().connectionCount).toBe(1);
});
