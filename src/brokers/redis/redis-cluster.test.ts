import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appendRequest, type BrokerNode, Ear, wholePage } from "../../../test/broker-node.ts";
import { RedisCluster } from "../../../test/redis-cluster.ts";
import { redisTest, RedisServer } from "../../../test/redis-server.ts";
import type { Broker } from "../../gateway/index.ts";
import { describeBroker } from "../../testing/index.ts";
import { redisBroker, type RedisBrokerOptions } from "./redis-broker.ts";

let shared: RedisCluster | undefined;
let prefixCount = 0;

beforeAll(async () => {
  shared = await RedisCluster.start().catch(() => undefined); // then each test says what is missing
}, 60_000);
afterAll(() => shared?.dispose());

describeBroker("Redis Cluster", {
  test: (name, run) => redisTest(name, run),
  expect,
  isPersistent: true,
  makeStore: async () => {
    const options = { cluster: shared?.urls ?? [], prefix: `contract${prefixCount++}` };
    return { makeBroker: () => redisBroker(options) };
  },
});

/** Tests on the shared cluster with nodes that share logs of their own. */
function clusterTest(
  name: string,
  body: (cluster: RedisCluster, open: () => Promise<BrokerNode>, prefix: string) => Promise<void>,
): void {
  redisTest(name, async () => {
    if (shared === undefined) throw new Error("The cluster could not be started");
    const brokers: Broker[] = [];
    const prefix = `own${prefixCount++}`;
    const options: RedisBrokerOptions = { cluster: shared.urls, prefix };
    try {
      await body(
        shared,
        async () => {
          const [broker, ear] = [redisBroker(options), new Ear()];
          brokers.push(broker);
          await broker.open(ear);
          return { broker, ear };
        },
        prefix,
      );
    } finally {
      await Promise.all(brokers.map((broker) => broker.close()));
    }
  });
}

clusterTest(
  "[RC1] each member has channels of its own, and nodes hear each other on all of them",
  async (cluster, open, prefix) => {
    const [one, two] = [await open(), await open()];
    const channels = cluster.channelsOf(prefix);
    for (const channel of channels) {
      await two.broker.join(channel);
      expect(await one.broker.append(appendRequest("m", { channel }))).toMatchObject({ type: "stored" });
      await one.broker.broadcast(channel, "hello");
    }
    await two.ear.until(({ broadcasts, entries }) => entries.length + broadcasts.length === 6);
    for (const [at, channel] of channels.entries()) {
      expect(cluster.masters[at]?.command("EXISTS", `${prefix}:{${channel}}:log`)).toBe("1");
    }
    // Sharded: only the member that has the channel knows who listens.
    const listening = cluster.masters.map((member) => member.command("PUBSUB", "SHARDCHANNELS", `${prefix}:*`));
    expect(listening).toEqual(channels.map((channel) => `${prefix}:{${channel}}:hints`));
  },
);

clusterTest(
  "[RC2] while a slot moves to another member nothing is lost, and its channels are heard on",
  async (cluster, open, prefix) => {
    const [one, two] = [await open(), await open()];
    const [from, to] = cluster.masters as [RedisServer, RedisServer];
    const [channel = ""] = cluster.channelsOf(prefix);
    const key = `${prefix}:{${channel}}:log`;
    const ids: string[] = [];
    const say = async (): Promise<void> => {
      const id = `m${ids.length + 1}`;
      ids.push(id);
      expect(await one.broker.append(appendRequest(id, { channel }))).toMatchObject({ type: "stored" });
    };
    await two.broker.join(channel);
    await say();
    let during: Promise<void> | undefined;
    await cluster.moveSlotOf(key, [from, to], async () => {
      during = say(); // Half of its keys are here, half of them are there: answered when that is over.
      // Which of the two says so depends on which keys were moved first.
      const wasTold = (): boolean => [from, to].some((one) => one.command("INFO", "errorstats").includes("TRYAGAIN"));
      while (!wasTold()) await delay(10);
    });
    await during;
    expect(to.command("EXISTS", key)).toBe("1");
    // Listened to there, before anything is said: otherwise nobody could know whether a hint was lost.
    const hints = `${prefix}:{${channel}}:hints`;
    while (to.command("PUBSUB", "SHARDNUMSUB", hints) === `${hints}\n0`) await delay(20);
    await say();
    await two.ear.until(({ entries }) => entries.some(({ messageId }) => messageId === ids.at(-1)));
    const { entries } = await two.broker.read({ ...wholePage, channel });
    expect(entries.map(({ messageId, offset }) => [messageId, offset])).toEqual(ids.map((id, at) => [id, at + 1]));
    expect([one, two].flatMap(({ ear }) => ear.states)).toEqual([]);
  },
);

