/** Each rule with the smallest history that keeps it and the smallest that breaks it. */
import { expect, test } from "vitest";
import { checkHistory, describeVerdict } from "./check-history.ts";
import { readHistory, writeHistory, type HistoryEvent } from "./event.ts";

const channel = "chat/1";
const epoch = "e1";
type Partly<Type extends HistoryEvent["type"]> = Partial<Extract<HistoryEvent, { readonly type: Type }>>;

function publish(id: string, more: Partly<"publish"> = {}): HistoryEvent {
  return { type: "publish", atMs: 0, client: "a", channel, user: "ada", id, hash: `${id}!`, ...more };
}
function ack(id: string, offset: number, more: Partly<"ack"> = {}): HistoryEvent {
  const said = { durability: "fsync", duplicate: false } as const;
  return { type: "ack", atMs: 0, client: "a", channel, user: "ada", id, epoch, offset, tag: offset, ...said, ...more };
}
function fail(id: string): HistoryEvent {
  return { type: "fail", atMs: 0, client: "a", channel, user: "ada", id, code: "BAD_DATA" };
}
function unknown(id: string): HistoryEvent {
  return { type: "unknown", atMs: 0, client: "a", channel, user: "ada", id };
}
function subscribe(client: string, offset: number): HistoryEvent {
  return { type: "subscribe", atMs: 0, client, channel, epoch, offset };
}
function receive(client: string, id: string, offset: number, more: Partly<"receive"> = {}): HistoryEvent {
  return {
    type: "receive",
    atMs: 0,
    client,
    channel,
    user: "ada",
    id,
    hash: `${id}!`,
    epoch,
    offset,
    tag: offset,
    ...more,
  };
}
function gap(client: string, from: number, to: number, more: Partly<"gap"> = {}): HistoryEvent {
  const places = { from: { epoch, offset: from, tag: from }, to: { epoch, offset: to, tag: to } };
  return { type: "gap", atMs: 0, client, channel, reason: "trimmed", ...places, ...more };
}
function quiet(client: string): HistoryEvent {
  return { type: "quiet", atMs: 0, client, channel };
}
function stored(id: string, offset: number, more: Partly<"stored"> = {}): HistoryEvent {
  return { type: "stored", atMs: 0, channel, user: "ada", id, hash: `${id}!`, epoch, offset, tag: offset, ...more };
}

function brokenRules(...events: readonly HistoryEvent[]): readonly string[] {
  return [...new Set(checkHistory(events).violations.map((violation) => violation.rule))].sort();
}

const written = [publish("x"), ack("x", 1), publish("y"), ack("y", 2)];
const log = [stored("x", 1), stored("y", 2)];

test("[HK1] an acknowledged message must be in the log at its place", () => {
  expect(brokenRules(...written, ...log)).toEqual([]);
  expect(brokenRules(...written, stored("x", 1))).toEqual(["HK1"]);
  expect(brokenRules(publish("x"), ack("x", 1), stored("z", 1))).toEqual(["HK1"]);
  expect(brokenRules(publish("x"), ack("x", 1), stored("x", 1, { user: "bob" }))).toEqual(["HK1"]);
});

test("[HK1] what was trimmed from the log is not lost, and a fault beyond the level excuses a loss", () => {
  expect(brokenRules(...written, stored("y", 2))).toEqual([]);
  const fault = { type: "fault", atMs: 1, name: "power loss", phase: "start", survivedBy: "fsync" } as const;
  expect(brokenRules(publish("x"), ack("x", 1, { durability: "os" }), fault)).toEqual([]);
  expect(brokenRules(publish("x"), ack("x", 1, { durability: "fsync" }), fault)).toEqual(["HK1"]);
  expect(brokenRules(publish("x"), ack("x", 1, { durability: "os", atMs: 2 }), fault)).toEqual(["HK1"]);
});

test("[HK2] a refused message is neither stored nor seen, unless a retry of it was taken or is unknown", () => {
  expect(brokenRules(publish("x"), fail("x"))).toEqual([]);
  expect(brokenRules(publish("x"), fail("x"), stored("x", 1))).toEqual(["HK2"]);
  expect(brokenRules(publish("x"), fail("x"), receive("b", "x", 1))).toEqual(["HK2", "HK7"]);
  expect(brokenRules(publish("x"), fail("x"), ack("x", 1), stored("x", 1))).toEqual([]);
  expect(brokenRules(publish("x"), fail("x"), unknown("x"), stored("x", 1))).toEqual([]);
});

