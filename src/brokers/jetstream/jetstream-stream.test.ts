import { expect } from "vitest";
import { appendRequest, Ear, wholePage, withNodes } from "../../../test/broker-node.ts";
import { NatsServer, natsTest } from "../../../test/nats-server.ts";
import type { Broker } from "../../gateway/index.ts";
import { jetStreamBroker, type JetStreamBrokerOptions } from "./jetstream-broker.ts";

interface Stage {
  readonly server: NatsServer;
  readonly broker: Broker;
  readonly ear: Ear;
  readonly open: (options?: JetStreamBrokerOptions) => Promise<Broker>;
}

/** Tests with a NATS of their own, whose stream somebody else changes. */
function streamTest(name: string, options: JetStreamBrokerOptions, body: (stage: Stage) => Promise<void>): void {
  natsTest(name, async () => {
    const makeBroker = (more?: JetStreamBrokerOptions): Broker =>
      jetStreamBroker({ url: server.url, ...options, ...more });
    const server = await NatsServer.start();
    await withNodes(server, makeBroker, async (_, open) => {
      const { broker, ear } = await open();
      await body({ server, broker, ear, open: async (more) => (await open(more)).broker });
    });
  });
}

const api = (name: string): string => `$JS.API.STREAM.${name}.switchboard`;

streamTest(
  "[JB6] a log whose messages were purged goes on as another log, under another epoch, and knows no id",
  {},
  async ({ broker, open, server }) => {
    for (const id of ["a", "b"]) await broker.append(appendRequest(id));
    const { epoch } = (await broker.read(wholePage)).top;
    await server.ask(api("PURGE"), { filter: await server.logSubject("switchboard", "chat/a") });
    expect((await broker.append(appendRequest("b"))).type).toBe("stored");
    const { entries, top } = await broker.read(wholePage);
    expect(entries.map(({ messageId, offset, previousTag }) => [messageId, offset, previousTag])).toEqual([
      ["b", 1, 0],
    ]);
    expect(top.epoch).not.toBe(epoch);
    expect(await (await open()).append(appendRequest("b"))).toMatchObject({
      type: "duplicate",
      position: { offset: 1 },
    });
  },
);

streamTest(
  "[JB7] a stream that was deleted is made again: its logs are others, for every node",
  {},
  async ({ broker, open, server }) => {
    const [other, reader] = [await open(), await open()];
    for (const node of [broker, other]) await node.append(appendRequest(`m of ${node === other}`));
    const untouched = (await broker.read({ ...wholePage, channel: "chat/never" })).top.epoch;
    const { epoch } = (await broker.read(wholePage)).top;
    await server.ask(api("DELETE"));
    const anew = { code: "STORAGE_UNAVAILABLE", message: "Cannot append: the stream was made anew" };
    await expect(other.append(appendRequest("first"))).rejects.toMatchObject(anew);
    expect(await other.append(appendRequest("first"))).toMatchObject({ type: "stored", position: { offset: 1 } });
    // It has seen as many messages of the old stream as there are of the new one.
    await expect(broker.append(appendRequest("second"))).rejects.toMatchObject(anew);
    expect(await broker.append(appendRequest("second"))).toMatchObject({ type: "stored", position: { offset: 2 } });
    const { top } = await broker.read(wholePage);
    expect(top.epoch).not.toBe(epoch);
    expect((await reader.read({ ...wholePage, channel: "chat/never" })).top.epoch).not.toBe(untouched);
    expect((await broker.read({ ...wholePage, channel: "chat/never" })).top.epoch).not.toBe(untouched);
  },
);

streamTest(
  "[JB8] entries that somebody deleted are told: the log begins behind them, and a page ends before a hole",
  {},
  async ({ broker, server }) => {
    for (let index = 1; index <= 100; index += 1) await broker.append(appendRequest(`m${index}`));
    const offsets = async (after: number): Promise<readonly number[]> => {
      const { entries, first } = await broker.read({ ...wholePage, after, maxCount: 1000 });
      return [first, entries[0]?.offset ?? 0, entries.at(-1)?.offset ?? 0];
    };
    for (const offset of [1, 2, 50, 51]) await server.ask(api("MSG.DELETE"), { seq: offset });
    expect(await offsets(0)).toEqual([3, 3, 49]);
    expect(await offsets(49)).toEqual([52, 52, 100]);
    expect(await offsets(10)).toEqual([1, 11, 49]);
    expect((await broker.read({ ...wholePage, after: 49 })).tagAtAfter).toBe(undefined);
    expect((await broker.read({ ...wholePage, after: 60, maxCount: 0 })).tagAtAfter).toBeGreaterThan(0);
    await broker.append(appendRequest("next", { history: { maxCount: 1000, maxAgeMs: Infinity, maxBytes: 40 } }));
    expect((await broker.read(wholePage)).first).toBeGreaterThan(3); // what is gone is no obstacle to trimming
  },
);

