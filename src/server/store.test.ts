import { expect, test } from "vitest";
import { memoryBroker } from "../brokers/index.ts";
import { type AppendDraft, type Broker, BrokerError, type BrokerSink } from "../gateway/index.ts";
import { thisMachine } from "./machine.ts";
import { Meters } from "./operate/meters.ts";
import { Store } from "./store.ts";

interface Rig {
  readonly store: Store;
  readonly logged: string[];
  readonly closed: () => boolean;
  readonly tell: BrokerSink["availability"];
  /** What the broker's calls fail with, if they do. */
  fault: Error | undefined;
}

function rigWith(require: "mem" | "os" = "mem"): Rig {
  const memory = memoryBroker();
  const logged: string[] = [];
  let sink: BrokerSink | undefined;
  let isClosed = false;
  const failing = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    if (rig.fault !== undefined) throw rig.fault;
    return work();
  };
  const broker: Broker = {
    async open(given) {
      sink = given;
      return memory.open(given);
    },
    append: (request) => failing(() => memory.append(request)),
    read: (request) => failing(() => memory.read(request)),
    join: (channel) => failing(() => memory.join(channel)),
    leave: (channel) => failing(() => memory.leave(channel)),
    broadcast: (channel, payload) => failing(() => memory.broadcast(channel, payload)),
    async close() {
      isClosed = true;
      await memory.close();
    },
  };
  const note = (_fields: object, message: string): void => void logged.push(message);
  const store = new Store({
    broker,
    require,
    machine: thisMachine,
    meters: new Meters(),
    log: { info: note, warn: note, error: note },
  });
  const rig: Rig = {
    store,
    logged,
    closed: () => isClosed,
    tell: (...news) => sink?.availability(...news),
    fault: undefined,
  };
  return rig;
}

const sink = { appended: () => {}, broadcasted: () => {} };
const user = { id: "u" };
const history = { maxCount: 9, maxAgeMs: 9_999 };
const draft: AppendDraft = { channel: "c", event: "e", messageId: "m", user, data: "1", content: "1", history };
const full = new BrokerError("STORAGE_FULL", "Cannot write /var/lib/secret.db: no room");

test("[SV4] a store that gives less than is required is closed again", async () => {
  const { closed, store } = rigWith("os");
  await expect(store.open(sink)).rejects.toMatchObject({
    code: "DURABILITY_TOO_LOW",
    message: expect.stringMatching(/^Cannot start: durability os is required, and the store gives mem/),
  });
  expect(closed()).toBe(true);
});

test("[SV4] a store that gives what is required opens", async () => {
  const { logged, store } = rigWith("mem");
  expect(await store.open(sink)).toMatchObject({ durability: "mem" });
  expect(logged).toEqual(["Store opened"]);
});

test("[SV12] a failure is a result that names no file, logged once until it is over", async () => {
  const rig = rigWith();
  await rig.store.open(sink);
  rig.fault = full;
  const failed = { type: "failed", error: { code: "STORAGE_FULL", message: "The store has no room; reading goes on" } };
  expect(await rig.store.append(draft)).toEqual(failed);
  expect(await rig.store.append(draft)).toEqual(failed);
  rig.fault = undefined;
  expect(await rig.store.append(draft)).toMatchObject({ type: "stored" });
  expect(rig.logged).toEqual(["Store opened", "The store fails: STORAGE_FULL", "The store works again"]);
});

test("[SV12] whatever else goes wrong is a store that does not answer", async () => {
  const rig = rigWith();
  await rig.store.open(sink);
  rig.fault = new Error("EIO");
  const failed = { type: "failed", error: { code: "STORAGE_UNAVAILABLE" } };
  expect(await rig.store.append(draft)).toMatchObject(failed);
  expect(await rig.store.read({ channel: "c", after: 0, maxCount: 1, maxBytes: 1 })).toMatchObject(failed);
  expect(await rig.store.join("c")).toMatchObject(failed);
  await rig.store.leave("c");
  await rig.store.broadcast("c", "x");
  expect(rig.logged).toEqual(["Store opened", "The store fails: STORAGE_UNAVAILABLE"]);
});

test("[SV12] a store that says it is gone is an outage until it says it is back", async () => {
  const rig = rigWith();
  await rig.store.open(sink);
  expect(rig.store.outage).toBeUndefined();
  rig.tell(false, "the disk failed");
  expect(rig.store.outage).toBe("the disk failed");
  rig.tell(true, "");
  expect(rig.store.outage).toBeUndefined();
  expect(rig.logged.slice(1)).toEqual(["The store fails: the disk failed", "The store works again"]);
});

test("[PB3] what the client sent decides about a conflict, not what was made of it", async () => {
  const { store } = rigWith();
  await store.open(sink);
  expect(await store.append(draft)).toMatchObject({ type: "stored" });
  expect(await store.append({ ...draft, data: "2" })).toMatchObject({ type: "duplicate" });
  expect(await store.append({ ...draft, content: "2" })).toEqual({ type: "conflict" });
});

test("[SV14] a store is settled when no append is under way", async () => {
  const { store } = rigWith();
  await store.open(sink);
  const done: string[] = [];
  const appending = store.append(draft).then(() => done.push("append"));
  await store.settled();
  expect(done).toEqual(["append"]);
  await appending;
  await store.settled();
});

test("[SV71] what a store says of itself when it comes back is what is told of it from then on, and logged if it is not as it was", async () => {
  const rig = rigWith();
  const { description } = await rig.store.open(sink);
  expect(rig.store.description).toBe(description);
  rig.tell(false, "It is not there");
  rig.tell(true, description);
  rig.tell(true, "");
  expect([rig.store.description, rig.logged.includes("The store is not as it was")]).toEqual([description, false]);
  rig.tell(true, "Another store");
  expect([rig.store.description, rig.logged.at(-1)]).toEqual(["Another store", "The store is not as it was"]);
});
