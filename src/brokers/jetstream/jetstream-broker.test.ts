import { expect, test } from "vitest";
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
import { NatsProxy } from "../../../test/nats-proxy.ts";
import { NatsServer, type NatsServerOptions, natsTest } from "../../../test/nats-server.ts";
import type { Broker, KnownLog } from "../../gateway/index.ts";
import { jetStreamBroker, type JetStreamBrokerOptions } from "./jetstream-broker.ts";

/** Tests with a NATS of their own, and nodes on it. */
function nodesTest(
  name: string,
  settings: NatsServerOptions,
  body: (server: NatsServer, open: OpenNode<JetStreamBrokerOptions>) => Promise<void>,
): void {
  natsTest(name, async () => {
    const makeBroker = (options?: JetStreamBrokerOptions): Broker => jetStreamBroker({ url: server.url, ...options });
    const server = await NatsServer.start(settings);
    await withNodes(server, makeBroker, body);
  });
}

nodesTest("[JB1] two nodes append to one log, dense and chained, and hear each other", {}, async (_, open) => {
  await expectOneLog([await open(), await open()]);
});

nodesTest("[JB2] an id that one node stored is a duplicate on another", {}, async (_, open) => {
  await expectDuplicate([await open(), await open()]);
});

nodesTest("[JB3] after kill -9 of the server every acknowledged entry is there", {}, async (server, open) => {
  const node = await open();
  const channels = [0, 1, 2, 3, 4].map((name) => `chat/${name}`);
  const settled = await appendHundred(node, channels);
  await server.kill();
  const acknowledged = await settled();
  await server.run();
  await node.ear.untilBack();
  await expectStored(node, acknowledged, channels);
  expect(acknowledged.length).toBeGreaterThanOrEqual(100);
});

nodesTest(
  "[JB4] while NATS is away appends are refused at once, and it is told; when it is back the chain goes on",
  {},
  async (server, open) => {
    const { broker, ear } = await open({ commandTimeoutMs: 600_000 });
    await broker.join("chat/a");
    await broker.append(appendRequest("before"));
    server.signal("SIGSTOP");
    const waiting = broker.append(appendRequest("waiting"));
    const ending = waiting.catch((error: unknown) => error);
    await server.kill();
    const unanswered = "Cannot get an answer: NATS is not reachable";
    expect(await ending).toMatchObject({ code: "STORAGE_UNAVAILABLE", message: unanswered });
    await ear.until(({ states }) => states.length > 0);
    expect(ear.states[0]).toMatch(/^false NATS is not reachable: /);
    const away = { code: "STORAGE_UNAVAILABLE", message: "Cannot append: NATS is not reachable" };
    await expect(broker.append(appendRequest("during"))).rejects.toMatchObject(away);
    await expect(broker.read(wholePage)).rejects.toMatchObject({ message: "Cannot read: NATS is not reachable" });
    await expect(broker.broadcast("chat/a", "x")).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    await expect(broker.join("chat/b")).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
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
  "[JB5] a NATS that stands still is not waited for beyond the deadline, and the retry finds what was stored",
  {},
  async (server, open) => {
    const { broker } = await open({ commandTimeoutMs: 50 });
    await broker.append(appendRequest("first"));
    server.signal("SIGSTOP");
    const late = [broker.append(appendRequest("slow")), broker.append(appendRequest("behind it"))];
    for (const append of late) {
      await expect(append).rejects.toMatchObject({
        code: "STORAGE_UNAVAILABLE",
        message: "Cannot append: no answer within 50 ms",
      });
    }
    server.signal("SIGCONT");
    const patient = await open();
    const again = await patient.broker.append(appendRequest("slow"));
    expect(["stored", "duplicate"]).toContain(again.type);
    expect((await patient.broker.read(wholePage)).top.offset).toBe(2);
  },
);

nodesTest(
  "[JB5] an append that was tried again within its deadline is stored once, as this node's",
  {},
  async (server, open) => {
    const line = await NatsProxy.listen(server.port);
    try {
      const { broker, ear } = await open({ url: line.url, commandTimeoutMs: 20_000 });
      await broker.join("chat/a");
      await broker.append(appendRequest("first")); // so the next one needs not ask what it follows
      server.signal("SIGSTOP");
      const slow = broker.append(appendRequest("slow"));
      await line.untilSent('{"text":"slow"}', 2);
      server.signal("SIGCONT");
      expect(await slow).toMatchObject({ type: "stored", position: { offset: 2 } });
      expect((await broker.read(wholePage)).entries.map(({ messageId }) => messageId)).toEqual(["first", "slow"]);
      expect(ear.entries.map(({ messageId }) => messageId)).toEqual(["first", "slow"]);
    } finally {
      await line.close();
    }
  },
);

test("[JB13] a NATS that is not there is refused in one sentence, without the password", async () => {
  const open = (url: string): Promise<unknown> => jetStreamBroker({ url, connectTimeoutMs: 2_000 }).open(new Ear());
  await expect(open("nats://ada:secret@127.0.0.1:1")).rejects.toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: expect.stringMatching(/^Cannot connect to NATS at nats:\/\/\*\*\*@127\.0\.0\.1:1: .*refused/i),
    hint: "Is it running, and is the address right?",
  });
  await expect(open("http://ada:secret@127.0.0.1:1")).rejects.toMatchObject({
    message: 'Cannot connect to NATS at "http://***@127.0.0.1:1": it begins with neither nats:// nor tls://',
  });
});

