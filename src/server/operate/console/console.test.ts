import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { ConsoleClient } from "../../../../test/console-client.ts";
import { RawPeer, rawHandshake } from "../../../../test/raw-peer.ts";
import { WireClient } from "../../../../test/gateway/wire-client.ts";
import { memoryBroker } from "../../../brokers/index.ts";
import { channel } from "../../channel.ts";
import { ephemeral, event } from "../../event.ts";
import { createGatewayOn, type Gateway } from "../../gateway.ts";
import { type Machine, thisMachine } from "../../machine.ts";
import type { AdminOptions } from "../admin-listener.ts";
import { maxTappedBytes, type TableQuery, tappedFramesPerSecond } from "./messages.ts";

const channels = {
  chat: channel("chat/:room", {
    events: { said: event(z.string()), typing: ephemeral(z.object({})) },
  }),
};
const device = (number: number): string => String(number).padStart(32, "0");

interface LogLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

interface World {
  readonly gateway: Gateway<typeof channels>;
  readonly url: string;
  readonly adminUrl: string;
  readonly consoleUrl: string;
  readonly lines: readonly LogLine[];
  /** Runs the timers of the console that wait so long. */
  elapse(delayMs: number): void;
}

/** The console's own intervals, which these tests end themselves. */
const held = new Set([200, 1_000, 5_000]);
/** So do longer ones: of a drain that takes its time. */
const longMs = 15_000;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(admin: Partial<AdminOptions> = {}): Promise<World> {
  const timers = new Set<{ readonly delayMs: number; readonly run: () => void }>();
  let isHolding = false;
  const machine: Machine = {
    ...thisMachine,
    after(delayMs, run) {
      if (!isHolding || !(held.has(delayMs) || delayMs > longMs)) return thisMachine.after(delayMs, run);
      const timer = { delayMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const lines: LogLine[] = [];
  const note = (fields: object, message: string): void => void lines.push({ message, fields: { ...fields } });
  const log = { info: note, warn: note, error: note };
  const gateway = createGatewayOn(machine, { channels, broker: memoryBroker(), log });
  cleanups.push(() => gateway.close({ graceMs: 500 }));
  const { url } = await gateway.listen({ port: 0 });
  isHolding = true;
  const { url: adminUrl, consoleUrl } = await gateway.listenAdmin({ port: 0, ...admin });
  const elapse = (delayMs: number): void => {
    const isDue = (one: { readonly delayMs: number }): boolean =>
      delayMs > longMs ? one.delayMs > longMs : one.delayMs === delayMs;
    for (const timer of [...timers].filter(isDue)) {
      timers.delete(timer);
      timer.run();
    }
  };
  return { gateway, url, adminUrl, consoleUrl, lines, elapse };
}

async function look(world: World, url = world.consoleUrl): Promise<ConsoleClient> {
  const client = await ConsoleClient.open(url);
  cleanups.push(async () => (await client.socket).terminate());
  return client;
}

async function join(world: World, number: number, room?: string): Promise<WireClient> {
  const client = await WireClient.join(world.url, device(number));
  cleanups.push(async () => (await client.socket).terminate());
  if (room === undefined) return client;
  client.send({ type: "subscribe", channel: room, start: { from: "live" } });
  await client.next("subscribed");
  return client;
}

const byId: TableQuery<"connections"> = {
  sort: "id",
  isDescending: false,
  filter: "",
  isOnlyBusy: false,
  from: 0,
  count: 50,
};
const secret = (letter: string): string => letter.repeat(40);

test("[OP61] a page of another origin is refused with 403, one that has its own name point here with 421", async () => {
  const { adminUrl } = await start();
  const statusFor = async (host: string, origin: string): Promise<string> => {
    const peer = await RawPeer.connect(Number(new URL(adminUrl).port));
    cleanups.push(() => peer.destroy());
    peer.write(rawHandshake({ line: "GET /console/line HTTP/1.1", headers: { Host: host, Origin: origin } }));
    return (await peer.readHead()).split(" ")[1] ?? "";
  };
  const { host } = new URL(adminUrl);
  expect(await statusFor(host, `http://${host}`)).toBe("101");
  expect(await statusFor(host, "https://evil.example")).toBe("403");
  expect(await statusFor("evil.example", "http://evil.example")).toBe("421");
});

test("[OP61] origins names the pages that may come where a proxy stands in front", async () => {
  const { consoleUrl } = await start({ origins: ["https://admin.example"] });
  const client = new ConsoleClient(consoleUrl, { headers: { Origin: "https://admin.example" } });
  expect((await client.socket).state).toBe("open");
  await client.close();
});

test("[OP61] without a good key a page is told nothing: 4500, or 4000 when none comes in time; what is no message ends it", async () => {
  const world = await start({ keys: [{ key: secret("p"), scopes: ["publish"] }] });
  for (const [key, reason] of [
    [secret("x"), "The key is none of this gateway"],
    [secret("p"), "The key has not the scope read"],
    ["", "The key is none of this gateway"],
  ] as const) {
    const client = new ConsoleClient(world.consoleUrl);
    await client.say({ type: "hello", key });
    expect(await client.closed).toMatchObject({ code: 4500, reason });
  }
  const silent = new ConsoleClient(world.consoleUrl);
  await silent.socket;
  world.elapse(5_000);
  expect(await silent.closed).toMatchObject({ code: 4000 });
  const early = new ConsoleClient(world.consoleUrl);
  await early.say({ type: "untap" });
  expect(await early.closed).toMatchObject({ code: 1003, reason: "Cannot answer before hello" });
  expect(world.lines.filter(({ message }) => message === "A key of the console was refused")).toHaveLength(3);
});

test("[OP62] on this machine the address has a key that looks and acts, another at each start, and none of the HTTP API", async () => {
  const [one, other] = [await start(), await start()];
  expect(one.consoleUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/console\/#key=[\w-]{32}$/);
  const [key, otherKey] = [one, other].map(({ consoleUrl }) => new URL(consoleUrl).hash.slice(5));
  expect(key).not.toBe(otherKey);
  const client = new ConsoleClient(one.consoleUrl);
  const { facts } = await client.hello(key ?? "");
  expect(facts).toMatchObject({ durability: "mem", scopes: ["read", "admin"], pid: process.pid });
  await client.close();
  const { status } = await fetch(`${one.adminUrl}/v1/stats`, { headers: { Authorization: `Bearer ${key}` } });
  expect(status).toBe(401);
});

test("[OP62] beyond this machine the address has no key: one of the gateway's is asked for", async () => {
  const world = await start({ host: "0.0.0.0", keys: [{ key: secret("r"), scopes: ["read"] }] });
  expect(new URL(world.consoleUrl).hash).toBe("");
  const client = new ConsoleClient(world.consoleUrl.replace("0.0.0.0", "127.0.0.1"));
  expect((await client.hello(secret("r"))).facts.scopes).toEqual(["read"]);
  await client.close();
});

test("[OP63] once a second every page is told how the gateway was, and a new one what the last five minutes were", async () => {
  const world = await start();
  const client = await look(world);
  const [reader, writer] = [await join(world, 1, "chat/a"), await join(world, 2)];
  const event = { channel: "chat/a", event: "said", messageId: "m1", data: "hi" } as const;
  writer.send({ type: "publish", ...event });
  await reader.next("event");
  await writer.next("ack");
  writer.send({ type: "publish", ...event, channel: "nowhere" });
  await writer.next("error");
  world.elapse(1_000);
  const { sample } = await client.next("sample");
  expect(sample).toMatchObject({ status: "ok", connectionCount: 2, channelCount: 1, slowCount: 0, queuedBytes: 0 });
  expect([sample.stored.count, sample.delivered.count]).toEqual([1, 1]);
  expect(sample.delivered.max).toBeGreaterThanOrEqual(sample.delivered.p50);
  for (const name of ["publishesPerSecond", "deliveriesPerSecond", "refusalsPerSecond", "openedPerSecond"] as const) {
    expect(sample[name], name).toBeGreaterThan(0);
  }
  for (let second = 0; second < 300; second += 1) world.elapse(1_000);
  const late = new ConsoleClient(world.consoleUrl);
  const { samples } = await late.hello(new URL(world.consoleUrl).hash.slice(5));
  expect(samples).toHaveLength(300);
  expect(samples.at(-1)).toMatchObject({ connectionCount: 2, publishesPerSecond: 0, stored: { count: 0 } });
  await late.close();
});

test("[OP64] connections are told with their user, traffic and channels, and then what changes", async () => {
  const world = await start();
  const client = await look(world);
  const ada = await join(world, 1, "chat/a");
  await join(world, 2);
  await client.say({ type: "watch", table: "connections", query: byId });
  const { order, rows, ...page } = await client.next("rows");
  expect(page).toMatchObject({ table: "connections", totalCount: 2, matchedCount: 2, from: 0 });
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({
    id: order[0],
    address: "127.0.0.1",
    protocol: "json",
    channelCount: 1,
    isSlow: false,
  });
  expect(rows[0]).toMatchObject({ messagesIn: 2, userId: expect.stringMatching(/./), queuedBytes: 0 });
  ada.send({ type: "publish", channel: "chat/a", event: "said", messageId: "m", data: "x" });
  await ada.next("ack");
  world.elapse(1_000);
  expect(await client.next("rows")).toMatchObject({ order, rows: [{ id: order[0], messagesIn: 3 }] });
  await client.say({ type: "watch", table: "connections", query: { ...byId, sort: "messagesIn", isDescending: true } });
  expect((await client.next("rows")).order).toEqual(order);
  const [row] = rows as readonly { readonly userId: string }[];
  for (const sort of ["user", "address", "protocol", "queuedBytes", "rttMs", "channelCount", "openedAtMs"] as const) {
    await client.say({ type: "watch", table: "connections", query: { ...byId, sort, filter: row?.userId ?? "" } });
    expect(await client.next("rows")).toMatchObject({ matchedCount: 1, order: [order[0]] });
  }
  await client.say({ type: "watch", table: "connections", query: { ...byId, isOnlyBusy: true } });
  expect(await client.next("rows")).toMatchObject({ totalCount: 2, matchedCount: 0 });
});

test("[OP64] channels are told with their subscribers, place and rates; a table that is left is not told any more", async () => {
  const world = await start();
  const client = await look(world);
  const ada = await join(world, 1, "chat/a");
  await client.say({ type: "watch", table: "channels", query: { ...byId, sort: "name" } });
  expect(await client.next("rows")).toMatchObject({ rows: [{ id: "chat/a", subscriberCount: 1, offset: 0 }] });
  ada.send({ type: "publish", channel: "chat/a", event: "said", messageId: "m", data: "x" });
  await ada.next("ack");
  world.elapse(1_000);
  const { rows } = await client.next("rows");
  expect(rows).toMatchObject([{ id: "chat/a", offset: 1, epoch: expect.stringMatching(/^\w{16}$/) }]);
  expect((rows[0] as { readonly eventsPerSecond: number }).eventsPerSecond).toBeGreaterThan(0);
  await client.say({ type: "unwatch", table: "channels" });
  await client.say({ type: "watch", table: "connections", query: byId });
  expect(await client.next("rows")).toMatchObject({ table: "connections" });
  await client.say({ type: "unwatch", table: "connections" });
  await join(world, 2, "chat/b");
  world.elapse(1_000);
  world.elapse(1_000);
  await client.next("sample");
  expect((await client.next("sample", "rows")).type).toBe("sample");
});

test("[OP65] a tapped connection shows its frames as they are on the wire, until it is closed or the page leaves it", async () => {
  const world = await start();
  const client = await look(world);
  const ada = await join(world, 1);
  await client.say({ type: "tap", target: { connection: 1 } });
  await client.say({ type: "watch", table: "connections", query: byId });
  await client.next("rows");
  ada.send({ type: "subscribe", channel: "chat/a", start: { from: "live" } });
  await ada.next("subscribed");
  world.elapse(200);
  const { droppedCount, frames } = await client.next("frames");
  expect(droppedCount).toBe(0);
  expect(frames.map(({ direction, number }) => `${number} ${direction}`)).toEqual(["1 in", "2 out"]);
  const [request, answer] = frames.map(({ bytes }) => Buffer.from(bytes, "base64"));
  expect([request?.[0], (request?.[1] ?? 0) >= 0x80]).toEqual([0x81, true]);
  expect(answer?.toString()).toContain('"subscribed"');
  ada.send({ type: "publish", channel: "chat/a", event: "said", messageId: "m", data: "x".repeat(2_000) });
  await ada.next("ack");
  world.elapse(200);
  const [long] = (await client.next("frames")).frames;
  expect([Buffer.from(long?.bytes ?? "", "base64").length, (long?.byteCount ?? 0) > 2_000]).toEqual([
    maxTappedBytes,
    true,
  ]);
  await ada.close();
  await expect.poll(() => world.gateway.info().connectionCount).toBe(0);
  world.elapse(1_000);
  expect(await client.next("untapped")).toEqual({ type: "untapped", reason: "Connection 1 is closed" });
  await client.say({ type: "tap", target: { connection: 1 } });
  expect(await client.next("untapped")).toMatchObject({ reason: "Cannot tap connection 1: it is gone" });
  expect(world.lines.find(({ message }) => message === "An operator taps frames")?.fields).toMatchObject({
    connection: 1,
  });
});

test("[OP65] a tapped channel shows what its subscribers are sent, stored or not; what is too much is counted", async () => {
  const world = await start();
  const client = await look(world);
  const [ada, bob] = [await join(world, 1, "chat/a"), await join(world, 2, "chat/a")];
  await client.say({ type: "tap", target: { channel: "chat/a" } });
  await client.say({ type: "watch", table: "connections", query: byId });
  await client.next("rows");
  ada.send({ type: "ephemeral", channel: "chat/a", event: "typing", data: {} });
  await bob.next("ephemeral");
  const perGathering = tappedFramesPerSecond / 5;
  for (let number = 1; number <= perGathering; number += 1) {
    await world.gateway.publish({ channel: "chat", params: { room: "a" }, event: "said", data: "x".repeat(2_000) });
  }
  world.elapse(200);
  const { droppedCount, frames } = await client.next("frames");
  expect([frames.length, droppedCount]).toEqual([perGathering, 1]);
  expect(Buffer.from(frames[0]?.bytes ?? "", "base64").toString()).toContain('"typing"');
  expect(Buffer.from(frames[1]?.bytes ?? "", "base64")).toHaveLength(maxTappedBytes);
  expect(frames[1]?.byteCount).toBeGreaterThan(2_000);
  const publish = (): Promise<unknown> =>
    world.gateway.publish({ channel: "chat", params: { room: "a" }, event: "said", data: "again" });
  await publish();
  world.elapse(200);
  expect(await client.next("frames")).toMatchObject({ frames: { length: 1 }, droppedCount: 0 });
  await publish();
  await client.say({ type: "untap" });
  await client.say({ type: "watch", table: "connections", query: { ...byId, count: 1 } });
  await client.next("rows");
  world.elapse(200);
  await client.say({ type: "tap", target: { channel: "elsewhere" } });
  const answer = await client.next("untapped", "frames");
  expect("reason" in answer && answer.reason).toContain("no pattern of this gateway matches it");
});

test("[OP66] a connection is ended, to come back or not, and so is a user; each is written down with who did it", async () => {
  const world = await start();
  const client = await look(world);
  const [ada, bob, eve] = [await join(world, 1), await join(world, 2), await join(world, 3)];
  expect(await client.act({ type: "disconnect", connection: 1, comesBack: true })).toBe(
    "Connection 1 was disconnected",
  );
  expect(await ada.closed).toMatchObject({ code: 1001 });
  await client.act({ type: "disconnect", connection: 2, comesBack: false });
  expect(await bob.closed).toMatchObject({ code: 4503 });
  expect(await client.act({ type: "disconnect", connection: 9, comesBack: false })).toMatch(/it is gone/);
  await client.say({ type: "watch", table: "connections", query: byId });
  const [row] = (await client.next("rows")).rows as readonly { readonly userId: string }[];
  const said = await client.act({ type: "disconnectUser", userId: row?.userId ?? "", comesBack: true });
  expect(said).toBe(`${row?.userId} was disconnected: 1 connection at this node`);
  expect(await eve.closed).toMatchObject({ code: 1001 });
  const who = { remoteAddress: "127.0.0.1", key: "of the console's address" };
  const told = (text: string): unknown => world.lines.find(({ message }) => message === text)?.fields;
  expect(told("An operator opened the console")).toMatchObject(who);
  const one = { ...who, connection: 1, comesBack: true, userId: expect.any(String) as string };
  expect(told("An operator disconnected a connection")).toMatchObject(one);
  expect(told("An operator disconnected a user")).toMatchObject({ ...who, connectionCount: 1, userId: row?.userId });
  await client.close();
  await expect.poll(() => told("An operator left the console")).toMatchObject(who);
});

test("[OP66] to act needs the scope admin", async () => {
  const world = await start({
    keys: [
      { key: secret("w"), scopes: ["publish"] },
      { key: secret("r"), scopes: ["read"] },
    ],
  });
  const client = new ConsoleClient(world.consoleUrl);
  cleanups.push(() => client.close());
  await client.hello(secret("r"));
  const answer = await client.act({ type: "drain", overMs: 0 });
  expect(answer).toBe("Cannot do this with this key: it has not the scope admin");
  expect(world.gateway.info().status).toBe("ok");
  expect(world.lines.find(({ message }) => message === "An operator opened the console")?.fields).toMatchObject({
    key: "key 2",
  });
});

test("[OP66] a node is drained, its clients told to come back, and opened again; the console stays", async () => {
  const world = await start();
  const client = await look(world);
  const ada = await join(world, 1);
  await client.act({ type: "drain", overMs: 0 });
  expect(await ada.next("reconnect")).toMatchObject({ type: "reconnect" });
  expect(await ada.closed).toMatchObject({ code: 1001 });
  expect(world.gateway.info().status).toBe("draining");
  expect((await fetch(`${world.adminUrl}/readyz`)).status).toBe(503);
  await expect(WireClient.open(world.url)).rejects.toMatchObject({ status: 503 });
  expect(await client.act({ type: "drain", overMs: 0 })).toMatch(/drains already/);
  expect(await client.act({ type: "reopen" })).toBe("The node takes connections again");
  expect(world.gateway.info().status).toBe("ok");
  const acts = world.lines.filter(({ message }) => /drains|again$/.test(message)).map(({ message }) => message);
  expect(acts).toContain("An operator drains this node");
  expect(acts.at(-1)).toBe("An operator opens this node again");
  await join(world, 2);
});

test("[OP66] a drain that is called off lets nobody else go", async () => {
  const world = await start();
  const client = await look(world);
  const all = [await join(world, 1), await join(world, 2), await join(world, 3)];
  await client.act({ type: "drain", overMs: 60_000 });
  const gone = await Promise.race(all.map(async (one) => one.closed.then(() => one)));
  await client.act({ type: "reopen" });
  // The next one's time has come.
  world.elapse(longMs + 1);
  for (const one of all.filter((other) => other !== gone)) {
    one.send({ type: "subscribe", channel: "chat/a", start: { from: "live" } });
    await one.next("subscribed");
  }
  expect(world.gateway.info()).toMatchObject({ status: "ok", connectionCount: 2 });
});

test("[OP67] the seventeenth page is refused; when the gateway closes all are told", async () => {
  const world = await start();
  const pages = await Promise.all(Array.from({ length: 16 }, () => look(world)));
  await expect(new ConsoleClient(world.consoleUrl).socket).rejects.toMatchObject({ status: 503 });
  await world.gateway.close();
  expect(await Promise.all(pages.map(({ closed }) => closed))).toMatchObject(pages.map(() => ({ code: 1001 })));
});
