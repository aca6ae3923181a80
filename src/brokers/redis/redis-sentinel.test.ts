import { afterAll, beforeAll, expect } from "vitest";
import { appendRequest, type BrokerNode, Ear, wholePage } from "../../../test/broker-node.ts";
import { RedisCluster } from "../../../test/redis-cluster.ts";
import { RedisFailover } from "../../../test/redis-failover.ts";
import { redisTest, RedisServer } from "../../../test/redis-server.ts";
import type { Broker } from "../../gateway/index.ts";
import { redisBroker, type RedisBrokerOptions } from "./redis-broker.ts";

/** Runs with nodes that it may open, and closes them. */
async function withNodes(
  options: RedisBrokerOptions,
  body: (open: () => Promise<BrokerNode>) => Promise<void>,
): Promise<void> {
  const brokers: Broker[] = [];
  try {
    await body(async () => {
      const [broker, ear] = [redisBroker(options), new Ear()];
      brokers.push(broker);
      await broker.open(ear);
      return { broker, ear };
    });
  } finally {
    await Promise.all(brokers.map((broker) => broker.close()));
  }
}

/** Appends until one is taken: what a client's retries do. */
async function appendAtLast({ broker, ear }: BrokerNode, id: string, channel = "chat/a"): Promise<void> {
  for (;;) {
    const request = appendRequest(id, { channel });
    const isTaken = await broker.append(request).then(
      () => true,
      () => false,
    );
    if (isTaken) return;
    await ear.until(({ states }) => states.at(-1)?.startsWith("false") !== true);
  }
}

let shared: RedisFailover | undefined;

beforeAll(async () => {
  shared = await RedisFailover.start().catch(() => undefined); // then each test says what is missing
}, 60_000);
afterAll(() => shared?.dispose());

function whole(servers: RedisFailover | undefined): RedisFailover {
  if (servers === undefined) throw new Error("The servers could not be started");
  return servers;
}

redisTest("[RF2] under Sentinel the level is mem, and the reason is told", async () => {
  const servers = whole(shared);
  const broker = redisBroker({ sentinel: servers.sentinel });
  const { description, durability } = await broker.open(new Ear());
  await broker.close();
  expect([durability, description.replace(/\d+\.\d+\.\d+/u, "7.x")]).toEqual([
    "mem",
    'Redis under Sentinel as "main": Redis 7.x: appendonly yes, appendfsync always; ' +
      "replicas are not waited for, so a failover may lose what was acknowledged last, and readers are told",
  ]);
  const unknown = redisBroker({ sentinel: { ...servers.sentinel, name: "other" } });
  await expect(unknown.open(new Ear())).rejects.toMatchObject({
    message: `Cannot connect to Redis "other" by the Sentinels at ${servers.sentinel.sentinels[0]}: the Sentinels know no primary of that name`,
  });
  await expect(redisBroker({ url: servers.sentinel.sentinels[0] ?? "" }).open(new Ear())).rejects.toMatchObject({
    message: "Cannot use this Redis: it is a Sentinel: give its address in sentinel.sentinels",
  });
});

redisTest(
  "[RF1] when the primary dies that is told, and nodes go on at the replica that takes over, and hear each other",
  async () => {
    const servers = whole(shared);
    await withNodes({ sentinel: servers.sentinel, commandTimeoutMs: 2_000 }, async (open) => {
      const [one, two] = [await open(), await open()];
      await two.broker.join("chat/a");
      await one.broker.append(appendRequest("before"));
      while (!servers.replica.command("XLEN", "switchboard:{chat/a}:entries").startsWith("1"));
      await servers.failOver();
      for (const { ear } of [one, two]) await ear.untilBack();
      expect(one.ear.states[0]).toMatch(/^false Redis is not reachable: /);
      await appendAtLast(one, "after");
      await two.ear.until(({ entries }) => entries.some(({ messageId }) => messageId === "after"));
      const { entries } = await two.broker.read(wholePage);
      expect(entries.map(({ messageId, offset }) => [messageId, offset])).toEqual([
        ["before", 1],
        ["after", 2],
      ]);
    });
  },
);

redisTest("[RF3] an address under sentinels that is no Sentinel is refused in a sentence", async () => {
  const server = await RedisServer.start();
  try {
    await expect(
      redisBroker({ sentinel: { name: "main", sentinels: [server.url] } }).open(new Ear()),
    ).rejects.toMatchObject({
      message: `Cannot connect to Redis "main" by the Sentinels at ${server.url}: it is not a Sentinel: give its address as url`,
    });
  } finally {
    await server.dispose();
  }
});

redisTest(
  "[RF4] in a cluster the replica of a member that dies takes over its channels, and they are heard there",
  async () => {
    const cluster = await RedisCluster.start({ replicaCount: 1 });
    const member = cluster.masters[0] as RedisServer;
    const [channel = ""] = cluster.channelsOf("switchboard");
    try {
      await withNodes({ cluster: cluster.urls, commandTimeoutMs: 2_000 }, async (open) => {
        const [one, two] = [await open(), await open()];
        await two.broker.join(channel);
        await one.broker.append(appendRequest("before", { channel }));
        while (cluster.replicas[0]?.command("INFO", "keyspace").includes("keys=") !== true);
        await member.kill();
        for (const { ear } of [one, two]) await ear.untilBack();
        await appendAtLast(one, "after", channel);
        await two.ear.until(({ entries }) => entries.some(({ messageId }) => messageId === "after"));
        const { entries } = await two.broker.read({ ...wholePage, channel });
        expect(entries.map(({ messageId }) => messageId)).toEqual(["before", "after"]);
      });
    } finally {
      await cluster.dispose();
    }
  },
);
