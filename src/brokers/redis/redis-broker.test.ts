import { afterAll, beforeAll, expect, test } from "vitest";
import {
  appendHundred,
  appendRequest,
  Ear,
  expectDuplicate,
  expectOneLog,
  expectStored,
  type OpenNode,
  wholePage,
  withNodes,
} from "../../../test/broker-node.ts";
import { redisTest, RedisServer, syncedSettings } from "../../../test/redis-server.ts";
import type { Broker } from "../../gateway/index.ts";
import { describeBroker } from "../../testing/index.ts";
import { redisBroker, type RedisBrokerOptions } from "./redis-broker.ts";

let shared: RedisServer | undefined;
let prefixCount = 0;

beforeAll(async () => {
  shared = await RedisServer.start().catch(() => undefined); // then each test says what is missing
});
afterAll(() => shared?.dispose());

describeBroker("Redis", {
  test: (name, run) => redisTest(name, run),
  expect,
  isPersistent: true,
  makeStore: async () => {
    const options = { url: shared?.url ?? "", prefix: `contract${prefixCount++}` };
    return { makeBroker: () => redisBroker(options) };
  },
});

/** Tests with a Redis of their own, and nodes on it. */
function nodesTest(
  name: string,
  settings: readonly string[],
  body: (server: RedisServer, open: OpenNode<RedisBrokerOptions>) => Promise<void>,
): void {
  redisTest(name, async () => {
    const makeBroker = (options?: RedisBrokerOptions): Broker => redisBroker({ url: server.url, ...options });
    const server = await RedisServer.start(settings);
    await withNodes(server, makeBroker, body);
  });
}

nodesTest(
  "[RB1] two nodes append to one log, dense and chained, and hear each other",
  syncedSettings,
  async (_, open) => expectOneLog([await open(), await open()]),
);

nodesTest("[RB2] an id that one node stored is a duplicate on another", syncedSettings, async (_, open) => {
  await expectDuplicate([await open(), await open()]);
});

nodesTest(
  "[RB3] after kill -9 with appendfsync always every acknowledged entry is there",
  syncedSettings,
  async (server, open) => {
    const node = await open();
    const settled = await appendHundred(node, ["chat/a"]);
    await server.kill();
    const acknowledged = await settled();
    await server.run();
    await node.ear.untilBack();
    await expectStored(node, acknowledged, ["chat/a"]);
  },
);

nodesTest(
  "[RB4] while Redis is away appends are refused at once, and it is told; when it is back the chain goes on",
  syncedSettings,
  async (server, open) => {
    const { broker, ear } = await open({ commandTimeoutMs: 600_000 });
    await broker.join("chat/a");
    await broker.append(appendRequest("before"));
    await server.kill();
    await ear.until(({ states }) => states.length > 0);
    expect(ear.states[0]).toMatch(/^false Redis is not reachable: /);
    await expect(broker.append(appendRequest("during"))).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    await server.run();
    await ear.untilBack();
    expect(await broker.append(appendRequest("after"))).toMatchObject({ type: "stored", position: { offset: 2 } });
    const other = await open();
    await other.broker.append(appendRequest("from elsewhere")); // its hint comes to a subscription that was made again
    await ear.until(({ entries }) => entries.length === 3);
    expect(ear.entries.map(({ messageId }) => messageId)).toEqual(["before", "after", "from elsewhere"]);
  },
);

nodesTest(
  "[RB5] a Redis that stands still is not waited for beyond the deadline, and the retry finds what was stored",
  syncedSettings,
  async (server, open) => {
    const { broker } = await open({ commandTimeoutMs: 50 });
    await broker.append(appendRequest("first"));
    server.signal("SIGSTOP");
    await expect(broker.append(appendRequest("slow"))).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: "Cannot append: no answer within 50 ms",
    });
    server.signal("SIGCONT");
    const patient = await open();
    const again = await patient.broker.append(appendRequest("slow"));
    expect(["stored", "duplicate"]).toContain(again.type);
    expect((await patient.broker.read(wholePage)).top.offset).toBe(2);
  },
);

