import fc from "fast-check";
import { expect, test } from "vitest";
import { benchChannels } from "../testing/gateway-bench.ts";
import { decodeServerMessage, encodeLatestValue, type LatestMessage } from "../wire/index.ts";
import { Directory } from "./directory.ts";
import { LatestFeed, type LatestFeedOptions, latestFeedsOf } from "./latest.ts";
import { defaultLimits } from "./limits.ts";

interface Reader {
  readonly name: string;
}
const [ada, bob, eve]: readonly [Reader, Reader, Reader] = [{ name: "ada" }, { name: "bob" }, { name: "eve" }];

function make(options: Partial<LatestFeedOptions> = {}): LatestFeed<Reader> {
  return new LatestFeed({
    channel: "t",
    event: "quote",
    everyMs: 100,
    maxCount: 1024,
    maxBytes: 1_000_000,
    ...options,
  });
}

function renew(feed: LatestFeed<Reader>, ...pairs: readonly (readonly [key: string, data: number])[]): void {
  for (const [key, data] of pairs) {
    feed.renew({ key, text: encodeLatestValue({ key, user: { id: "u" }, data: String(data) }) });
  }
}

function read(text: string | undefined): LatestMessage {
  const decoded = decodeServerMessage(text ?? "");
  if (decoded.type !== "message" || decoded.message.type !== "latest") throw new Error(`No newest values: ${text}`);
  return decoded.message;
}

/** A message in short: `all` for a snapshot, then keys and data. */
function brief(text: string | undefined): string {
  const { snapshot, values } = read(text);
  return [...(snapshot ? ["all"] : []), ...values.map(({ data, key }) => `${key}=${String(data)}`)].join(" ");
}

const flush = (feed: LatestFeed<Reader>, readers: readonly Reader[], nowMs = 0): string[] =>
  feed.flush(readers, nowMs).map(({ text, to }) => `${to.map(({ name }) => name).join(",")}: ${brief(text)}`);

test("[LT1] a new reader is told the newest value of each key, or that there is none", () => {
  const feed = make();
  expect(brief(feed.catchUp(ada))).toBe("all");
  renew(feed, ["A", 1], ["B", 1], ["A", 2]);
  expect(brief(feed.catchUp(bob))).toBe("all B=1 A=2");
  expect(read(feed.catchUp(eve))).toMatchObject({ channel: "t", event: "quote", snapshot: true });
});

test("[LT2] what is new is due at once after a silence, otherwise when everyMs is over", () => {
  const feed = make();
  expect(feed.dueMs).toBe(Infinity);
  renew(feed, ["A", 1]);
  expect(feed.dueMs).toBeLessThanOrEqual(0);
  feed.flush([], 1_000);
  expect(feed.dueMs).toBe(Infinity);
  renew(feed, ["A", 2], ["A", 3]);
  expect(feed.dueMs).toBe(1_100);
});

test("[LT2] a reader that keeps up is told what changed since, each key once, and nothing twice", () => {
  const feed = make();
  renew(feed, ["A", 1], ["B", 1]);
  feed.catchUp(ada);
  renew(feed, ["A", 2], ["A", 3]);
  expect(flush(feed, [ada])).toEqual(["ada: A=3"]);
  expect(flush(feed, [ada])).toEqual([]);
});

test("[LT5] those who lack the same get one text", () => {
  const feed = make();
  renew(feed, ["A", 1]);
  for (const reader of [ada, bob]) feed.catchUp(reader);
  renew(feed, ["B", 1]);
  expect(flush(feed, [ada, bob, eve])).toEqual(["ada,bob: B=1", "eve: all A=1 B=1"]);
});

test("[LT3] a reader that missed flushes gets what is newest of each key it missed, once", () => {
  const feed = make();
  for (const reader of [ada, bob]) feed.catchUp(reader);
  for (const data of [1, 2, 3]) {
    renew(feed, ["A", data], [`B${data}`, data]);
    feed.flush([ada], data);
  }
  expect(feed.catchUp(ada)).toBeUndefined();
  expect(brief(feed.catchUp(bob))).toBe("B1=1 B2=2 A=3 B3=3");
  expect(feed.catchUp(bob)).toBeUndefined();
});

