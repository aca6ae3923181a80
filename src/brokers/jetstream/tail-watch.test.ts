import { beforeEach, expect, test } from "vitest";
import type { KnownLog } from "../../gateway/index.ts";
import type { Position } from "../../wire/index.ts";
import { Deadline } from "./deadline.ts";
import { TailWatch } from "./tail-watch.ts";

const deadline = new Deadline(1_000);
const at = (offset: number): Position => ({ epoch: "e", offset, tag: offset * 10 });

/** The messages of a stream, from 1 on: the channel of each, and when it was stored. */
let messages: { readonly channel: string; readonly stamp: string }[];
let questions: string[];
let nowMs: number;
let clock: number;
let watch: TailWatch;
let onQuestion: (question: string) => void;

beforeEach(() => {
  [messages, questions, nowMs, clock, onQuestion] = [[], [], 0, 0, () => undefined];
  const ask = <Answer>(question: string, answer: () => Answer): Promise<Answer> => {
    questions.push(question);
    const given = answer();
    onQuestion(question);
    return Promise.resolve(given);
  };
  const stream = {
    end: () => ask("end", () => ({ seq: messages.length, stamp: messages.at(-1)?.stamp ?? "" })),
    stampOf: (seq: number) => ask(`stamp ${seq}`, () => messages[seq - 1]?.stamp),
    subjectAt: (seq: number) => ask(`subject ${seq}`, () => messages[seq - 1]?.channel),
    subjectOf: (channel: string) => channel,
  };
  watch = new TailWatch({ stream, now: () => nowMs, random: () => 0.5 });
});

/** Stores a message. @returns its sequence. */
function store(channel: string): number {
  clock += 1;
  return messages.push({ channel, stamp: `t${clock}` });
}

const offsetOf = (channel: string): number => messages.filter((message) => message.channel === channel).length;

/** A node reads these logs whole, and compares what it knows from then on. */
function read(...channels: readonly string[]): KnownLog[] {
  return channels.map((channel) => {
    const position = at(offsetOf(channel));
    watch.reading(channel)(messages.findLastIndex((message) => message.channel === channel) + 1, position);
    return { channel, position };
  });
}

async function others(known: readonly KnownLog[]): Promise<readonly string[]> {
  return (await watch.compare(known, deadline)).map(({ channel }) => channel);
}

test("[JB29] while nothing comes to the stream, logs that were read are as known, by one question for all", async () => {
  for (const channel of ["a", "b", "b"]) store(channel);
  await watch.catchUp(0, deadline);
  const known = read("a", "b", "c");
  questions = [];
  expect(await others(known)).toEqual([]);
  expect(await others(known)).toEqual([]);
  expect(questions).toEqual(["end", "end"]);
});

test("[JB29] a log that was not read since, or was forgotten, is another; so is one that ends elsewhere, and where is told", async () => {
  store("a");
  await watch.catchUp(0, deadline);
  const known = read("a", "b");
  expect(await others([...known, { channel: "c", position: at(0) }])).toEqual(["c"]);
  expect(await watch.compare([{ channel: "a", position: at(7) }], deadline)).toEqual([{ channel: "a", top: at(1) }]);
  watch.forget("a");
  expect(await others(known)).toEqual(["a"]);
});

test("[JB30] of messages that nobody heard of, whose they are is asked, once, and only that log is another", async () => {
  await watch.catchUp(0, deadline);
  const known = read("a", "b", "c");
  for (const channel of ["x", "b", "y"]) store(channel);
  questions = [];
  expect(await others(known)).toEqual(["b"]);
  expect(questions).toEqual(["end", "subject 1", "subject 2", "subject 3"]);
  expect(await others(read("b"))).toEqual([]);
  expect(questions.slice(4)).toEqual(["end"]);
});

test("[JB30] a message that was heard of is not asked for, and moves its log", async () => {
  await watch.catchUp(0, deadline);
  const known = read("a", "b");
  watch.heard("a", store("a"), at(1));
  watch.heard("x", store("x"), at(1));
  store("b");
  questions = [];
  const found = await watch.compare(known, deadline);
  expect(found).toEqual([{ channel: "a", top: at(1) }, { channel: "b" }]);
  expect(questions).toEqual(["end", "subject 3"]);
  expect(await others([{ channel: "a", position: at(1) }])).toEqual([]);
});