nodesTest(
  "[RB6] a log whose record was evicted goes on as another log, under another epoch",
  syncedSettings,
  async (server, open) => {
    const { broker } = await open();
    await broker.append(appendRequest("a"));
    const { epoch } = (await broker.read(wholePage)).top;
    server.command("DEL", "switchboard:{chat/a}:log");
    await broker.append(appendRequest("b"));
    const { entries, top } = await broker.read(wholePage);
    expect(entries.map(({ messageId, offset }) => [messageId, offset])).toEqual([["b", 1]]);
    expect(top.epoch).not.toBe(epoch);
    expect((await broker.append(appendRequest("a"))).type).toBe("stored"); // remembered of a log that is no more
  },
);

nodesTest("[RB7] a log whose entries were evicted says where it begins", syncedSettings, async (server, open) => {
  const { broker } = await open();
  const history = { maxCount: 1000, maxAgeMs: Infinity, maxBytes: 40 };
  await broker.append(appendRequest("a", { data: JSON.stringify("a".repeat(30)), history }));
  server.command("DEL", "switchboard:{chat/a}:entries");
  expect(await broker.read(wholePage)).toMatchObject({ first: 2, entries: [], top: { offset: 1 } });
  // What was evicted no longer counts against maxBytes.
  for (const id of ["b", "c"]) await broker.append(appendRequest(id, { history }));
  expect((await broker.read(wholePage)).entries.map(({ messageId }) => messageId)).toEqual(["b", "c"]);
});

nodesTest(
  "[RB8] at its maxmemory Redis refuses with STORAGE_FULL, and goes on reading",
  ["--maxmemory-policy", "noeviction"],
  async (server, open) => {
    const { broker } = await open();
    await broker.append(appendRequest("a"));
    server.command("CONFIG", "SET", "maxmemory", "1mb");
    await expect(broker.append(appendRequest("b"))).rejects.toMatchObject({ code: "STORAGE_FULL" });
    expect((await broker.read(wholePage)).entries).toHaveLength(1);
    server.command("CONFIG", "SET", "maxmemory", "0");
    expect((await broker.append(appendRequest("b"))).type).toBe("stored");
  },
);

