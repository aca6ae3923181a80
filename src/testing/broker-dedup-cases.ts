import type { AppendResult } from "../gateway/index.ts";
import type { BrokerCase } from "./broker-case.ts";
import { startMs } from "./broker-bench.ts";

function offsetOf(result: AppendResult): number | undefined {
  return result.type === "stored" || result.type === "duplicate" ? result.position.offset : undefined;
}

/** Rules about message ids: stored | duplicate | conflict | expired. */
export const dedupCases: readonly BrokerCase[] = [
  {
    rule: "BR10",
    title: "the same id of the same user with the same data is answered with the first position, and stores nothing",
    async run(bench) {
      await bench.open();
      await bench.broker.join("chat/a");
      const first = await bench.append("a");
      await bench.append("b");
      const again = await bench.append("a");
      bench
        .expect(again)
        .toEqual({ type: "duplicate", position: first.type === "stored" ? first.position : undefined });
      bench.expect((await bench.read()).top.offset).toEqual(2);
      bench.expect(bench.announcements.map(({ entry }) => entry.messageId)).toEqual(["a", "b"]);
    },
  },
  {
    rule: "BR11",
    title: "the same id with other data is a conflict, and stores nothing",
    async run(bench) {
      await bench.open();
      await bench.append("a");
      bench.expect(await bench.append("a", { data: '{"text":"other"}' })).toEqual({ type: "conflict" });
      bench.expect((await bench.read()).top.offset).toEqual(1);
    },
  },
  {
    rule: "BR35",
    title: "what became of an id is told as an append would tell it, and nothing is stored",
    async run(bench) {
      const { dedupWindowMs } = await bench.open();
      const { broker } = bench;
      if (broker.recall === undefined) return;
      const request = bench.request("a");
      bench.expect(await broker.recall(request)).toEqual({ type: "unknown" });
      const stored = await broker.append(request);
      const position = stored.type === "stored" ? stored.position : undefined;
      bench.expect(await broker.recall({ ...request, retryAfterFirstMs: 1 })).toEqual({ type: "duplicate", position });
      bench.expect(await broker.recall({ ...request, payloadHash: "other" })).toEqual({ type: "conflict" });
      bench.expect(await broker.recall({ ...request, user: { id: "u2" } })).toEqual({ type: "unknown" });
      bench.expect(await broker.recall({ ...request, channel: "chat/b" })).toEqual({ type: "unknown" });
      const late = bench.request("b", { retryAfterFirstMs: dedupWindowMs });
      bench.expect(await broker.recall(late)).toEqual({ type: "unknown" });
      bench.expect(await broker.recall({ ...late, retryAfterFirstMs: dedupWindowMs + 1 })).toEqual({ type: "expired" });
      bench.expect((await bench.read()).top.offset).toEqual(1);
    },
  },
  {
    rule: "BR12",
    title: "an id belongs to one user in one channel",
    async run(bench) {
      await bench.open();
      await bench.append("a", { user: { id: "u1" } });
      bench.expect((await bench.append("a", { user: { id: "u2" } })).type).toEqual("stored");
      bench.expect((await bench.append("a", { user: { id: "u1" }, channel: "chat/b" })).type).toEqual("stored");
      // Keys must not be glued together: both pairs read "u1:a:b".
      await bench.append("b", { user: { id: "u1:a" } });
      bench.expect((await bench.append("a:b", { user: { id: "u1" } })).type).toEqual("stored");
    },
  },
  {
    rule: "BR13",
    title: "of one id appended 20 times at once one is stored, and all are answered with its offset",
    async run(bench) {
      await bench.open();
      const results = await Promise.all(Array.from({ length: 20 }, () => bench.append("a")));
      bench.expect(results.filter(({ type }) => type === "stored").length).toEqual(1);
      bench.expect(results.filter(({ type }) => type === "duplicate").length).toEqual(19);
      bench.expect(new Set(results.map(offsetOf))).toEqual(new Set([1]));
      bench.expect((await bench.read()).top.offset).toEqual(1);
    },
  },
  {
    rule: "BR14",
    title: "an id is remembered for the whole window that was told, even when its entry is trimmed",
    async run(bench) {
      const { dedupWindowMs } = await bench.open();
      const history = { maxCount: 1, maxAgeMs: Infinity };
      await bench.append("a", { history });
      await bench.append("b", { history });
      const nowMs = startMs + dedupWindowMs;
      await bench.append("c", { history, nowMs });
      const retry = await bench.append("a", { history, nowMs, retryAfterFirstMs: dedupWindowMs });
      bench.expect([retry.type, offsetOf(retry)]).toEqual(["duplicate", 1]);
    },
  },
  {
    rule: "BR15",
    title: "a retry past the window without a memory of it is expired and stores nothing; at the window it is stored",
    async run(bench) {
      const { dedupWindowMs } = await bench.open();
      bench.expect(await bench.append("a", { retryAfterFirstMs: dedupWindowMs + 1 })).toEqual({ type: "expired" });
      bench.expect((await bench.read()).top.offset).toEqual(0);
      bench.expect((await bench.append("b", { retryAfterFirstMs: dedupWindowMs })).type).toEqual("stored");
    },
  },
  {
    rule: "BR16",
    title: "a retry past the window of an id that was stored never stores it twice",
    async run(bench) {
      const { dedupWindowMs } = await bench.open();
      await bench.append("a");
      const nowMs = startMs + dedupWindowMs * 3;
      await bench.append("b", { nowMs });
      const { type } = await bench.append("a", { nowMs, retryAfterFirstMs: dedupWindowMs * 3 });
      bench.expect(type === "expired" || type === "duplicate").toEqual(true);
      bench.expect((await bench.read()).top.offset).toEqual(2);
    },
  },
  {
    rule: "BR17",
    title: "a wall clock that jumped forward half an hour does not make an allowed retry a second entry",
    async run(bench) {
      const { dedupWindowMs } = await bench.open();
      await bench.append("a");
      const nowMs = startMs + dedupWindowMs + 30 * 60_000;
      await bench.append("b", { nowMs });
      const retry = await bench.append("a", { nowMs, retryAfterFirstMs: dedupWindowMs - 1 });
      bench.expect([retry.type, offsetOf(retry)]).toEqual(["duplicate", 1]);
    },
  },
];
