import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { z } from "zod";
import { RedisFailover } from "../../test/redis-failover.ts";
import { redisTest } from "../../test/redis-server.ts";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { redisBroker } from "../brokers/index.ts";
import type { Position, ServerMessage } from "../wire/index.ts";
import { channel } from "./channel.ts";
import { event } from "./event.ts";
import { createGateway, type Gateway } from "./gateway.ts";

const channels = { log: channel("log/:name", { events: { line: event(z.string()) } }) };
type Node = { readonly gateway: Gateway<typeof channels>; readonly url: string };

/** How much of each channel's tail the failover loses. Of 300 a node does not know where they began: it keeps 256 at hand. */
const losses = { "log/none": 0, "log/one": 1, "log/seven": 7, "log/many": 300 };
type Name = keyof typeof losses;
const names = Object.keys(losses) as readonly Name[];
/** What every channel has before, and keeps. */
const keptCount = 5;

/** A subscriber of every channel, and where it stood before the failover. */
interface Follower {
  client: WireClient;
  readonly positions: Map<Name, Position>;
}

async function start(servers: RedisFailover): Promise<Node> {
  const broker = redisBroker({ sentinel: servers.sentinel, commandTimeoutMs: 2_000 });
  const gateway = createGateway({ channels, broker });
  const { url } = await gateway.listen({ port: 0 });
  return { gateway, url };
}

async function say({ gateway }: Node, name: Name, from: number, count: number, word: string): Promise<void> {
  const texts = Array.from({ length: count }, (_, at) => `${word} ${from + at}`);
  for (const data of texts) {
    await gateway.publish({ channel: "log", params: { name: name.slice(4) }, event: "line", data });
  }
}

async function follow({ url }: Node, device: string): Promise<Follower> {
  const client = await WireClient.join(url, device.repeat(32));
  for (const channelName of names) {
    client.send({ type: "subscribe", channel: channelName, start: { from: "recent", count: 1_000 } });
    await client.next("subscribed", (message) => message.channel === channelName);
  }
  return { client, positions: new Map() };
}

/** Waits until a follower has seen this entry of each channel. */
async function sees({ client, positions }: Follower, textOf: (name: Name) => string): Promise<void> {
  for (const name of names) {
    const isTop = (message: ServerMessage): boolean =>
      message.type === "event" && message.channel === name && message.data === textOf(name);
    while (!client.messages.some(isTop)) await delay(10);
    const top = client.messages.findLast(isTop);
    if (top?.type !== "event") throw new Error("The compiler does not follow");
    positions.set(name, { epoch: await epochOf(client, name), offset: top.offset, tag: top.tag });
  }
}

async function epochOf({ messages }: WireClient, name: Name): Promise<string> {
  const subscribed = messages.find((message) => message.type === "subscribed" && message.channel === name);
  return subscribed?.type === "subscribed" ? subscribed.position.epoch : "";
}

/** What a client was told of a channel: offsets, and gaps in between. */
function told({ messages }: WireClient, name: Name): readonly string[] {
  return messages.flatMap((message) => {
    if (message.type === "gap" && message.channel === name) return [`gap ${message.reason} to ${message.to.offset}`];
    if (message.type !== "event" || message.channel !== name) return [];
    return [`${message.offset}: ${String(message.data)}`];
  });
}

function lines(word: string, from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${from + at}: ${word} ${from + at}`);
}

/** Where it is not known what of the log is still as it was, all of it is told again. */
function afterGap(lost: number, kept: readonly string[]): readonly string[] {
  if (lost === 0) return [];
  return lost > 256 ? ["gap truncated to 0", ...kept] : [`gap truncated to ${keptCount}`];
}

/**
 * Two nodes; one subscriber stays at each, one is away meanwhile. The replica that takes over lacks the tails; `written` entries are written
 * before anybody looks.
 */
async function expectTold(written: (lost: number) => number): Promise<void> {
  const servers = await RedisFailover.start();
  const nodes: Node[] = [];
  try {
    for (let count = 0; count < 2; count += 1) nodes.push(await start(servers));
    const [one, two] = nodes as [Node, Node];
    const stay = [await follow(one, "a"), await follow(two, "b")];
    const away = await follow(two, "c");
    for (const name of names) await say(one, name, 1, keptCount, "kept");
    while (
      names.some((name) => servers.replica.command("XLEN", `switchboard:{${name}}:entries`) !== String(keptCount))
    );
    servers.cutReplication();
    for (const name of names) await say(one, name, keptCount + 1, losses[name], "lost");
    const wordOf = (name: Name): string => (losses[name] === 0 ? "kept" : "lost");
    for (const follower of [...stay, away]) {
      await sees(follower, (name) => `${wordOf(name)} ${keptCount + losses[name]}`);
    }
    await away.client.cut();
    await servers.failOver();
    while (nodes.some(({ gateway }) => gateway.info().status !== "ok")) await delay(10);
    for (const name of names) await say(two, name, keptCount + 1, written(losses[name]), "new");
    away.client = await WireClient.join(one.url, "c".repeat(32));
    const resumed = names.map((name) => ({ channel: name, position: away.positions.get(name) as Position }));
    away.client.send({ type: "resume", channels: resumed });
    // What is said last ends the wait: everything else was told before it.
    for (const name of names) await say(two, name, keptCount + written(losses[name]) + 1, 1, "last");
    const lastOf = (name: Name): string => `last ${keptCount + written(losses[name]) + 1}`;
    await Promise.all([...stay, away].map((follower) => sees(follower, lastOf)));
    for (const name of names) {
      const now = [
        ...lines("new", keptCount + 1, written(losses[name])),
        ...lines("last", keptCount + written(losses[name]) + 1, 1),
      ];
      const kept = lines("kept", 1, keptCount);
      const after = [...afterGap(losses[name], kept), ...now];
      for (const { client } of stay) {
        expect(told(client, name)).toEqual([...kept, ...lines("lost", keptCount + 1, losses[name]), ...after]);
      }
      expect(told(away.client, name)).toEqual(after);
    }
  } finally {
    await Promise.all(nodes.map(({ gateway }) => gateway.close({ graceMs: 1_000 })));
    await servers.dispose();
  }
}

redisTest(
  "[RF5] of tails that a failover loses, 1, 7 or 300 entries long, every subscriber, there or away, is told exactly one gap; of none lost, none",
  () => expectTold(() => 0),
);

redisTest("[RF6] so when the tails are overwritten, past their old tops, before anybody looks", () =>
  expectTold((lost) => lost + 2),
);
