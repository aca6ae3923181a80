import type { Entry } from "../gateway/index.ts";
import type { BrokerCase } from "./broker-case.ts";
import { startMs } from "./broker-bench.ts";

/** Whether offsets have no hole and every entry names its predecessor's tag. */
function isChained(entries: readonly Entry[]): boolean {
  return entries.every((entry, index) => {
    const before = entries[index - 1];
    return before === undefined || (entry.offset === before.offset + 1 && entry.previousTag === before.tag);
  });
}

function offsetsOf(entries: readonly Entry[]): readonly number[] {
  return entries.map(({ offset }) => offset);
}

/** Rules about what an append makes of the log: offsets, tags, epochs, trimming. */
export const appendCases: readonly BrokerCase[] = [
  {
    rule: "BR1",
    title: "offsets start at 1 and go up by 1, and each entry names its predecessor's tag",
    async run(bench) {
      await bench.open();
      const requests = [bench.request("a"), bench.request("b"), bench.request("c")];
      for (const [index, request] of requests.entries()) {
        const result = await bench.broker.append(request);
        const { epoch } = (await bench.read()).top;
        const { data, event, messageId, nowMs, tag, user } = request;
        const entry = {
          offset: index + 1,
          tag,
          previousTag: requests[index - 1]?.tag ?? 0,
          event,
          messageId,
          user,
          atMs: nowMs,
          data,
        };
        bench.expect(result).toEqual({ type: "stored", position: { epoch, offset: index + 1, tag }, entry });
      }
    },
  },
  {
    rule: "BR2",
    title: "a channel has an epoch of 64 bits in hex from the first call on, its own, and keeps it",
    async run(bench) {
      await bench.open();
      const untouched = await bench.read();
      bench
        .expect(untouched)
        .toEqual({ top: { epoch: untouched.top.epoch, offset: 0, tag: 0 }, first: 1, entries: [], tagAtAfter: 0 });
      bench.expect(/^[0-9a-f]{16}$/.test(untouched.top.epoch)).toEqual(true);
      await bench.fill(2);
      bench.expect((await bench.read()).top.epoch).toEqual(untouched.top.epoch);
      bench.expect((await bench.read({ channel: "chat/b" })).top.epoch === untouched.top.epoch).toEqual(false);
    },
  },
  {
    rule: "BR3",
    title: "600 appends at once on 3 channels are all stored once, dense and chained, in the order of the calls",
    async run(bench) {
      await bench.open();
      const requests = Array.from({ length: 600 }, (_, index) =>
        bench.request(`m${index}`, { channel: `chat/${index % 3}` }),
      );
      await Promise.all(requests.map((request) => bench.broker.append(request)));
      for (const channel of ["chat/0", "chat/1", "chat/2"]) {
        const { entries, first, top } = await bench.read({ channel });
        bench.expect([first, top.offset, isChained(entries)]).toEqual([1, 200, true]);
        const called = requests.filter((request) => request.channel === channel);
        bench.expect(entries.map(({ messageId }) => messageId)).toEqual(called.map(({ messageId }) => messageId));
      }
    },
  },
  {
    rule: "BR4",
    title: "a log keeps maxCount entries; the next append trims the oldest",
    async run(bench) {
      await bench.open();
      const history = { maxCount: 3, maxAgeMs: Infinity };
      await bench.fill(3, { history });
      bench.expect(offsetsOf((await bench.read()).entries)).toEqual([1, 2, 3]);
      await bench.append("m4", { history });
      const { entries, first, top } = await bench.read();
      bench.expect([offsetsOf(entries), first, top.offset]).toEqual([[2, 3, 4], 2, 4]);
    },
  },
  {
    rule: "BR5",
    title: "an entry of exactly maxAgeMs stays, one a millisecond older is trimmed",
    async run(bench) {
      await bench.open();
      const history = { maxCount: 10, maxAgeMs: 1000 };
      await bench.append("a", { history, nowMs: startMs });
      await bench.append("b", { history, nowMs: startMs + 1000 });
      bench.expect((await bench.read()).first).toEqual(1);
      await bench.append("c", { history, nowMs: startMs + 1001 });
      bench.expect((await bench.read()).first).toEqual(2);
    },
  },
  {
    rule: "BR6",
    title: "a clock that jumped leaves no hole: an entry with an old time behind a young one stays",
    async run(bench) {
      await bench.open();
      const history = { maxCount: 10, maxAgeMs: 1000 };
      await bench.append("young", { history, nowMs: startMs + 900 });
      await bench.append("old", { history, nowMs: startMs - 5000 });
      await bench.append("now", { history, nowMs: startMs + 1000 });
      bench.expect(offsetsOf((await bench.read()).entries)).toEqual([1, 2, 3]);
    },
  },
  {
    rule: "BR7",
    title: "a limit that was lowered holds after some appends, and the chain goes on",
    async run(bench) {
      await bench.open();
      await bench.fill(150);
      for (let index = 0; index < 30; index += 1) {
        await bench.append(`n${index}`, { history: { maxCount: 5, maxAgeMs: Infinity } });
      }
      const { entries, first, top } = await bench.read();
      bench
        .expect([offsetsOf(entries), first, top.offset, isChained(entries)])
        .toEqual([[176, 177, 178, 179, 180], 176, 180, true]);
    },
  },
  {
    rule: "BR8",
    title: "a log that keeps nothing still counts, chains and announces",
    async run(bench) {
      await bench.open();
      await bench.broker.join("chat/a");
      const [one, two] = await bench.fill(2, { history: { maxCount: 0, maxAgeMs: Infinity } });
      const { entries, first, tagAtAfter, top } = await bench.read({ after: 2 });
      bench.expect([entries, first, tagAtAfter, top.offset, top.tag]).toEqual([[], 3, two?.tag, 2, two?.tag]);
      bench.expect(bench.announcements.map(({ entry }) => entry.previousTag)).toEqual([0, one?.tag]);
    },
  },
  {
    rule: "BR26",
    title:
      "a log keeps maxBytes of data, counted in UTF-8; one byte more trims the oldest, and the newest stays whatever its size",
    async run(bench) {
      await bench.open();
      const history = { maxCount: 100, maxAgeMs: Infinity, maxBytes: 30 };
      // 10 bytes each, of which the second has 6 characters.
      for (const data of ['"aaaaaaaa"', '"éééé"', '"bbbbbbbb"']) await bench.append(data, { history, data });
      bench.expect((await bench.read()).first).toEqual(1);
      await bench.append("m4", { history, data: '"cccccccc"' });
      bench.expect(offsetsOf((await bench.read()).entries)).toEqual([2, 3, 4]);
      await bench.append("m5", { history, data: '"ddddddddd"' });
      bench.expect(offsetsOf((await bench.read()).entries)).toEqual([4, 5]);
      await bench.append("m6", { history, data: `"${"e".repeat(29)}"` });
      bench.expect(offsetsOf((await bench.read()).entries)).toEqual([6]);
      await bench.append("m7", { history, data: "7" });
      bench.expect(offsetsOf((await bench.read()).entries)).toEqual([7]);
    },
  },
  {
    rule: "BR27",
    title: "a limit of bytes that was lowered, or comes later, holds after some appends",
    async run(bench) {
      await bench.open();
      await bench.fill(100, { data: '"aaaaaaaa"' });
      const history = { maxCount: 1000, maxAgeMs: Infinity, maxBytes: 50 };
      await bench.append("n1", { history, data: '"aaaaaaaa"' });
      for (const id of ["n2", "n3", "n4"]) await bench.append(id, { history, data: '"aaaaaaaa"' });
      bench.expect(offsetsOf((await bench.read()).entries)).toEqual([100, 101, 102, 103, 104]);
      await bench.append("n5", { data: '"aaaaaaaa"' });
      await bench.append("n6", { history, data: '"aaaaaaaa"' });
      bench.expect(offsetsOf((await bench.read()).entries)).toEqual([102, 103, 104, 105, 106]);
    },
  },
  {
    rule: "BR9",
    title: "after opening again everything is there, and the chain goes on",
    needsPersistence: true,
    async run(bench) {
      await bench.open();
      const untouched = (await bench.read({ channel: "chat/never" })).top.epoch;
      await bench.fill(5);
      const before = await bench.read();
      await bench.reopen();
      bench.expect(await bench.read()).toEqual(before);
      bench.expect((await bench.read({ channel: "chat/never" })).top.epoch).toEqual(untouched);
      bench.expect((await bench.append("m3")).type).toEqual("duplicate");
      await bench.append("m6");
      const { entries } = await bench.read();
      bench.expect([offsetsOf(entries), isChained(entries)]).toEqual([[1, 2, 3, 4, 5, 6], true]);
    },
  },
];
