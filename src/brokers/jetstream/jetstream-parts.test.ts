import fc from "fast-check";
import { expect, test } from "vitest";
import { Deadline } from "./deadline.ts";
import { findOffset } from "./find-offset.ts";
import { type Located, type LogRecord, readRecord, writeRecord } from "./log-record.ts";
import type { Place } from "./log-stream.ts";
import { toBrokerError } from "./nats-error.ts";
import { readOnward } from "./read-onward.ts";
import { findEnd, hasLost } from "./rivals.ts";
import { settle } from "./settle.ts";
import { dedupId } from "./stored-ids.ts";
import { liveSubject, makeSubjects, readSubjects } from "./subjects.ts";
import { TrimMarks } from "./trim-marks.ts";

function makeRecord(offset: number, previousSeq: number): LogRecord {
  const user = { id: "u" };
  const entry = { offset, tag: 1, previousTag: 0, event: "e", messageId: "m", user, atMs: 1, data: "1" };
  return { node: "n", epoch: "e", payloadHash: "h", previousSeq, first: 1, totalBytes: 1, entry };
}

test("[JB19] two channels never share a subject, and a name is one token whatever it holds", () => {
  const subjects = makeSubjects("chat", "5eed");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (one, other) => {
      const [token = "", ...rest] = subjects.log(one).split(".").slice(3);
      expect([rest, /^[!-~]*$/.test(token) && !/[*>]/.test(token)]).toEqual([[], true]);
      expect(decodeURIComponent(token)).toBe(one);
      expect(subjects.log(one) === subjects.log(other)).toBe(one === other);
    }),
  );
  expect(liveSubject("chat", "chat/a.b")).toBe("chat.live.chat/a%2Eb");
  expect(readSubjects("chat", [subjects.allLogs])).toMatchObject({ seed: "5eed", anyLive: subjects.anyLive });
  expect(readSubjects("chat", [])).toBe(undefined);
});

test("[JB2] an id is known by its channel, its user and itself, however they are cut", () => {
  const ids = ["ab c d", "a bc d", "a b cd"].map((words) => {
    const [channel = "", id = "", messageId = ""] = words.split(" ");
    return dedupId({ channel, messageId, user: { id } }, 0);
  });
  expect(new Set([...ids, dedupId({ channel: "ab", messageId: "d", user: { id: "c" } }, 1)]).size).toBe(4);
  expect(ids[0]).toMatch(/^[\w-]{43}$/);
});

test("[JB20] an offset is found wherever its channel's messages lie, in at most twice the steps of halving", async () => {
  const layout = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(layout, fc.nat(), fc.nat({ max: 20 }), async (distances, at, goneCount) => {
      const all: Located[] = [];
      for (const [index, distance] of distances.entries()) {
        const previousSeq = all.at(-1)?.seq ?? 0;
        all.push({ seq: previousSeq + distance, record: makeRecord(index + 1, previousSeq) });
      }
      const kept = all.slice(Math.min(goneCount, all.length - 1));
      const last = all.at(-1);
      if (last === undefined) return;
      let stepCount = 0;
      const next = async (seq: number): Promise<Located | undefined> => {
        stepCount += 1;
        return kept.find((one) => one.seq >= seq);
      };
      const offset = 1 + (at % all.length);
      const found = await findOffset(offset, { last, next, isSerial: true });
      expect(found).toBe(kept.find(({ record }) => record.entry.offset >= offset));
      expect(stepCount).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(last.seq + 1)) + 4);
    }),
  );
});

/** Messages of one subject, at sequences 1 on: each is given by its offset and the sequence that it names. */
function subjectOf(messages: readonly (readonly [offset: number, previousSeq: number])[]): readonly Located[] {
  return messages.map(([offset, previousSeq], index) => ({ seq: index + 1, record: makeRecord(offset, previousSeq) }));
}

function getFrom(messages: readonly Located[]): (place: Place) => Promise<Located | undefined> {
  return async (place) => ("seq" in place ? messages.find(({ seq }) => seq >= place.seq) : messages.at(-1));
}

