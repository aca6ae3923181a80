import fc from "fast-check";
import { expect, test } from "vitest";
import * as lines from "./timeline.ts";
import type { IncomingMessage, Timeline } from "./timeline.ts";

const ada = { id: "ada", name: "Ada" };
const said = { mentions: [], replyTo: undefined };
const sentFailed = { type: "failed", problem: "No", canRetry: true, needsNewId: false } as const;

function message(offset: number, change: Partial<IncomingMessage> = {}): IncomingMessage {
  return {
    messageId: `m${offset}`,
    user: ada,
    isMine: false,
    text: `text ${offset}`,
    ...said,
    callsMe: false,
    offset,
    atMs: offset * 1000,
    ...change,
  };
}

function messages(from: number, to: number): readonly IncomingMessage[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
}

function page(from: number, to: number, hasOlder: boolean): lines.LogPage {
  return { messages: messages(from, to), changes: [], firstOffset: from, lastOffset: to, hasOlder };
}

function live(from: number, to: number, timeline: Timeline = lines.emptyTimeline, isFollowing = true): Timeline {
  return messages(from, to).reduce((all, one) => lines.addLive(all, one, isFollowing), timeline);
}

function unread(timeline: Timeline, readOffset: number): number {
  return lines.countUnread(timeline, readOffset).unreadCount;
}

function offsets(timeline: Timeline): readonly number[] {
  return timeline.entries.flatMap((entry) => (entry.type === "message" ? [entry.offset] : []));
}

test("[WB5] messages of the log stand in the order they came", () => {
  const timeline = live(1, 3);
  expect(offsets(timeline)).toEqual([1, 2, 3]);
  expect(timeline).toMatchObject({ newestOffset: 3, hasOlder: false, isDetached: false });
});

test("[WB5] a log that begins before the first message has older ones", () => {
  expect(live(51, 52).hasOlder).toBe(true);
});

test("[WB5] a page of older messages comes before, without those that are there", () => {
  const timeline = lines.addOlder(live(11, 12), page(8, 11, false));
  expect(offsets(timeline)).toEqual([8, 9, 10, 11, 12]);
  expect(timeline.hasOlder).toBe(false);
});