clusterTest(
  "[RC3] while a member is away that is told and its channels are refused; when it is back they go on and are heard",
  async (cluster, open, prefix) => {
    const [one, two] = [await open(), await open()];
    const [, , member] = cluster.masters as [RedisServer, RedisServer, RedisServer];
    const [, , channel = ""] = cluster.channelsOf(prefix);
    await two.broker.join(channel);
    await one.broker.append(appendRequest("before", { channel }));
    const known = await Promise.all(
      cluster.channelsOf(prefix).map(async (name) => {
        const { top } = await one.broker.read({ ...wholePage, channel: name });
        return { channel: name, position: top };
      }),
    );
    expect(await one.broker.compare?.(known)).toEqual([]);
    const settings = member.settings;
    await member.kill();
    await Promise.all([one, two].map(({ ear }) => ear.until(({ states }) => states.length > 0)));
    expect(one.ear.states[0]).toMatch(/^false Redis is not reachable: /);
    // What is at the other members is compared on.
    const others = await one.broker.compare?.(known);
    expect(others).toEqual([{ channel }]);
    await expect(one.broker.append(appendRequest("during", { channel }))).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
    });
    await member.run(settings);
    for (const { ear } of [one, two]) await ear.until(({ states }) => states.at(-1)?.startsWith("true") === true);
    expect(await one.broker.append(appendRequest("after", { channel }))).toMatchObject({
      type: "stored",
      position: { offset: 2 },
    });
    await two.ear.until(({ entries }) => entries.some(({ messageId }) => messageId === "after"));
  },
);

clusterTest(
  "[RC7] the logs of one member are compared together, whatever their slots",
  async (cluster, open, prefix) => {
    const { broker } = await open();
    const names = Array.from({ length: 300 }, (_, index) => `${prefix}/${index}`);
    for (const channel of names.slice(0, 30)) await broker.append(appendRequest("m", { channel }));
    const known = await Promise.all(
      names.map(async (channel) => ({ channel, position: (await broker.read({ ...wholePage, channel })).top })),
    );
    const scriptCounts = (): readonly number[] =>
      cluster.masters.map((one) =>
        Number(/cmdstat_evalsha:calls=(\d+)/u.exec(one.command("INFO", "commandstats"))?.[1]),
      );
    const before = scriptCounts();
    expect(await broker.compare?.(known)).toEqual([]);
    expect(scriptCounts().map((count, at) => count - (before[at] ?? 0))).toEqual([1, 1, 1]);
    await broker.append(appendRequest("n", { channel: `${prefix}/3` }));
    expect(await broker.compare?.(known)).toMatchObject([{ channel: `${prefix}/3`, top: { offset: 2 } }]);
  },
);

clusterTest("[RC4] the level is that of the weakest member", async (cluster) => {
  const levelNow = async (): Promise<readonly string[]> => {
    const broker = redisBroker({ cluster: cluster.urls });
    const { description, durability } = await broker.open(new Ear());
    await broker.close();
    return [durability, description.replace(/\d+\.\d+\.\d+/u, "7.x")];
  };
  expect(await levelNow()).toEqual(["fsync", "Redis Cluster of 3: Redis 7.x: appendonly yes, appendfsync always"]);
  cluster.masters[1]?.command("CONFIG", "SET", "appendfsync", "no");
  try {
    expect(await levelNow()).toEqual(["os", "Redis Cluster of 3: Redis 7.x: appendonly yes, appendfsync no"]);
  } finally {
    cluster.masters[1]?.command("CONFIG", "SET", "appendfsync", "always");
  }
});

redisTest(
  "[RC5] a server that is no member of a cluster, and a cluster that is not there, are refused in a sentence",
  async () => {
    const server = await RedisServer.start();
    try {
      await expect(redisBroker({ cluster: [server.url] }).open(new Ear())).rejects.toMatchObject({
        message: `Cannot connect to the Redis Cluster at ${server.url}: it is not part of a cluster: give its address as url`,
      });
    } finally {
      await server.dispose();
    }
    await expect(redisBroker({ cluster: ["redis://ada:secret@127.0.0.1:1"] }).open(new Ear())).rejects.toMatchObject({
      message: "Cannot connect to the Redis Cluster at redis://***@127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1",
    });
  },
);

test("[RC6] places that cannot be are refused at once", () => {
  for (const [options, message] of [
    [{ cluster: [] }, "Cannot use an empty cluster: give an address of a server"],
    [
      { cluster: ["127.0.0.1:1"] },
      'Cannot use the address "127.0.0.1:1": give it as redis://host:port or rediss://host:port',
    ],
    [
      { url: "http://a:b@c" },
      'Cannot use the address "http://***@c": give it as redis://host:port or rediss://host:port',
    ],
    [
      { url: "redis://a", cluster: ["redis://b"] },
      "Cannot use Redis by url and cluster: give one of url, cluster and sentinel",
    ],
    [{ cluster: ["redis://a/2"] }, "Cannot use database 2: a Redis Cluster has database 0 only"],
    [
      { cluster: ["redis://x:y@a", "redis://b"] },
      "Cannot use this cluster: user, password and TLS must be the same in every address",
    ],
    [
      { sentinel: { name: "main", sentinels: [] } },
      "Cannot use an empty sentinel.sentinels: give an address of a server",
    ],
    [
      { sentinel: { name: "", sentinels: ["redis://a"] } },
      "Cannot use Sentinel without the name that it gives the primary",
    ],
  ] satisfies readonly (readonly [RedisBrokerOptions, string])[]) {
    expect(() => redisBroker(options)).toThrow(new TypeError(message));
  }
});