test("[HK3] a place holds one message for every reader and the log", () => {
  expect(brokenRules(receive("b", "x", 1), receive("c", "x", 1), stored("x", 1))).toEqual([]);
  expect(brokenRules(receive("b", "x", 1), receive("c", "y", 1))).toEqual(["HK3", "HK7"]);
  expect(brokenRules(receive("b", "x", 1, { tag: 7 }), stored("x", 1, { tag: 8 }))).toEqual(["HK3", "HK7"]);
  expect(brokenRules(receive("b", "x", 1, { hash: "?" }), stored("x", 1))).toEqual(["HK3", "HK7"]);
});

test("[HK4] a message is stored once, acknowledged at one place and seen once", () => {
  expect(brokenRules(stored("x", 1), stored("x", 2))).toEqual(["HK4"]);
  expect(brokenRules(publish("x"), ack("x", 1), ack("x", 1, { duplicate: true }), stored("x", 1))).toEqual([]);
  expect(brokenRules(publish("x"), ack("x", 1), ack("x", 2), stored("x", 2), stored("z", 3))).toEqual(["HK4"]);
  expect(brokenRules(receive("b", "x", 1), receive("b", "x", 1), stored("x", 1))).toEqual(["HK4", "HK5"]);
  expect(brokenRules(stored("x", 1), stored("x", 2, { user: "bob" }))).toEqual([]);
});

test("[HK5] a reader sees one offset after the other, except what a gap told", () => {
  expect(brokenRules(subscribe("b", 0), receive("b", "x", 1), receive("b", "y", 2), ...log)).toEqual([]);
  expect(brokenRules(subscribe("b", 0), receive("b", "y", 2), ...log)).toEqual(["HK5"]);
  expect(brokenRules(subscribe("b", 0), gap("b", 0, 1), receive("b", "y", 2), stored("y", 2))).toEqual([]);
  expect(brokenRules(subscribe("b", 1), gap("b", 0, 1), receive("b", "y", 2), stored("y", 2))).toEqual(["HK5"]);
  expect(brokenRules(receive("b", "y", 2), receive("b", "x", 1), ...log)).toEqual(["HK5", "HK8"]);
});

test("[HK6] a told gap is real: trimmed, rolled back or another epoch", () => {
  const other = { from: { epoch: "e0", offset: 9, tag: 9 }, to: { epoch, offset: 0, tag: 0 } };
  const stale = { from: { epoch, offset: 2, tag: 99 }, to: { epoch, offset: 2, tag: 2 } };
  expect(brokenRules(subscribe("b", 0), gap("b", 0, 1), ...log)).toEqual(["HK6"]);
  expect(brokenRules(subscribe("b", 0), gap("b", 0, 1), stored("y", 2))).toEqual([]);
  expect(brokenRules(gap("b", 9, 0, { ...other, reason: "epoch" }), ...log)).toEqual([]);
  expect(brokenRules(gap("b", 2, 2, { ...stale, reason: "truncated" }), ...log)).toEqual([]);
  expect(brokenRules(gap("b", 2, 2, { reason: "truncated" }), ...log)).toEqual(["HK6"]);
  expect(brokenRules(gap("b", 5, 2, { reason: "truncated" }), ...log)).toEqual([]);
});

test("[HK7] what was seen is in the log, or a gap took it back", () => {
  expect(brokenRules(receive("b", "x", 1), ...log)).toEqual([]);
  expect(brokenRules(receive("b", "z", 3), ...log)).toEqual(["HK7"]);
  expect(brokenRules(receive("b", "w", 1), stored("y", 2))).toEqual([]);
});

test("[HK7] only a fault beyond the level may take back what was seen", () => {
  const takenBack = gap("b", 3, 2, { reason: "truncated" });
  const failover = { type: "fault", atMs: 0, name: "failover", phase: "start", survivedBy: "quorum" } as const;
  const kill = { ...failover, name: "kill -9", survivedBy: "os" } as const;
  expect(brokenRules(...written, receive("b", "z", 3), failover, takenBack, ...log)).toEqual([]);
  expect(brokenRules(...written, receive("b", "z", 3), kill, takenBack, ...log)).toEqual(["HK7"]);
});

test("[HK8] no two readers see two messages in different orders", () => {
  const one = [receive("b", "x", 1), receive("b", "y", 2)];
  expect(brokenRules(...one, receive("c", "x", 1), receive("c", "y", 2), ...log)).toEqual([]);
  const verdict = checkHistory([...one, receive("c", "y", 1), receive("c", "x", 2)]);
  const violation = verdict.violations.find(({ rule }) => rule === "HK8");
  expect(violation?.slice).toEqual([...one, receive("c", "y", 1), receive("c", "x", 2)]);
});