test("[JB17] where servers let several pass, the later of two that name one predecessor has lost, and is none of the log", async () => {
  const messages = subjectOf([
    [1, 0],
    [2, 1],
    [2, 1],
    [3, 2],
    [3, 2],
  ]);
  const stream = { isSerial: false, get: getFrom(messages) };
  const deadline = new Deadline(1_000);
  const lost = await Promise.all(messages.map((message) => hasLost(stream, "s", message, deadline)));
  expect(lost).toEqual([false, false, true, false, true]);
  expect(await findEnd(stream, "s", deadline)).toEqual({ last: messages[3], seq: 5 });
  const alike = { ...stream, isSerial: true };
  expect(await hasLost(alike, "s", messages[2] as Located, deadline)).toBe(false); // nobody looks
});

test("[JB28] a leader that has not heard of most replicas for 3 s is not believed what it lacks", async () => {
  const settleWith = async (...answers: readonly (readonly number[])[]): Promise<number> => {
    let askCount = 0;
    const silences = async (): Promise<readonly number[]> => answers[askCount++] ?? answers.at(-1) ?? [];
    await settle({ silences }, new Deadline(250));
    return askCount;
  };
  expect(await settleWith([])).toBe(1); // nobody else could lead
  expect(await settleWith([2_999, 60_000])).toBe(1);
  expect(await settleWith([3_000, 60_000], [10, 60_000])).toBe(2);
  expect(await settleWith([10, 20, 60_000, 60_000])).toBe(1);
  expect(await settleWith([10, 3_000, 3_000], [10, 20, 3_000])).toBe(2); // half of four is not most
  await expect(settleWith([10, 3_000, 3_000, 3_000])).rejects.toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: "Cannot read: who answers as the stream's leader has not heard of most of its replicas",
  });
});

test("[JB8] what a replica does not have yet the leader is asked for, and a page ends where that has none", async () => {
  const messages = subjectOf([1, 2, 3, 4].map((offset) => [offset, offset - 1] as const));
  const [from, , , last] = messages;
  const get = getFrom(messages);
  const read = async (
    all: readonly Located[],
    maxCount = 9,
    batch: readonly Located[] = [],
  ): Promise<readonly number[]> => {
    const stream = { isSerial: true, hasBatches: true, findMany: async () => batch, find: get, get: getFrom(all) };
    const where = { stream, subject: "s", from: from as Located, last: last as Located, deadline: new Deadline(1_000) };
    return (await readOnward({ ...where, maxCount, maxBytes: Infinity })).map(({ seq }) => seq);
  };
  expect(await read(messages)).toEqual([1, 2, 3, 4]);
  expect(await read(messages.toSpliced(1, 1))).toEqual([1]);
  expect(await read(messages.slice(0, 1))).toEqual([1]);
  expect(await read(messages, 1)).toEqual([1]);
  expect(await read(messages, 3, messages.slice(1))).toEqual([1, 2, 3]); // a batch may bring more than was wanted
});

/** Logs of at least two entries, and all messages of their subjects: so far apart, and each entry with so many that lost against it. */
const contested = fc
  .array(fc.record({ distance: fc.integer({ min: 1, max: 9 }), rivalCount: fc.nat({ max: 2 }) }), {
    minLength: 2,
    maxLength: 60,
  })
  .map((parts) => {
    const entries: Located[] = [];
    const messages: Located[] = [];
    for (const { distance, rivalCount } of parts) {
      const [previousSeq, lastSeq] = [entries.at(-1)?.seq ?? 0, messages.at(-1)?.seq ?? 0];
      const record = makeRecord(entries.length + 1, previousSeq);
      entries.push({ seq: lastSeq + distance, record });
      for (let rival = 0; rival <= rivalCount; rival += 1) messages.push({ seq: lastSeq + distance + rival, record });
    }
    return { entries, messages };
  });

test("[JB17] of rivals the first is found at their offset", async () => {
  await fc.assert(
    fc.asyncProperty(contested, fc.nat(), async ({ entries, messages }, at) => {
      const last = entries.at(-1);
      if (last === undefined) return;
      const offset = 1 + (at % entries.length);
      const next = async (seq: number): Promise<Located | undefined> => messages.find((one) => one.seq >= seq);
      expect((await findOffset(offset, { last, next, isSerial: false })).seq).toBe(entries[offset - 1]?.seq);
    }),
  );
});

