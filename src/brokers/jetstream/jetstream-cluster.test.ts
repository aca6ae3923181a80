import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect } from "vitest";
import { appendRequest, Ear, expectChain, wholePage } from "../../../test/broker-node.ts";
import { NatsServer, natsTest, natsVersion } from "../../../test/nats-server.ts";
import type { Broker } from "../../gateway/index.ts";
import { jetStreamBroker } from "./jetstream-broker.ts";

let cluster: readonly NatsServer[] = [];
let streamCount = 0;

beforeAll(async () => {
  cluster = await NatsServer.startCluster(3).catch(() => []); // then each test says what is missing
});
afterAll(async () => {
  for (const server of cluster) await server.dispose();
});

/** Tests with a stream of three replicas, and nodes on it. */
function clusterTest(name: string, body: (open: () => Promise<Broker>, stream: string) => Promise<void>): void {
  natsTest(name, async () => {
    const stream = `cluster${(streamCount += 1)}`;
    const brokers: Broker[] = [];
    const url = cluster.map((server) => server.url);
    try {
      await body(async () => {
        const options = { url, stream, replicas: 3, connectTimeoutMs: 20_000, commandTimeoutMs: 20_000 };
        const broker = jetStreamBroker(options);
        brokers.push(broker);
        expect((await broker.open(new Ear())).durability).toBe("quorum");
        return broker;
      }, stream);
    } finally {
      for (const broker of brokers) await broker.close();
    }
  });
}

async function leaderOf(stream: string): Promise<NatsServer | undefined> {
  const info = await cluster[0]?.ask(`$JS.API.STREAM.INFO.${stream}`);
  return cluster.find(({ name }) => name === info?.cluster?.leader);
}

clusterTest(
  "[JB17] three nodes that write to one channel at once make one chain, and store each id once",
  async (open) => {
    const nodes = [await open(), await open(), await open()];
    const appends = Array.from({ length: 150 }, (_, index) =>
      // Every message comes to two nodes, as it does when a client reconnects.
      nodes.filter((_node, at) => at !== index % 3).map((node) => node.append(appendRequest(`m${index}`))),
    );
    const results = await Promise.all(appends.flat());
    expect(results.filter((result) => result.type === "stored").length).toBe(150);
    expect(results.filter((result) => result.type === "duplicate").length).toBe(150);
    for (const node of nodes) expectChain(await node.read(wholePage), 150);
  },
);

clusterTest(
  "[JB17] of two messages that name one predecessor the earlier is the entry, where servers cannot tell",
  async (open, stream) => {
    const broker = await open();
    for (const id of ["a", "b"]) await broker.append(appendRequest(id));
    const rival = `[1,[2,99,1,0,1,1,2],"0123456789abcdef","e","h","message","rival",{"id":"ada"}]\n{}`;
    const { seq = 0 } = (await cluster[0]?.ask((await cluster[0]?.logSubject(stream, "chat/a")) ?? "", rival)) ?? {};
    if (!natsVersion.startsWith("2.9.")) return; // newer servers take no such message, and nobody looks for one
    const { entries, top } = await (await open()).read(wholePage);
    expect([entries.map(({ messageId }) => messageId), top.offset, seq]).toEqual([["a", "b"], 2, 3]);
    expect(await broker.append(appendRequest("c"))).toMatchObject({ type: "stored", position: { offset: 3 } });
    expect((await broker.read(wholePage)).entries.map(({ messageId }) => messageId)).toEqual(["a", "b", "c"]);
  },
);

clusterTest(
  "[JB16] the leader is killed while entries are appended: none that was acknowledged is lost",
  async (open, stream) => {
    const [writer, reader] = [await open(), await open()];
    const acknowledged: string[] = [];
    const append = async (id: string): Promise<void> => {
      for (;;) {
        const result = await writer.append(appendRequest(id)).catch(() => undefined);
        if (result !== undefined) break;
        await delay(20); // as a client would
      }
      acknowledged.push(id);
    };
    const ids = Array.from({ length: 200 }, (_, index) => `m${index}`);
    const appending = Promise.all(ids.map(append));
    const leader = await leaderOf(stream);
    expect(leader).toBeDefined();
    expect(acknowledged.length).toBeLessThan(ids.length);
    await leader?.kill();
    await appending;
    await leader?.run();
    const page = await reader.read(wholePage);
    expectChain(page, 200);
    expect(page.entries.map(({ messageId }) => messageId).sort()).toEqual(acknowledged.sort());
  },
);