test("[HK9] what was acknowledged before another publish began comes first", () => {
  expect(brokenRules(publish("x"), publish("y"), ack("y", 1), ack("x", 2), stored("y", 1), stored("x", 2))).toEqual([]);
  expect(brokenRules(publish("x"), ack("x", 2), publish("y"), ack("y", 1), stored("y", 1), stored("x", 2))).toEqual([
    "HK9",
  ]);
});

test("[HK10] every publish is acknowledged, refused or reported as unknown", () => {
  expect(brokenRules(publish("x"))).toEqual(["HK10"]);
  expect(brokenRules(publish("x"), unknown("x"))).toEqual([]);
  expect(brokenRules(publish("x"), unknown("x"), stored("x", 1))).toEqual([]);
});

test("[HK11] a reader that was given time saw the log to its end", () => {
  expect(brokenRules(subscribe("b", 0), receive("b", "x", 1), receive("b", "y", 2), quiet("b"), ...log)).toEqual([]);
  expect(brokenRules(subscribe("b", 0), receive("b", "x", 1), quiet("b"), ...log)).toEqual(["HK11"]);
  expect(brokenRules(subscribe("b", 0), receive("b", "x", 1), ...log)).toEqual([]);
});

const failover = { type: "fault", atMs: 5, name: "failover", phase: "start", survivedBy: "quorum" } as const;

test("[HK1] an acknowledgement is for what that send carried, not for what its id once meant", () => {
  const first = [publish("x"), ack("x", 1), stored("x", 1)];
  expect(brokenRules(...first, ack("x", 1, { hash: "x!" }))).toEqual([]);
  expect(brokenRules(...first, ack("x", 1, { hash: "other" }))).toEqual(["HK1"]);
  const anew = [ack("x", 1, { hash: "other", atMs: 9, sentAtMs: 8 }), stored("x", 1, { hash: "other" })];
  expect(brokenRules(publish("x"), ack("x", 1, { atMs: 4 }), failover, ...anew)).toEqual([]);
});

test("[HK1] what a send stored may be lost before its answer has come", () => {
  const late = (sentAtMs: number): HistoryEvent => ack("x", 1, { atMs: 9, sentAtMs });
  expect(brokenRules(publish("x"), failover, late(4))).toEqual([]);
  expect(brokenRules(publish("x"), failover, late(6))).toEqual(["HK1"]);
});

test("[HK4] what the store lost may be stored and acknowledged elsewhere", () => {
  const twice = [ack("x", 2, { atMs: 4 }), ack("x", 1, { atMs: 9 }), stored("x", 1)];
  expect(brokenRules(publish("x"), ...twice)).toEqual(["HK1", "HK4"]);
  expect(brokenRules(publish("x"), failover, ...twice)).toEqual([]);
});

test("[HK6] a gap of a log that is not there any more cannot be called a lie", () => {
  const told = gap("b", 1, 1, { reason: "truncated" });
  expect(brokenRules(told, stored("x", 1))).toEqual(["HK6"]);
  expect(brokenRules(told, stored("x", 1, { epoch: "e2" }))).toEqual([]);
});

test("[HK7] a reader that went away before a fault beyond the level is not told", () => {
  const seen = [...written, subscribe("b", 2), receive("b", "z", 3, { atMs: 4 }), ...log];
  expect(brokenRules(...seen)).toEqual(["HK7"]);
  expect(brokenRules(...seen, failover)).toEqual([]);
  expect(brokenRules(...seen, failover, gap("b", 3, 2, { atMs: 6 }), quiet("b"))).toEqual([]);
  expect(brokenRules(...seen, failover, quiet("b"))).toEqual(["HK7"]);
});

test("[HK7] a node may give what it has at hand for so long after the fault as the recorder says", () => {
  const stale = [...written, subscribe("b", 2), receive("b", "z", 3, { atMs: 8 }), failover, ...log];
  expect(checkHistory(stale, { noticeMs: 3 }).isValid).toBe(true);
  expect(checkHistory(stale, { noticeMs: 2 }).violations.map(({ rule }) => rule)).toEqual(["HK7"]);
});