test("[JB17] of rivals only the first is read on to, wherever their messages lie and however they are looked for", async () => {
  await fc.assert(
    fc.asyncProperty(contested, fc.boolean(), async ({ entries, messages }, hasBatches) => {
      const get = getFrom(messages);
      const [from, last] = [entries[0], entries.at(-1)];
      if (from === undefined || last === undefined) return;
      const findMany = async ({ seq, batch }: { readonly seq: number; readonly batch: number }) =>
        messages.filter((one) => one.seq >= seq).slice(0, batch);
      const stream = { isSerial: false, hasBatches, findMany, find: get, get };
      const where = { stream, subject: "s", from, last, deadline: new Deadline(1_000) };
      const found = await readOnward({ ...where, maxCount: 100, maxBytes: Infinity });
      expect(found.map(({ seq }) => seq)).toEqual(entries.map(({ seq }) => seq));
    }),
  );
});

test("[JB21] a record is read as it was written, and anything else is none of ours", () => {
  const record: LogRecord = {
    ...makeRecord(7, 3),
    entry: { ...makeRecord(7, 3).entry, user: { id: "Ω", name: "Zoë" }, data: '{"a":\n 1}' },
  };
  expect(readRecord(writeRecord(record))).toEqual(record);
  const line = (...parts: readonly unknown[]): string => `${JSON.stringify(parts)}\n{}`;
  const seven = [1, 1, 0, 1, 0, 1, 1];
  const rest = ["n", "e", "h", "message", "m", { id: "u" }];
  expect(readRecord(line(1, seven, ...rest))).toBeDefined();
  for (const text of [
    "",
    "hello",
    "\n{}",
    line(2, seven, ...rest),
    line(1, seven, ...rest, "more"),
    line(1, seven.slice(1), ...rest),
    line(1, "1234567", ...rest),
    line(1, [1, 1, "0", 1, 0, 1, 1], ...rest),
    line(1, seven, 1, ...rest.slice(1)),
    line(1, seven, ...rest.slice(0, 5), { name: "u" }),
    line(1, seven, ...rest.slice(0, 5), null),
  ]) {
    expect(readRecord(text)).toBe(undefined);
  }
});

test("[JB18] of what was trimmed only that may be deleted which is older than ids are remembered", () => {
  const marks = new TrimMarks(800);
  for (let index = 1; index <= 20; index += 1) marks.note({ seq: index * 10, offset: index, atMs: index * 50 });
  // One in 100 ms is remembered: offsets 1, 3, 5, …
  expect(marks.take(100, 850)).toBe(undefined);
  expect(marks.take(1, 851)).toBe(undefined);
  expect(marks.take(2, 851)).toBe(11);
  expect(marks.take(2, 5_000)).toBe(undefined);
  expect(marks.take(6, 1_051)).toBe(51);
  for (let index = 1; index <= 1_000; index += 1) marks.note({ seq: index, offset: index, atMs: 10_000 + index * 100 });
  expect(marks.take(2_000, 1e9)).toBeGreaterThan(900); // few are kept, the newest among them
  const full = new TrimMarks(800);
  for (let index = 1; index <= 65; index += 1) full.note({ seq: index, offset: index, atMs: index * 100 });
  expect(full.take(65, 1e9)).toBe(65); // the 65th makes room: every other one goes, and not the newest
});

test.each([
  [10_002, "resource limits exceeded for account", "STORAGE_FULL"],
  [10_023, "insufficient resources", "STORAGE_FULL"],
  [10_047, "insufficient storage resources available", "STORAGE_FULL"],
  [10_077, "maximum bytes exceeded", "STORAGE_FULL"],
  [10_077, "write: no space left on device", "STORAGE_FULL"],
  [10_077, "write: input/output error", "STORAGE_UNAVAILABLE"],
  [10_024, "no message", "STORAGE_UNAVAILABLE"],
])("[JB9] error %i (%s) of the server is %s", (err_code, description, code) => {
  const error = toBrokerError({ code: 503, err_code, description }, "append");
  expect([error.code, error.message.endsWith(description)]).toEqual([code, true]);
});
