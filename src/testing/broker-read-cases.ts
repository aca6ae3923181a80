import type { BrokerCase } from "./broker-case.ts";
import type { BrokerBench } from "./broker-bench.ts";
import { startMs } from "./broker-bench.ts";
import { seededRandom } from "./seeded-random.ts";

async function offsets(bench: BrokerBench, parts: Parameters<BrokerBench["read"]>[0]): Promise<readonly number[]> {
  return (await bench.read(parts)).entries.map(({ offset }) => offset);
}

/** Rules about reading: pages, bytes, what is known of a position. */
export const readCases: readonly BrokerCase[] = [
  {
    rule: "BR20",
    title: "a page has at most maxCount entries above `after`, and says where the log begins and ends",
    async run(bench) {
      await bench.open();
      await bench.fill(10);
      bench.expect(await offsets(bench, { after: 0, maxCount: 4 })).toEqual([1, 2, 3, 4]);
      bench.expect(await offsets(bench, { after: 4, maxCount: 4 })).toEqual([5, 6, 7, 8]);
      const last = await bench.read({ after: 8, maxCount: 4 });
      bench.expect([last.entries.map(({ offset }) => offset), last.first, last.top.offset]).toEqual([[9, 10], 1, 10]);
      bench.expect(await offsets(bench, { after: 10 })).toEqual([]);
      bench.expect(await offsets(bench, { after: 99 })).toEqual([]);
      bench.expect(await offsets(bench, { maxCount: 0 })).toEqual([]);
    },
  },
  {
    rule: "BR21",
    title: "a page has at most maxBytes of data in UTF-8, but always one entry so that reading goes on",
    async run(bench) {
      await bench.open();
      // 8 bytes in UTF-8, 5 units in UTF-16.
      await bench.fill(4, { data: '"é🦊"' });
      bench.expect(await offsets(bench, { maxBytes: 16 })).toEqual([1, 2]);
      bench.expect(await offsets(bench, { maxBytes: 15 })).toEqual([1]);
      bench.expect(await offsets(bench, { maxBytes: 1 })).toEqual([1]);
    },
  },
  {
    rule: "BR22",
    title: "an entry comes back as it was handed in, data to the byte",
    async run(bench) {
      await bench.open();
      const named = bench.request("id_-Z9", {
        user: { id: "Ω/1", name: "Zoë 🦊" },
        data: '{ "a" :  1e3, "b":"\\u0000\\ud83d 🦊" }',
      });
      const unnamed = bench.request("x", {
        user: { id: "u" },
        event: "other",
        data: "null",
        tag: 0xffffffff,
        nowMs: startMs + 1,
      });
      await bench.broker.append(named);
      await bench.broker.append(unnamed);
      const { entries } = await bench.read();
      bench.expect(entries).toEqual(
        [named, unnamed].map(({ data, event, messageId, nowMs, tag, user }, index) => {
          return {
            offset: index + 1,
            tag,
            previousTag: index === 0 ? 0 : named.tag,
            event,
            messageId,
            user,
            atMs: nowMs,
            data,
          };
        }),
      );
      bench.expect(entries.map(({ user }) => Object.keys(user))).toEqual([["id", "name"], ["id"]]);
    },
  },
  {
    rule: "BR23",
    title:
      "the tag at `after` is the entry's own, its successor's previousTag once it is trimmed, 0 at offset 0, else unknown",
    async run(bench) {
      await bench.open();
      const tags = (await bench.fill(6, { history: { maxCount: 3, maxAgeMs: Infinity } })).map(({ tag }) => tag);
      const known = await Promise.all(
        [0, 1, 2, 3, 4, 5, 6, 7].map(async (after) => (await bench.read({ after })).tagAtAfter),
      );
      bench.expect(known).toEqual([0, undefined, undefined, tags[2], tags[3], tags[4], tags[5], undefined]);
    },
  },
  {
    rule: "BR24",
    title: "reading after a trimmed position starts at the oldest entry there is",
    async run(bench) {
      await bench.open();
      await bench.fill(6, { history: { maxCount: 3, maxAgeMs: Infinity } });
      bench.expect(await offsets(bench, { after: 1, maxCount: 2 })).toEqual([4, 5]);
    },
  },
  {
    rule: "BR25",
    title: "300 random steps leave the log that a list in memory predicts",
    async run(bench) {
      await bench.open();
      const random = seededRandom(20260101);
      const kept = new Map<string, { offset: number; data: string }>();
      let top = 0;
      for (let step = 0; step < 300; step += 1) {
        const messageId = `m${random.below(120)}`;
        const data = JSON.stringify(random.below(2));
        const before = kept.get(messageId);
        const result = await bench.append(messageId, { data, history: { maxCount: 20, maxAgeMs: Infinity } });
        const expected = before === undefined ? "stored" : before.data === data ? "duplicate" : "conflict";
        bench.expect([step, result.type]).toEqual([step, expected]);
        if (before === undefined) kept.set(messageId, { offset: (top += 1), data });
        const after = random.below(top + 2);
        const page = await offsets(bench, { after, maxCount: 7 });
        const first = Math.max(after + 1, top - 19);
        bench
          .expect(page)
          .toEqual(Array.from({ length: Math.max(0, Math.min(7, top - first + 1)) }, (_, index) => first + index));
      }
    },
  },
];