test("[HK8] a truncation leaves open what came before the oldest entry there is", () => {
  const old = [receive("b", "x", 1, { atMs: 4, tag: 9 }), failover];
  const told = gap("b", 1, 1, { atMs: 6, reason: "truncated", from: { epoch, offset: 1, tag: 9 } });
  const anew = [receive("b", "y", 2, { atMs: 7 }), receive("b", "x", 3, { atMs: 8 }), quiet("b")];
  const now = [stored("y", 2), stored("x", 3)];
  expect(brokenRules(...written.slice(0, 2), ...old, told, ...anew, ...now)).not.toContain("HK8");
  expect(brokenRules(...old, ...anew, ...now)).toContain("HK8");
});

test("[HK14] a complaint is a violation", () => {
  const complaint = { type: "complaint", atMs: 0, client: "b", channel, sentence: "Offset 3 came after 1" } as const;
  expect(checkHistory([complaint]).violations).toEqual([
    { rule: "HK14", sentence: "b complains of chat/1: Offset 3 came after 1", slice: [complaint] },
  ]);
});

test("[HK15] a page of history has no hole, ends before what was asked for, and is in the log", () => {
  const messages = ["x", "y"].map((id, index) => ({ user: "ada", id, hash: `${id}!`, epoch, offset: index + 1 }));
  const page = { type: "page", atMs: 6, client: "b", channel, before: 3, count: 2, more: false, messages } as const;
  expect(brokenRules(page, ...log)).toEqual([]);
  expect(brokenRules({ ...page, count: 1 }, ...log)).toEqual(["HK15"]);
  expect(brokenRules({ ...page, before: 2 }, ...log)).toEqual(["HK15"]);
  expect(brokenRules({ ...page, messages: messages.toReversed() }, ...log)).toEqual(["HK15"]);
  expect(brokenRules(page, stored("x", 1), stored("z", 2))).toEqual(["HK15"]);
  expect(brokenRules(page, ...written, { ...failover, atMs: 7 }, ...log.slice(0, 1), stored("z", 2))).toEqual([]);
  expect(brokenRules(page, stored("y", 2))).toEqual([]);
});

test("[HK12] a verdict names the rule, shows the events, and gives the figures of the run", () => {
  const events = [
    publish("x", { atMs: 1 }),
    ack("x", 1, { atMs: 3 }),
    receive("b", "x", 1, { atMs: 8 }),
    unknown("y"),
    stored("x", 1),
  ];
  const verdict = checkHistory(readHistory(writeHistory(events)));
  expect(verdict).toMatchObject({ isValid: true, violations: [] });
  expect(verdict.figures).toMatchObject({ publishCount: 1, acknowledgedCount: 1, deliveryCount: 1, storedCount: 1 });
  expect(verdict.figures.staleness).toEqual({ p50Ms: 5, p99Ms: 5, maxMs: 5 });
  expect(describeVerdict(checkHistory([publish("x")])))
    .toContain(`HK10: Message x of ada was published and nothing was ever said about it
  {"type":"publish"`);
});

test("[HK12] staleness is measured outside faults, and a fault's outage lasts to the next acknowledgement", () => {
  const fault = { type: "fault", name: "kill", survivedBy: "os" } as const;
  const events: readonly HistoryEvent[] = [
    publish("x", { atMs: 1 }),
    { ...fault, phase: "start", atMs: 2 },
    ack("x", 1, { atMs: 9 }),
    { ...fault, phase: "stop", atMs: 10 },
    receive("b", "x", 1, { atMs: 20 }),
    stored("x", 1),
  ];
  const { figures } = checkHistory(events);
  expect(figures.outages).toEqual([{ name: "kill", unavailableMs: 7 }]);
  expect(figures.staleness.maxMs).toBe(0);
});

test("[HK12] faults may overlap: something is broken until the last of them is over", () => {
  const fault = { type: "fault", name: "kill", survivedBy: "os" } as const;
  // The first after 6 ms, the second after 3.
  const heard = (message: string, offset: number, atMs: number): readonly HistoryEvent[] => [
    publish(message, { atMs }),
    ack(message, offset, { atMs }),
    receive("b", message, offset, { atMs: atMs + 6 / offset }),
    stored(message, offset),
  ];
  const { figures } = checkHistory([
    { ...fault, phase: "start", atMs: 10 },
    { ...fault, phase: "start", atMs: 20 },
    { ...fault, phase: "stop", atMs: 30 },
    ...heard("x", 1, 40),
    { ...fault, phase: "stop", atMs: 50 },
    ...heard("y", 2, 60),
  ]);
  expect(figures.staleness).toEqual({ p50Ms: 3, p99Ms: 3, maxMs: 3 });
  expect(figures.outages.map(({ unavailableMs }) => unavailableMs)).toEqual([30, 20]);
});