for (const { settings, level } of [
  { settings: ["--appendonly", "no"], level: "mem" },
  { settings: ["--appendonly", "yes", "--appendfsync", "everysec"], level: "mem" },
  { settings: ["--appendonly", "yes", "--appendfsync", "no"], level: "os" },
  { settings: syncedSettings, level: "fsync" },
  { settings: [...syncedSettings, "--no-appendfsync-on-rewrite", "yes"], level: "os" },
  { settings: [...syncedSettings, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"], level: "mem" },
  { settings: [...syncedSettings, "--rename-command", "CONFIG", ""], level: "mem" },
]) {
  redisTest(`[RB9] ${settings.join(" ").replaceAll("--", "")} is ${level}`, async () => {
    const server = await RedisServer.start(settings);
    const broker = redisBroker({ url: server.url });
    try {
      const info = await broker.open(new Ear());
      expect(info.durability).toBe(level);
      expect(info.description).toMatch(/^Redis \d+\.\d+\.\d+: /);
    } finally {
      await broker.close();
      await server.dispose();
    }
  });
}

nodesTest(
  "[RB10] a Redis that comes back with less than was told is not used",
  syncedSettings,
  async (server, open) => {
    const { ear } = await open();
    await server.kill();
    await server.run(["--appendonly", "no"]);
    await ear.until(({ states }) => states.some((state) => state.includes("not the fsync that was told")));
    expect(ear.states.at(-1)).toMatch(/^false /);
  },
);

nodesTest(
  "[RB17] what is changed in a Redis that runs is noticed: with less than was told it is not used, until that is put right",
  syncedSettings,
  async (server, open) => {
    const { ear } = await open({ examineEveryMs: 20 });
    server.command("CONFIG", "SET", "maxmemory", "100mb");
    server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    await ear.until(({ states }) => states.some((state) => state.includes("allkeys-lru may evict")));
    expect(ear.states.at(-1)).toMatch(/^false .*, which is not the fsync that was told$/);
    server.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
    await ear.untilBack();
    server.command("CONFIG", "SET", "appendonly", "no");
    await ear.until(({ states }) => states.at(-1)?.includes("appendonly no") === true);
    expect(ear.states.at(-1)).toMatch(/^false /);
  },
);

nodesTest(
  "[RB18] a node is told only of the channels that it has joined, and not left",
  syncedSettings,
  async (server, open) => {
    const { broker, ear } = await open();
    for (const name of ["chat/a", "chat/b"]) await broker.join(name);
    await broker.leave("chat/b");
    expect(server.command("PUBSUB", "SHARDCHANNELS")).toBe("switchboard:{chat/a}:hints");
    const other = await open();
    for (const name of ["chat/a", "chat/b", "chat/c"]) await other.broker.broadcast(name, "hello");
    await ear.until(({ broadcasts }) => broadcasts.length > 0);
    expect(ear.broadcasts).toEqual(["chat/a hello"]);
  },
);

nodesTest(
  "[RB19] a Redis that was made a replica is noticed at the next write, and not used until it, or what is at its address then, is none",
  syncedSettings,
  async (server, open) => {
    const { broker, ear } = await open({ examineEveryMs: 600_000 });
    server.command("REPLICAOF", "127.0.0.1", "1");
    await expect(broker.append(appendRequest("during"))).rejects.toMatchObject({
      message: "Cannot append: this Redis is a replica",
    });
    await ear.until(({ states }) => states.some((state) => state.includes("it is a replica")));
    expect(ear.states.every((state) => state.startsWith("false "))).toBe(true);
    server.command("REPLICAOF", "NO", "ONE");
    await ear.untilBack();
    expect(await broker.append(appendRequest("after"))).toMatchObject({ type: "stored" });
  },
);

nodesTest(
  "[RB20] asked since a notice that a failover lost, and another has the number of, all are given",
  syncedSettings,
  async (server, open) => {
    const { notices } = (await open()).broker;
    for (const key of ["a", "b"]) await notices?.post({ key, value: "1", expiresAtMs: 9 }, 0);
    const { revision } = (await notices?.readSince?.(undefined, 0)) ?? {};
    expect((await notices?.readSince?.(revision, 0))?.notices).toEqual([]);
    server.command("HSET", "switchboard:{~notices}:values", "b", "9 0123456789abcdef 2");
    expect((await notices?.readSince?.(revision, 0))?.notices).toEqual([
      { key: "a", value: "1", expiresAtMs: 9 },
      { key: "b", value: "2", expiresAtMs: 9 },
    ]);
  },
);

redisTest("[RB11] a replica and a member of a cluster are refused", async () => {
  const replica = await RedisServer.start(["--replicaof", "127.0.0.1 1"]);
  const member = await RedisServer.start(["--cluster-enabled", "yes"]);
  try {
    await expect(redisBroker({ url: replica.url }).open(new Ear())).rejects.toMatchObject({
      message: "Cannot use this Redis: it is a replica",
    });
    await expect(redisBroker({ url: member.url }).open(new Ear())).rejects.toMatchObject({
      message: "Cannot use this Redis: it is part of a cluster: give its address in cluster",
    });
  } finally {
    await Promise.all([replica.dispose(), member.dispose()]);
  }
});

test("[RB12] a Redis that is not there is refused in one sentence, without the password", async () => {
  const broker = redisBroker({ url: "redis://ada:secret@127.0.0.1:1", connectTimeoutMs: 2_000 });
  await expect(broker.open(new Ear())).rejects.toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: "Cannot connect to Redis at redis://***@127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1",
    hint: "Is it running, and is the address right?",
  });
});

nodesTest(
  "[RB13] ids are forgotten by Redis itself, two windows after they were stored",
  syncedSettings,
  async (server, open) => {
    const { broker } = await open({ dedupWindowMs: 60_000 });
    await broker.append(appendRequest("a"));
    const left = Number(server.command("PTTL", "switchboard:{chat/a}:id:3:ada:a"));
    expect(left).toBeGreaterThan(60_000);
    expect(left).toBeLessThanOrEqual(120_000);
  },
);

