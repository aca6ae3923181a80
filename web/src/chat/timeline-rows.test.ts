import { expect, test } from "vitest";
import * as lines from "./timeline.ts";
import { gapSentence, groupWithinMs, isSameRow, timelineRows } from "./timeline-rows.ts";

const ada = { id: "ada", name: "Ada" };
const bob = { id: "bob", name: "Bob" };
const noonMs = new Date(2026, 10, 24, 12).getTime();

const plain = { mentions: [], replyTo: undefined, callsMe: false };

function said(offset: number, user: typeof ada, atMs: number): lines.IncomingMessage {
  return { messageId: `m${offset}`, user, isMine: user === bob, text: "x", ...plain, offset, atMs };
}

function shape(timeline: lines.Timeline, readOffset?: number): readonly string[] {
  return timelineRows(timeline, { me: bob, readOffset }).map((row) =>
    row.type === "message" || row.type === "outgoing" ? `${row.type}${row.isGroupStart ? " start" : ""}` : row.type,
  );
}

function timelineOf(...messages: readonly lines.IncomingMessage[]): lines.Timeline {
  return messages.reduce((all, one) => lines.addLive(all, one, true), lines.emptyTimeline);
}

test("[WB10] one author's messages within five minutes stand under one name", () => {
  const timeline = timelineOf(
    said(1, ada, noonMs),
    said(2, ada, noonMs + groupWithinMs),
    said(3, ada, noonMs + 2 * groupWithinMs + 1),
    said(4, bob, noonMs + 2 * groupWithinMs + 2),
  );
  expect(shape(timeline)).toEqual(["day", "message start", "message", "message start", "message start"]);
});

test("[WB10] a new day has its line, and begins a group", () => {
  const midnightMs = new Date(2026, 10, 25).getTime();
  expect(shape(timelineOf(said(1, ada, midnightMs - 1), said(2, ada, midnightMs)))).toEqual([
    "day",
    "message start",
    "day",
    "message start",
  ]);
});

test("[WB10] a gap parts a group", () => {
  const timeline = lines.addLive(
    lines.addGap(timelineOf(said(1, ada, noonMs)), { reason: "trimmed", from: 1, to: 8 }),
    said(9, ada, noonMs),
    true,
  );
  expect(shape(timeline)).toEqual(["day", "message start", "gap", "message start"]);
});

test("[WB10] the line over the unread stands before the first message of another after what was read", () => {
  const timeline = timelineOf(said(1, ada, noonMs), said(2, bob, noonMs), said(3, ada, noonMs));
  expect(shape(timeline, 1)).toEqual(["day", "message start", "message start", "unread", "message start"]);
  expect(shape(timeline, 3)).not.toContain("unread");
  expect(shape(timeline, 0)).not.toContain("unread");
});

test("[WB10] one's own waiting messages follow the stored ones", () => {
  const timeline = lines.addOutgoing(timelineOf(said(1, bob, noonMs)), {
    messageId: "w",
    text: "x",
    ...plain,
    atMs: noonMs + 1,
  });
  expect(shape(timeline)).toEqual(["day", "message start", "outgoing"]);
});

test("[WB7] every reason of a gap has its sentence", () => {
  const gap = { type: "gap", key: "gap-1", from: 3, to: 4 } as const;
  expect(gapSentence({ ...gap, reason: "trimmed" })).toBe("1 message from while you were away is no longer kept");
  expect(gapSentence({ ...gap, reason: "trimmed", to: 1203 })).toBe(
    "1,200 messages from while you were away are no longer kept",
  );
  expect(gapSentence({ ...gap, reason: "truncated" })).toContain("lost its newest messages");
  expect(gapSentence({ ...gap, reason: "epoch" })).toContain("started anew");
});

test("[WB20] a message that was taken back has no row, and nothing stands in its place", () => {
  const timeline = timelineOf(said(1, ada, noonMs), said(2, bob, noonMs), said(3, ada, noonMs));
  const change = { type: "remove", target: { offset: 2, id: "m2" } } as const;
  const removed = lines.addLiveChange(timeline, { change, user: bob, offset: 4 }, "c");
  expect(shape(removed)).toEqual(["day", "message start", "message"]);
});

test("[WB10] an answer begins a group and has what it answers, as long as that is held", () => {
  const answer = { ...said(2, ada, noonMs), replyTo: { offset: 1, id: "m1" } };
  const rows = timelineRows(timelineOf(said(1, ada, noonMs), answer), { me: bob, readOffset: undefined });
  expect(rows.at(-1)).toMatchObject({ isGroupStart: true, answered: { messageId: "m1" } });
  const alone = timelineRows(timelineOf(answer), { me: bob, readOffset: undefined });
  expect(alone.at(-1)).toMatchObject({ answered: undefined });
});

test("[WB10] a row is the same as long as nothing that it draws has changed", () => {
  const before = timelineOf(said(1, ada, noonMs), said(2, ada, noonMs));
  const change = { type: "reaction", target: { offset: 1, id: "m1" }, emoji: "👍", isOn: true } as const;
  const after = lines.addLiveChange(before, { change, user: bob, offset: 3 }, "c");
  const [one, other] = [before, after].map((timeline) => timelineRows(timeline, { me: bob, readOffset: undefined }));
  const isSame = one?.map((row, index) => isSameRow(row, other?.[index] ?? row));
  expect(isSame).toEqual([true, false, true]);
});