test("[LT3] to catch up does not hurry what is not due yet", () => {
  const feed = make();
  feed.catchUp(ada);
  feed.flush([ada], 0);
  renew(feed, ["A", 1]);
  expect(feed.catchUp(ada)).toBeUndefined();
  expect(flush(feed, [ada])).toEqual(["ada: A=1"]);
});

test("[LT6] at maxCount keys all are kept; one more, and the one that was renewed longest ago goes", () => {
  const feed = make({ maxCount: 2 });
  renew(feed, ["A", 1], ["B", 1], ["A", 2]);
  expect(brief(feed.catchUp(ada))).toBe("all B=1 A=2");
  renew(feed, ["C", 1]);
  expect(brief(feed.catchUp(bob))).toBe("all A=2 C=1");
});

test("[LT6] at maxBytes all are kept; past it the oldest go, the newest never", () => {
  const size = encodeLatestValue({ key: "A", user: { id: "u" }, data: "1" }).length;
  const feed = make({ maxBytes: 2 * size });
  expect(feed.isEmpty).toBe(true);
  renew(feed, ["A", 1], ["B", 1], ["A", 2]);
  expect(brief(feed.catchUp(ada))).toBe("all B=1 A=2");
  renew(feed, ["C", 10]);
  expect(brief(feed.catchUp(bob))).toBe("all C=10");
  expect(feed.isEmpty).toBe(false);
  const tight = make({ maxBytes: size - 1 });
  renew(tight, ["A", 1], ["B", 1]);
  expect(brief(tight.catchUp(eve))).toBe("all B=1");
});

test("[LT1] a channel has a feed for each of its events of that kind, with the limits of the gateway", () => {
  const directory = new Directory(benchChannels);
  const found = directory.find("ticker/a");
  const other = directory.find("room/a");
  if (found.type === "error" || other.type === "error") throw new Error("The bench has no such channels");
  const feeds = latestFeedsOf<Reader>(found.value, { ...defaultLimits, maxLatestCount: 1 });
  expect([...feeds.keys()]).toEqual(["quote", "news"]);
  const news = feeds.get("news") ?? make();
  news.flush([], 5);
  renew(news, ["A", 1], ["B", 1]);
  expect(news.dueMs).toBe(1_005);
  expect(read(news.catchUp(ada))).toMatchObject({ channel: "ticker/a", event: "news", values: [{ key: "B" }] });
  expect(latestFeedsOf(other.value, defaultLimits).size).toBe(0);
});

test("[LT10] whatever is renewed, missed and caught up: who has caught up holds the newest of each key", () => {
  const step = fc.oneof(
    fc.record({ act: fc.constant("renew" as const), key: fc.constantFrom("A", "B", "C", "D"), data: fc.nat(99) }),
    fc.record({ act: fc.constant("flush" as const), isBobReady: fc.boolean() }),
    fc.record({ act: fc.constant("catchUp" as const) }),
  );
  const run = (steps: readonly (typeof step extends fc.Arbitrary<infer One> ? One : never)[]): void => {
    const feed = make();
    const newest = new Map<string, unknown>();
    const held = new Map([ada, bob].map((reader) => [reader, new Map<string, unknown>()]));
    const hear = (reader: Reader, text: string | undefined): void => {
      if (text === undefined) return;
      const { snapshot, values } = read(text);
      const own = held.get(reader);
      if (snapshot) own?.clear();
      for (const { data, key } of values) own?.set(key, data);
    };
    const flushAll = (readers: readonly Reader[]): void => {
      for (const { text, to } of feed.flush(readers, 0)) for (const reader of to) hear(reader, text);
    };
    for (const one of steps) {
      if (one.act === "flush") flushAll(one.isBobReady ? [ada, bob] : [ada]);
      else if (one.act === "catchUp") hear(bob, feed.catchUp(bob));
      else {
        renew(feed, [one.key, one.data]);
        newest.set(one.key, one.data);
      }
    }
    flushAll([ada, bob]);
    expect([...held.values()]).toEqual([newest, newest]);
  };
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), run), { numRuns: 500 });
});
