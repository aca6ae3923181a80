import { afterAll, beforeAll, expect } from "vitest";
import { Ear } from "../../../test/broker-node.ts";
import { NatsServer, natsTest } from "../../../test/nats-server.ts";
import type { Broker, Notice, Notices } from "../../gateway/index.ts";
import { seededRandom } from "../../testing/index.ts";
import { jetStreamBroker } from "./jetstream-broker.ts";

let server: NatsServer | undefined;
let streamCount = 0;

beforeAll(async () => {
  server = await NatsServer.start().catch(() => undefined); // then each test says what is missing
});
afterAll(() => server?.dispose());

interface Stage {
  /** The name of the stream that the notices are in. */
  readonly stream: string;
  readonly open: () => Promise<Notices>;
  readonly ask: NatsServer["ask"];
}

/** Tests with a stream of their own, and nodes on it. */
function noticeTest(name: string, body: (stage: Stage) => Promise<void>): void {
  natsTest(name, async () => {
    const stream = `notices${(streamCount += 1)}`;
    const brokers: Broker[] = [];
    const open = async (): Promise<Notices> => {
      const broker = jetStreamBroker({ url: server?.url ?? "", stream });
      brokers.push(broker);
      await broker.open(new Ear());
      const { notices } = broker;
      if (notices === undefined) throw new Error("The broker keeps no notices");
      return notices;
    };
    try {
      if (server === undefined) throw new Error("NATS did not start");
      const { ask } = server;
      await body({ stream: `${stream}-notices`, open, ask: ask.bind(server) });
    } finally {
      await Promise.all(brokers.map((broker) => broker.close()));
    }
  });
}

const notice = (key: string, value = "1", expiresAtMs = 1_000): Notice => ({ key, value, expiresAtMs });
const keysOf = (notices: readonly Notice[] = []): readonly string[] => notices.map(({ key }) => key).sort();

noticeTest("[JB22] what one node posts every other reads, also after kill -9 of the server", async ({ open }) => {
  const [one, two] = [await open(), await open()];
  const seen = await two.readSince?.(undefined, 0);
  await Promise.all(["a", "b"].map((key) => one.post(notice(key), 0)));
  expect(keysOf(await two.read(0))).toEqual(["a", "b"]);
  await server?.kill();
  await server?.run();
  const late = await open();
  expect(keysOf(await late.read(0))).toEqual(["a", "b"]);
  expect(keysOf((await late.readSince?.(seen?.revision, 0))?.notices)).toEqual(["a", "b"]);
});

noticeTest(
  "[JB22] whatever is posted in whatever order, what is read since any revision makes it whole",
  async ({ open }) => {
    const [one, two] = [await open(), await open()];
    const random = seededRandom(20_261_124);
    const posted = new Map<string, string>();
    const known = new Map<string, string>();
    let revision: string | undefined;
    for (let round = 0; round < 20; round += 1) {
      const values = Array.from({ length: random.below(40) }, (_, index) => [
        `${random.below(60)}`,
        `${round} ${index}`,
      ]);
      for (const [key = "", value = ""] of values) {
        await one.post(notice(key, value), 0);
        posted.set(key, value);
      }
      const since = await two.readSince?.(revision, 0);
      revision = since?.revision;
      for (const { key, value } of since?.notices ?? []) known.set(key, value);
      expect([round, known]).toEqual([round, posted]);
      expect((await two.read(0)).length).toBe(posted.size);
    }
  },
);

noticeTest(
  "[JB24] a stream that lost its tail and gave its numbers to others is read from its beginning",
  async ({ open }) => {
    const [one, two] = [await open(), await open()];
    await one.post(notice("a"), 0);
    server?.backUp();
    for (const key of ["b", "c"]) await one.post(notice(key), 0);
    const seen = await two.readSince?.(undefined, 0);
    await server?.kill();
    server?.restore();
    await server?.run();
    const late = await open();
    for (const [key, after] of [
      ["d", ["a", "d"]],
      ["e", ["a", "d", "e"]],
      ["f", ["a", "d", "e", "f"]],
    ] as const) {
      await late.post(notice(key), 0);
      expect(keysOf((await late.readSince?.(seen?.revision, 0))?.notices)).toEqual(after);
    }
  },
);

noticeTest(
  "[JB23] a notice that has expired is forgotten, and not one that another node posted again meanwhile",
  async ({ ask, open, stream }) => {
    const [one, two] = [await open(), await open()];
    for (const key of ["a", "b"]) await one.post(notice(key), 0);
    await two.post(notice("a", "again", 9_000), 0);
    await one.post(notice("c", "1", 9_000), 1_000);
    expect(keysOf(await two.read(0))).toEqual(["a", "c"]);
    expect((await ask(`$JS.API.STREAM.INFO.${stream}`)).state?.messages).toBe(2);
  },
);

noticeTest(
  "[JB24] without a stream there are no notices; the first that is posted makes it, and makes it again",
  async ({ ask, open, stream }) => {
    const [one, two] = [await open(), await open()];
    expect(await two.read(0)).toEqual([]);
    expect((await ask(`$JS.API.STREAM.INFO.${stream}`)).error?.err_code).toBe(10_059);
    await one.post(notice("a"), 0);
    const seen = await two.readSince?.(undefined, 0);
    await ask(`$JS.API.STREAM.DELETE.${stream}`);
    expect(await two.read(0)).toEqual([]);
    await one.post(notice("b"), 0);
    expect(keysOf((await two.readSince?.(seen?.revision, 0))?.notices)).toEqual(["b"]);
  },
);

noticeTest("[JB25] a stream that would keep less than the logs is refused", async ({ ask, open, stream }) => {
  const subjects = [`${stream.replace("-notices", "")}.notice.*`];
  const fit = { name: stream, subjects, storage: "file", max_msgs_per_subject: 1 };
  for (const [config, reason] of [
    [{ subjects: ["other.*"] }, `its subjects are not ${subjects.join(" ")}`],
    [{ storage: "memory" }, "it is gone with the memory of its servers"],
    [{ max_msgs_per_subject: 2 }, "it does not keep one message a subject"],
    [{ max_bytes: 10_000 }, "its limits may discard what was acknowledged"],
    [{ max_msgs: 10 }, "its limits may discard what was acknowledged"],
    [{ max_age: 60e9, duplicate_window: 1e9 }, "its limits may discard what was acknowledged"],
  ] as const) {
    expect((await ask(`$JS.API.STREAM.CREATE.${stream}`, { ...fit, ...config })).error).toBe(undefined);
    const refusal = { code: "STORAGE_UNAVAILABLE", message: `Cannot use the stream "${stream}": ${reason}` };
    await expect((await open()).read(0)).rejects.toMatchObject(refusal);
    await expect((await open()).post(notice("a"), 0)).rejects.toMatchObject(refusal);
    await ask(`$JS.API.STREAM.DELETE.${stream}`);
  }
});

noticeTest("[JB26] a notice that is none of ours is refused with STORAGE_CORRUPT", async ({ ask, open, stream }) => {
  const notices = await open();
  await notices.post(notice("a"), 0);
  const subject = `${stream.replace("-notices", "")}.notice.other`;
  for (const text of ["hello", "7", "[2,1,2,3]", '[1,"a","b","c"]', '[1,"a","b"]', '[1,"a",7,3]']) {
    const { seq } = await ask(subject, text);
    await expect(notices.read(0)).rejects.toMatchObject({
      code: "STORAGE_CORRUPT",
      message: `Cannot read message ${seq} of the stream "${stream}": it is not one of ours`,
    });
  }
});