test("[WB5] whatever comes first, the acknowledgement or the event, a message of one's own is there once", () => {
  const steps = fc.shuffledSubarray(["ack", "event", "older"], { minLength: 3 });
  fc.assert(
    fc.property(steps, (order) => {
      let timeline = lines.addOutgoing(live(5, 6), { messageId: "mine", text: "hi", ...said, atMs: 0 });
      for (const step of order) {
        if (step === "ack") timeline = lines.settleOutgoing(timeline, "mine", { type: "sent" });
        if (step === "event") timeline = lines.addLive(timeline, message(7, { messageId: "mine", isMine: true }), true);
        if (step === "older") timeline = lines.addOlder(timeline, page(1, 4, false));
      }
      expect(offsets(timeline)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(timeline.outgoing).toEqual([]);
    }),
  );
});

test("[WB6] at the end, the oldest message makes room for one past the limit", () => {
  const full = live(1, lines.maxHeldCount);
  expect(full.hasOlder).toBe(false);
  const timeline = live(lines.maxHeldCount + 1, lines.maxHeldCount + 1, full);
  expect(timeline.entries).toHaveLength(lines.maxHeldCount);
  expect(offsets(timeline)[0]).toBe(2);
  expect(timeline).toMatchObject({ hasOlder: true, isDetached: false });
});

test("[WB6] for a reader further up, nothing is taken away: the timeline detaches from the present", () => {
  const full = live(1, lines.maxHeldCount);
  const timeline = live(lines.maxHeldCount + 1, lines.maxHeldCount + 2, full, false);
  expect(timeline.entries).toBe(full.entries);
  expect(timeline).toMatchObject({ isDetached: true, newestOffset: lines.maxHeldCount + 2 });
});

test("[WB6] older pages past the limit let the newest go, and the present can be shown again", () => {
  const above = lines.addOlder(live(101, 100 + lines.maxHeldCount), page(51, 100, true));
  expect(above.entries).toHaveLength(lines.maxHeldCount);
  expect(offsets(above).at(-1)).toBe(50 + lines.maxHeldCount);
  expect(above.isDetached).toBe(true);
  const present = lines.showPresent(above, page(551, 600, true));
  expect(offsets(present)).toEqual(messages(551, 600).map(({ offset }) => offset));
  expect(present.isDetached).toBe(false);
});

test("[WB6] a present that became past on its way is not called the present", () => {
  const above = { ...live(1, 3), isDetached: true, newestOffset: 9 };
  expect(lines.showPresent(above, page(7, 8, true)).isDetached).toBe(true);
});

test("[WB7] a gap stands between the messages it parts", () => {
  const timeline = live(9, 9, lines.addGap(live(1, 3), { reason: "trimmed", from: 3, to: 8 }));
  expect(timeline.entries.map(({ type }) => type)).toEqual(["message", "message", "message", "gap", "message"]);
  expect(timeline.newestOffset).toBe(9);
});

test("[WB7] who has seen nothing is told of no gap", () => {
  expect(lines.addGap(lines.emptyTimeline, { reason: "epoch", from: 0, to: 4 })).toEqual({
    ...lines.emptyTimeline,
    newestOffset: 4,
  });
});

test("[WB7] offsets that a damaged log gives out again are other messages", () => {
  const timeline = live(3, 4, lines.addGap(live(1, 4), { reason: "truncated", from: 4, to: 2 }));
  expect(offsets(timeline)).toEqual([1, 2, 3, 4, 3, 4]);
  expect(new Set(timeline.entries.map(({ key }) => key)).size).toBe(timeline.entries.length);
});

test("[WB7] nothing older is looked for across another log", () => {
  const seen = live(51, 52);
  expect(lines.addGap(seen, { reason: "epoch", from: 52, to: 0 }).hasOlder).toBe(false);
  expect(lines.addGap(seen, { reason: "trimmed", from: 52, to: 60 }).hasOlder).toBe(true);
});

test("[WB8] a message of one's own is pending, then failed, then pending again at the end", () => {
  let timeline = lines.addOutgoing(lines.emptyTimeline, { messageId: "a", text: "one", ...said, atMs: 1 });
  timeline = lines.addOutgoing(timeline, { messageId: "b", text: "two", ...said, atMs: 2 });
  timeline = lines.settleOutgoing(timeline, "a", sentFailed);
  expect(timeline.outgoing.map(({ state }) => state.type)).toEqual(["failed", "pending"]);
  timeline = lines.addOutgoing(timeline, { messageId: "a", text: "one", ...said, atMs: 3 });
  expect(timeline.outgoing.map(({ messageId, state }) => [messageId, state.type])).toEqual([
    ["b", "pending"],
    ["a", "pending"],
  ]);
});

test("[WB8] a discarded message is gone; settling it later brings nothing back", () => {
  const timeline = lines.discardOutgoing(
    lines.addOutgoing(lines.emptyTimeline, { messageId: "a", text: "one", ...said, atMs: 1 }),
    "a",
  );
  expect(lines.settleOutgoing(timeline, "a", { type: "sent" }).outgoing).toEqual([]);
});

test("[WB9] unread are the messages of others after what was read", () => {
  const timeline = lines.addLive(live(1, 4), message(5, { isMine: true }), true);
  expect(unread(timeline, 2)).toBe(2);
  expect(unread(timeline, 5)).toBe(0);
});

test("[WB9] messages that came while detached count, though they are not held", () => {
  const timeline = live(501, 510, live(1, 500), false);
  expect(unread(timeline, 500)).toBe(10);
  expect(unread(timeline, 498)).toBe(12);
});

test("[WB9] what was taken back and what is no message is not unread, calls are counted beside", () => {
  const target = { offset: 2, id: "m2" };
  const called = lines.addLive(live(1, 3), message(4, { callsMe: true }), true);
  expect(lines.countUnread(called, 1)).toEqual({ unreadCount: 3, mentionCount: 1 });
  const removed = lines.addLiveChange(called, { change: { type: "remove", target }, user: ada, offset: 5 }, "c");
  expect(lines.countUnread(removed, 1)).toEqual({ unreadCount: 2, mentionCount: 1 });
  expect(lines.countUnread(removed, 5)).toEqual({ unreadCount: 0, mentionCount: 0 });
  expect(lines.countUnread(removed, undefined)).toEqual({ unreadCount: 0, mentionCount: 0 });
  expect(removed.newestOffset).toBe(5);
});

test("[WB9] at most 1,000 messages that are not held are counted", () => {
  const full = { ...live(1, 1), isDetached: true };
  const timeline = live(2, lines.maxBeyondCount + 3, full, false);
  expect(timeline.beyond).toHaveLength(lines.maxBeyondCount);
  expect(lines.addOlder(timeline, page(0, 0, false)).beyond).toHaveLength(lines.maxBeyondCount);
});

test("[WB20] one's own change shows at once, and until the log has it or the server refuses it", () => {
  const change = { type: "edit", target: { offset: 1, id: "m1" }, text: "better", mentions: [] } as const;
  const waiting = lines.addPendingChange(live(1, 2), { id: "c", change });
  expect(waiting.pendingChanges).toHaveLength(1);
  const told = lines.addLiveChange(waiting, { change, user: ada, offset: 3 }, "c");
  expect([told.pendingChanges, told.changes.get("1/m1")?.edit?.text]).toEqual([[], "better"]);
  const refused = lines.dropPendingChange(waiting, "c");
  expect([refused.pendingChanges, refused.changes.size]).toEqual([[], 0]);
  expect(lines.addGap(waiting, { reason: "epoch", from: 2, to: 0 }).pendingChanges).toEqual([]);
});

test("[WB20] a page of nothing but changes is a page: what is older is asked for before it", () => {
  const change = { type: "remove", target: { offset: 3, id: "m3" } } as const;
  const changes = [{ change, user: ada, offset: 8 }];
  const timeline = lines.addOlder(live(11, 12), {
    messages: [],
    changes,
    firstOffset: 8,
    lastOffset: 8,
    hasOlder: true,
  });
  expect(timeline).toMatchObject({ oldestOffset: 8, hasOlder: true });
  expect(timeline.changes.get("3/m3")?.isRemoved).toBe(true);
});