test("[JB30] a hint that comes late moves its log no further back, and one of an older message not at all", async () => {
  await watch.catchUp(0, deadline);
  const [first, second] = [store("a"), store("a")];
  read("a");
  watch.heard("a", first, at(1));
  watch.heard("a", second, at(7));
  expect(await others([{ channel: "a", position: at(2) }])).toEqual([]);
});

test("[JB30] a log that was read behind a message while that was asked for stays as it was read", async () => {
  await watch.catchUp(0, deadline);
  const known = read("a", "b");
  store("a");
  onQuestion = (question) => {
    if (question === "subject 1") known[0] = read("a")[0] ?? { channel: "", position: at(0) };
  };
  expect(await others(known)).toEqual([]);
});

test("[JB31] more than there are logs to compare are not asked for: then each log is read", async () => {
  await watch.catchUp(0, deadline);
  const known = read("a", "b");
  store("x");
  store("x");
  expect(await others(known)).toEqual([]);
  for (let count = 0; count < 3; count += 1) store("x");
  questions = [];
  expect(await others(known)).toEqual(["a", "b"]);
  expect(questions).toEqual(["end", "stamp 2"]);
  expect(await others(read("a", "b"))).toEqual([]);
});

test("[JB31] at most 10 000 messages are remembered as heard of; at one more each log is read", async () => {
  await watch.catchUp(0, deadline);
  const known = read("a");
  for (let count = 0; count < 10_000; count += 1) watch.heard("x", store("x"), at(1));
  expect(await others(known)).toEqual([]);
  for (let count = 0; count < 10_001; count += 1) watch.heard("x", store("x"), at(1));
  expect(await others(known)).toEqual(["a"]);
});

test.each([
  ["is shorter", () => messages.pop()],
  ["has another message at its end", () => messages.splice(-1, 1, { channel: "a", stamp: "other" })],
  [
    "has another message where it ended",
    () => messages.splice(-1, 1, { channel: "x", stamp: "other" }, { channel: "y", stamp: "new" }),
  ],
  [
    "has none any more where it ended",
    () => messages.splice(-1, 1, { channel: "x", stamp: "" }, { channel: "y", stamp: "new" }),
  ],
  ["is empty", () => messages.splice(0)],
])("[JB32] of a stream that %s each log is read", async (_, lose) => {
  for (const channel of ["a", "b", "a"]) store(channel);
  await watch.catchUp(0, deadline);
  const known = read("a", "b");
  expect(await others(known)).toEqual([]);
  lose();
  expect(await others(known)).toEqual(["a", "b"]);
});

test("[JB32] where a log ended is not believed of a read that began before the stream was looked at anew", async () => {
  await watch.catchUp(0, deadline);
  const noted = watch.reading("a");
  store("a");
  await watch.catchUp(1, deadline); // its log was not known, so that the message is of no use
  noted(0, at(0));
  expect(await others([{ channel: "a", position: at(0) }])).toEqual(["a"]);
});

test("[JB32] looks that are asked for meanwhile share one that begins afterwards", async () => {
  await watch.catchUp(0, deadline);
  const known = read("a");
  questions = [];
  const first = others(known);
  await Promise.resolve();
  onQuestion = () => undefined;
  const rest = [others(known), others(known)];
  await first;
  await Promise.all(rest);
  expect(questions).toEqual(["end", "end"]);
});

test("[JB32] a look that fails is made again", async () => {
  store("a");
  onQuestion = () => {
    throw new Error("no leader");
  };
  await expect(watch.catchUp(0, deadline)).rejects.toThrow("no leader");
  onQuestion = () => undefined;
  await watch.catchUp(0, deadline);
  expect(await others(read("a"))).toEqual([]);
});

test("[JB32] when too much was heard of while a look was under way, that look counts for nothing", async () => {
  await watch.catchUp(0, deadline);
  const known = read("a");
  store("x");
  onQuestion = (question) => {
    if (question !== "subject 1") return;
    onQuestion = () => undefined;
    for (let seq = 2; seq <= 10_002; seq += 1) watch.heard("x", seq, at(1));
  };
  expect(await others(known)).toEqual(["a"]);
  expect(await others(read("a"))).toEqual(["a"]); // the stream is looked at anew behind that read
  expect(await others(read("a"))).toEqual([]);
});

test("[JB33] where a log ends is believed for 30 s, give or take a half: somebody may delete a message by hand", async () => {
  await watch.catchUp(0, deadline);
  const known = read("a");
  nowMs = 29_999;
  expect(await others(known)).toEqual([]);
  nowMs = 30_000;
  expect(await others(known)).toEqual(["a"]);
});