nodesTest(
  "[JB13] a user's name and password are sent",
  { more: "authorization { user: ada, password: s+1 }" },
  async (server) => {
    const broker = jetStreamBroker({ url: server.url.replace("//", "//ada:s%2B1@") });
    expect((await broker.open(new Ear())).durability).toBe("os");
    await broker.close();
    const other = jetStreamBroker({ url: server.url.replace("//", "//ada:wrong@") });
    await expect(other.open(new Ear())).rejects.toMatchObject({ message: expect.stringContaining("uthorization") });
  },
);

nodesTest("[JB14] what others say to a channel, and is none of ours, is not heard", {}, async (server, open) => {
  const { broker, ear } = await open();
  await broker.join("chat/a");
  const { entries } = await (await open()).broker.read(wholePage);
  const record = '[1,[1,5,0,0,3,1,2],"0123456789abcdef","e","h","message","m",{"id":"ada"}]\n{}';
  const place = (expected: string): Readonly<Record<string, string>> => {
    return { "Nats-Sequence": "9", "Nats-Last-Sequence": "3", "Nats-Expected-Last-Subject-Sequence": expected };
  };
  await server.say([
    ...["", "hello", "[1]\n{}", record].map((text) => ["switchboard.live.chat/a", text] as const),
    ["switchboard.live.chat/a", record, place("4")], // it lost against what is at 3
    ["switchboard.live.chat/a", "0123456789abcdef\nthe last"],
  ]);
  await ear.until(({ broadcasts }) => broadcasts.length > 0);
  expect([entries, ear.entries, ear.broadcasts]).toEqual([[], [], ["chat/a the last"]]);
  await server.say([["switchboard.live.chat/a", record, place("3")]]);
  await ear.until((heard) => heard.entries.length > 0);
});

nodesTest(
  "[JB27] an append costs one question, also behind another node's, of which this one heard",
  {},
  async (server, open) => {
    const line = await NatsProxy.listen(server.port);
    try {
      const [one, two] = [await open({ url: line.url }), await open()];
      await one.broker.join("chat/a");
      for (const { broker } of [one, two]) await broker.append(appendRequest(`first of ${broker === one.broker}`));
      await one.ear.until(({ entries }) => entries.length === 2);
      const answerCount = (): number => line.subjects.filter((subject) => subject.startsWith("_INBOX.")).length;
      const before = answerCount();
      await one.broker.append(appendRequest("third"));
      expect(answerCount() - before).toBe(1);
    } finally {
      await line.close();
    }
  },
);

test("[JB19] a stream's name is one token", () => {
  for (const stream of ["", "a.b", "a b", "*", "a".repeat(65)]) {
    expect(() => jetStreamBroker({ stream })).toThrow(`Cannot name a stream "${stream}": use 1-64 of A-Z a-z 0-9 _ -`);
  }
});

nodesTest(
  "[JB29] logs are compared by one question, also behind what this node heard of or appended",
  {},
  async (server, open) => {
    const line = await NatsProxy.listen(server.port);
    try {
      const [one, two] = [await open({ url: line.url }), await open()];
      const channels = ["chat/a", "chat/b", "chat/c"];
      for (const channel of channels) await one.broker.join(channel);
      const known = (): Promise<readonly KnownLog[]> =>
        Promise.all(
          channels.map(async (channel) => ({
            channel,
            position: (await two.broker.read({ ...wholePage, channel })).top,
          })),
        );
      for (const channel of channels) await one.broker.read({ ...wholePage, channel });
      await two.broker.append(appendRequest("theirs"));
      await one.broker.append(appendRequest("ours", { channel: "chat/b" }));
      await one.ear.until(({ entries }) => entries.length === 2);
      const positions = await known();
      const answerCount = (): number => line.subjects.filter((subject) => subject.startsWith("_INBOX.")).length;
      const before = answerCount();
      expect(await one.broker.compare?.(positions)).toEqual([]);
      expect(answerCount() - before).toBe(1);
      await one.broker.leave("chat/a");
      expect(await one.broker.compare?.(positions)).toEqual([{ channel: "chat/a" }]);
    } finally {
      await line.close();
    }
  },
);