streamTest(
  "[JB9] at its limit the stream refuses with STORAGE_FULL, is read on, and takes appends again when there is room",
  { maxBytes: 20_000 },
  async ({ broker, server }) => {
    const data = JSON.stringify("x".repeat(1_000));
    const fill = async (): Promise<void> => {
      for (let index = 1; index < 100; index += 1) await broker.append(appendRequest(`m${index}`, { data }));
    };
    await expect(fill()).rejects.toMatchObject({
      code: "STORAGE_FULL",
      message: "Cannot append: JetStream is full: maximum bytes exceeded",
    });
    const { top } = await broker.read(wholePage);
    expect(top.offset).toBeGreaterThan(5);
    await server.ask(api("MSG.DELETE"), { seq: 1 });
    expect(await broker.append(appendRequest("last", { data }))).toMatchObject({
      position: { offset: top.offset + 1 },
    });
  },
);

streamTest("[JB12] a stream that comes back with less than was told is not used", {}, async ({ ear, server }) => {
  const { config } = await server.ask(api("INFO"));
  expect((await server.ask(api("UPDATE"), { ...config, max_msgs: 5, discard: "old" })).error).toBe(undefined);
  await server.kill();
  await server.run();
  await ear.until(({ states }) => states.some((state) => state.includes("which is not the os that was told")));
  expect(ear.states.at(-1)).toMatch(/^false /);
});

streamTest(
  "[JB15] a message that is none of ours is refused with STORAGE_CORRUPT, never served",
  {},
  async ({ broker, server }) => {
    await broker.append(appendRequest("a"));
    await server.ask(await server.logSubject("switchboard", "chat/a"), "hello");
    const corrupt = {
      code: "STORAGE_CORRUPT",
      message: 'Cannot read message 2 of the stream "switchboard": it is not one of ours',
    };
    await expect(broker.read(wholePage)).rejects.toMatchObject(corrupt);
    await expect(broker.append(appendRequest("b"))).rejects.toMatchObject(corrupt);
  },
);

streamTest(
  "[JB18] messages that the log no longer retains stay for as long as ids are remembered, and are purged then",
  { dedupWindowMs: 300 },
  async ({ broker, server }) => {
    const history = { maxCount: 1, maxAgeMs: Infinity };
    const held = async (): Promise<number> => (await server.ask(api("INFO"))).state?.messages ?? 0;
    await broker.append(appendRequest("a", { history }));
    for (let index = 0; index < 10; index += 1) await broker.append(appendRequest(`b${index}`, { history }));
    expect(await held()).toBe(11);
    expect(await broker.append(appendRequest("a", { history }))).toMatchObject({ type: "duplicate" });
    for (let index = 0; (await held()) === 11 + index; index += 1) {
      await broker.append(appendRequest(`c${index}`, { history }));
    }
    expect((await broker.read(wholePage)).entries.length).toBe(1);
  },
);

streamTest(
  "[JB18] the server is told to know ids for two dedup windows, and half of what it does is told",
  { dedupWindowMs: 60_000 },
  async ({ server }) => {
    const windowOf = async (dedupWindowMs: number): Promise<number> => {
      const broker = jetStreamBroker({ url: server.url, dedupWindowMs });
      const info = await broker.open(new Ear());
      await broker.close();
      return info.dedupWindowMs;
    };
    expect((await server.ask(api("INFO"))).config?.duplicate_window).toBe(120_000e6);
    expect([await windowOf(60_000), await windowOf(90_000), await windowOf(10_000)]).toEqual([60_000, 60_000, 10_000]);
  },
);

streamTest("[JB11] a stream of somebody else that cannot carry a log is refused", {}, async ({ open, server }) => {
  await server.ask("$JS.API.STREAM.CREATE.other", { name: "other", subjects: ["other.>"] });
  await expect(open({ stream: "other" })).rejects.toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: 'Cannot use the stream "other": it does not allow direct gets',
    hint: "Delete it if nothing in it is needed: the broker makes its own",
  });
});