nodesTest(
  "[RB14] what others say on a channel, and is none of ours, is not heard",
  syncedSettings,
  async (server, open) => {
    const { broker, ear } = await open();
    await broker.join("chat/a");
    const head = '["message","m",{"id":"ada"}]';
    for (const text of [
      "",
      "hello",
      `0123456789abcdef e 1 1 0 1\n${head}`,
      `0123456789abcdef e 1 1 0\n${head}\n{}`,
      `0123456789abcdef e one 1 0 1\n${head}\n{}`,
      "0123456789abcdef e 1 1 0 1\n[1,2,3]\n{}",
      '0123456789abcdef e 1 1 0 1\n["message","m",{}]\n{}',
      "0123456789abcdef e 1 1 0 1\nno JSON\n{}",
    ]) {
      expect(server.command("SPUBLISH", "switchboard:{chat/a}:hints", text)).toBe("1");
    }
    server.command("SPUBLISH", "switchboard:{chat/a}:hints", "0123456789abcdef\nthe last");
    await ear.until(({ broadcasts }) => broadcasts.length > 0);
    expect([ear.entries, ear.broadcasts]).toEqual([[], ["chat/a the last"]]);
  },
);

nodesTest(
  "[RB15] an entry that is none of ours is refused with STORAGE_CORRUPT, never served",
  syncedSettings,
  async (server, open) => {
    const { broker } = await open();
    await broker.append(appendRequest("a"));
    server.command("XADD", "switchboard:{chat/a}:entries", "2-0", "t", "1", "p", "1", "a", "1", "h", "[]", "d", "{}");
    server.command("HSET", "switchboard:{chat/a}:log", "top", "2");
    await expect(broker.read(wholePage)).rejects.toMatchObject({
      code: "STORAGE_CORRUPT",
      message: 'Cannot read entry 2 of "chat/a": it is not one of ours',
    });
  },
);

nodesTest(
  "[RB16] a notice that is none of ours is refused with STORAGE_CORRUPT, and what has expired takes no room",
  syncedSettings,
  async (server, open) => {
    const { broker } = await open();
    await broker.notices?.post({ key: "old", value: "1", expiresAtMs: 5 }, 0);
    await broker.notices?.post({ key: "new", value: "a b", expiresAtMs: 9 }, 5);
    expect(await broker.notices?.read(0)).toEqual([{ key: "new", value: "a b", expiresAtMs: 9 }]);
    server.command("HSET", "switchboard:{~notices}:values", "new", "nonsense");
    await expect(broker.notices?.read(0)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
  },
);

nodesTest("[RB21] a thousand logs are compared with 8 scripts", syncedSettings, async (server, open) => {
  const { broker } = await open();
  const channels = Array.from({ length: 1_000 }, (_, index) => `chat/${index}`);
  const known = await Promise.all(
    channels.map(async (channel) => ({ channel, position: (await broker.read({ ...wholePage, channel })).top })),
  );
  await broker.append(appendRequest("m", { channel: "chat/7" }));
  const scriptCount = (): number =>
    Number(/cmdstat_evalsha:calls=(\d+)/u.exec(server.command("INFO", "commandstats"))?.[1]);
  const before = scriptCount();
  expect(await broker.compare?.(known)).toMatchObject([{ channel: "chat/7", top: { offset: 1 } }]);
  expect(scriptCount() - before).toBe(8);
});

nodesTest(
  "[RB22] a record that is none of ours is no log as known, and without Redis nothing is compared",
  [],
  async (server, open) => {
    const { broker } = await open();
    const known = [{ channel: "chat/a", position: (await broker.read(wholePage)).top }];
    server.command("SET", "switchboard:{chat/a}:log", "none of ours");
    expect(await broker.compare?.(known)).toEqual([{ channel: "chat/a" }]);
    await server.kill();
    await expect(broker.compare?.(known)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    await server.run();
  },
);
