import { expect, test } from "vitest";
import { createJsonTailView, createTailView, type TailRecord } from "./tail-view.ts";

const now = new Date(2026, 0, 31, 12, 0, 0).getTime();
const entry: TailRecord = {
  type: "event",
  channel: "chat/1",
  event: "message",
  offset: 7,
  position: "7.00000001.0000000000000000",
  id: "m",
  user: { id: "ada" },
  at: new Date(now - 1_000).toISOString(),
  data: { text: "a\u001b[2J\u202eb" },
};
const user = { id: "u1", name: "Ada" };

function shown(records: readonly TailRecord[], hasColors = false): readonly string[] {
  const lines: string[] = [];
  const view = createTailView(
    { entry: (text) => lines.push(text), note: (text) => lines.push(`# ${text}`) },
    { hasColors, now: () => now },
  );
  for (const record of records) view.show(record);
  return lines;
}

test("[CM64] an entry is a line: time, offset, who, event, data, with nothing in it that a terminal would obey", () => {
  expect(shown([entry])).toEqual(['11:59:59  #7      ada  message  {"text":"a\\u001b[2J\\u202eb"}']);
  const old = { ...entry, at: new Date(2025, 11, 1, 8, 5, 9).toISOString(), user, data: 1 };
  expect(shown([old])).toEqual(["2025-12-01 08:05:09  #7      Ada  message  1"]);
  expect(shown([old], true)[0]).toContain("\u001b[36mAda\u001b[39m");
});

test("[CM64] what is not an entry is told in a sentence of its own, and nothing of it on stdout but what a channel said", () => {
  const channel = "chat/1";
  const gap = { type: "gap", channel, reason: "trimmed", position: "" } as const;
  const back = { type: "back", awayMs: 3_040, lostCount: 0 } as const;
  expect(
    shown([
      { type: "live", channel, shownCount: 3 },
      { ...gap, from: 1, to: 4 },
      { ...gap, from: 1, to: 2 },
      { ...gap, reason: "truncated", from: 9, to: 4 },
      { type: "lost", reason: "It\nbroke", retryInMs: 1_500 },
      { ...back, recoveredCount: 0 },
      { ...back, recoveredCount: 1, lostCount: 1 },
      { ...back, recoveredCount: 12, lostCount: 3 },
      { type: "presence", channel, joined: [user, { id: "bob" }], leftCount: 2, memberCount: 7 },
      { type: "ephemeral", channel, event: "typing", user, data: {} },
      { type: "latest", channel, event: "price", key: "X\n", user, data: 1 },
    ]),
  ).toEqual([
    "# -- chat/1 is followed from here on",
    "# -- gap: #2 to #4 are gone (trimmed: older than what is kept)",
    "# -- gap: #2 is gone (trimmed: older than what is kept)",
    "# -- gap: what came after #4 is withdrawn (truncated: the store lost its end)",
    "# -- It\\nbroke; trying again in 1.5 s",
    "# -- back after 3.0 s: nothing was missed",
    "# -- back after 3.0 s: 1 missed entry was recovered, 1 is gone",
    "# -- back after 3.0 s: 12 missed entries were recovered, 3 are gone",
    "# -- here: Ada, bob; 2 left; 7 in all",
    "~  Ada  typing  {}",
    "=  Ada  price  X\\n  1",
  ]);
});

test("[CM64] at a terminal a loss is yellow, and what is only said is dim", () => {
  const [live, lost] = shown(
    [
      { type: "live", channel: "chat/1", shownCount: 0 },
      { type: "lost", reason: "It broke", retryInMs: 0 },
    ],
    true,
  );
  expect([live, lost]).toEqual([
    "# \u001b[2m-- chat/1 is followed from here on\u001b[22m",
    "# \u001b[33m-- It broke; trying again in 0.0 s\u001b[39m",
  ]);
});

test("[CM64] with --json every record is one object on a line", () => {
  const lines: string[] = [];
  createJsonTailView((text) => lines.push(text)).show(entry);
  expect(lines[0]?.endsWith("}\n")).toBe(true);
  expect(JSON.parse(lines[0] ?? "")).toEqual(entry);
});
