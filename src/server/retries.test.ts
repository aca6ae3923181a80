/** What becomes of a message that its client sends again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { memoryBroker, sqliteBroker } from "../brokers/index.ts";
import type { Broker } from "../gateway/index.ts";
import type { PublishOp } from "../wire/index.ts";
import { channel } from "./channel.ts";
import { event } from "./event.ts";
import { createGateway } from "./gateway.ts";
import { Refusal } from "./refusal.ts";

const device = "0".repeat(32);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Handle = (data: string) => string | undefined | Promise<string | undefined>;

/** A gateway whose event is handled so, and joins connections of one user to it. */
async function serve(handle: Handle, broker: Broker = memoryBroker()): Promise<() => Promise<WireClient>> {
  const news = channel("news", { events: { item: event(z.string(), { handle }) } });
  const gateway = createGateway({ channels: { news }, broker });
  cleanups.push(() => gateway.close({ graceMs: 1 }));
  const { url } = await gateway.listen({ port: 0 });
  return async () => {
    const client = await WireClient.join(url, device);
    cleanups.push(() => client.cut());
    return client;
  };
}

const say: Omit<PublishOp, "id"> = { type: "publish", channel: "news", event: "item", messageId: "m1", data: "hi" };

test("[SV31] handle is asked once for a message that was stored, and again for another", async () => {
  const handled: string[] = [];
  const dial = await serve((data) => {
    handled.push(data);
    return `${data} ${handled.length}`;
  });
  const client = await dial();
  client.send(say);
  const first = await client.next("ack");
  client.send(say);
  expect(await client.next("ack")).toMatchObject({ offset: first.offset, duplicate: true });
  client.send({ ...say, messageId: "m2" });
  expect(await client.next("ack")).toMatchObject({ offset: 2, duplicate: false });
  expect(handled).toEqual(["hi", "hi"]);
});

test("[SV31] a refusal stands for every try of the message, in its own words", async () => {
  let count = 0;
  const dial = await serve(() => {
    count += 1;
    throw new Refusal("SOLD_OUT", `try ${count}`);
  });
  const errors = [];
  // From another connection too, as after a reconnect, and said to be a retry or not.
  for (const retry of [{}, { retryAfterFirstMs: 5 }, {}]) {
    const client = await dial();
    client.send({ ...say, ...retry });
    const { code, message } = await client.next("error");
    errors.push([code, message]);
  }
  expect(errors).toEqual(Array.from({ length: 3 }, () => ["app:SOLD_OUT", "try 1"]));
  const client = await dial();
  client.send({ ...say, data: "something else" });
  expect(await client.next("error")).toMatchObject({ message: "try 2" });
});

test("[SV31] of two copies that are under way at once, one is judged and one is stored", async () => {
  let answer = (_data: string): void => {};
  let count = 0;
  const memory = memoryBroker();
  let recalledCount = 0;
  const recall: Broker["recall"] = async (request) => {
    recalledCount += 1;
    return (await memory.recall?.(request)) ?? { type: "unknown" };
  };
  const handle = (): Promise<string> => {
    count += 1;
    return new Promise((resolve) => (answer = resolve));
  };
  const dial = await serve(handle, {
    open: (sink) => memory.open(sink),
    append: (request) => memory.append(request),
    recall,
    read: (request) => memory.read(request),
    join: (name) => memory.join(name),
    leave: (name) => memory.leave(name),
    broadcast: (name, payload) => memory.broadcast(name, payload),
    close: () => memory.close(),
  });
  const [one, other] = [await dial(), await dial()];
  one.send(say);
  await expect.poll(() => count).toBe(1);
  other.send({ ...say, retryAfterFirstMs: 1 });
  await expect.poll(() => recalledCount).toBe(1);
  answer("judged");
  const acks = await Promise.all([one.next("ack"), other.next("ack")]);
  expect(acks.map(({ offset }) => offset)).toEqual([1, 1]);
  expect(acks.filter(({ duplicate }) => duplicate)).toHaveLength(1);
  expect(count).toBe(1);
});

test("[SV31] a copy is judged although the connection that sent the first is gone", async () => {
  let answer = (_data: string): void => {};
  let count = 0;
  const dial = await serve(() => {
    count += 1;
    return new Promise((resolve) => (answer = resolve));
  });
  const one = await dial();
  one.send(say);
  await expect.poll(() => count).toBe(1);
  await one.cut();
  const other = await dial();
  other.send({ ...say, retryAfterFirstMs: 1 });
  answer("judged");
  expect(await other.next("ack")).toMatchObject({ offset: 1, duplicate: false });
  expect(count).toBe(1);
});

test("[SV31] handle that failed is asked again", async () => {
  let count = 0;
  const dial = await serve(() => {
    count += 1;
    if (count === 1) throw new Error("no");
    return "fine";
  });
  const client = await dial();
  client.send(say);
  expect(await client.next("error")).toMatchObject({ code: "INTERNAL" });
  client.send(say);
  expect(await client.next("ack")).toMatchObject({ duplicate: false });
});

test("[PB11] after a restart a retry of what is stored is answered from the store, and handle is not asked", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-retries-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "log.db");
  const before = createGateway({
    channels: { news: channel("news", { events: { item: event(z.string()) } }) },
    broker: sqliteBroker({ file }),
  });
  const { url } = await before.listen({ port: 0 });
  const client = await WireClient.join(url, device);
  client.send(say);
  const first = await client.next("ack");
  await before.close({ graceMs: 1 });
  const dial = await serve(() => {
    throw new Error("It was asked");
  }, sqliteBroker({ file }));
  const again = await dial();
  again.send({ ...say, retryAfterFirstMs: 100 });
  const { duplicate, epoch, offset, tag } = await again.next("ack");
  expect({ duplicate, epoch, offset, tag }).toEqual({
    duplicate: true,
    epoch: first.epoch,
    offset: first.offset,
    tag: first.tag,
  });
});
