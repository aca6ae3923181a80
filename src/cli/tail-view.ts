/** How a followed channel is shown: entries on stdout, what is said about them on stderr, unless everything is JSON. */
import { createColors } from "picocolors";
import type { GapReason, User } from "../wire/index.ts";
import { printable } from "./printable.ts";

/** What a channel tells, one thing at a time: the shape of `--json`. */
export type TailRecord =
  | {
      readonly type: "event";
      readonly channel: string;
      readonly event: string;
      readonly offset: number;
      /** Just after it: give it to `--since` to go on from here. */
      readonly position: string;
      readonly id: string;
      readonly user: User;
      readonly at: string;
      readonly data: unknown;
    }
  | {
      readonly type: "gap";
      readonly channel: string;
      readonly reason: GapReason;
      /** The last offset before it, and the last one in it. */
      readonly from: number;
      readonly to: number;
      readonly position: string;
    }
  | {
      readonly type: "ephemeral";
      readonly channel: string;
      readonly event: string;
      readonly user: User;
      readonly data: unknown;
    }
  | {
      readonly type: "latest";
      readonly channel: string;
      readonly event: string;
      readonly key: string;
      readonly user: User;
      readonly data: unknown;
    }
  | {
      readonly type: "presence";
      readonly channel: string;
      readonly joined: readonly User[];
      readonly leftCount: number;
      readonly memberCount?: number;
    }
  | { readonly type: "live"; readonly channel: string; readonly shownCount: number }
  | { readonly type: "lost"; readonly reason: string; readonly retryInMs: number }
  | { readonly type: "back"; readonly awayMs: number; readonly recoveredCount: number; readonly lostCount: number };

export interface TailView {
  show(record: TailRecord): void;
}

/** A JSON object a line. */
export function createJsonTailView(write: (text: string) => void): TailView {
  return { show: (record) => write(`${JSON.stringify(record)}\n`) };
}

export interface TailTexts {
  /** An entry. */
  entry(text: string): void;
  /** What is said about entries. */
  note(text: string): void;
}

/** Lines for people. A terminal gets nothing that it would obey. */
export function createTailView(
  { entry, note }: TailTexts,
  { hasColors, now }: { readonly hasColors: boolean; readonly now: () => number },
): TailView {
  const colors = createColors(hasColors);
  return {
    show(record) {
      if (record.type === "event") return entry(describeEntry(record, now(), colors));
      const text = describeRecord(record);
      if (record.type === "ephemeral" || record.type === "latest") return entry(text);
      note(record.type === "gap" || record.type === "lost" ? colors.yellow(text) : colors.dim(text));
    },
  };
}

type Colors = ReturnType<typeof createColors>;
type EntryRecord = Extract<TailRecord, { readonly type: "event" }>;

function describeEntry({ at, data, event, offset, user }: EntryRecord, nowMs: number, colors: Colors): string {
  const head = `${describeTime(Date.parse(at), nowMs)}  ${`#${offset}`.padEnd(6)}`;
  return `${colors.dim(head)}  ${colors.cyan(nameOf(user))}  ${colors.dim(event)}  ${dataOf(data)}`;
}

function describeRecord(record: Exclude<TailRecord, EntryRecord>): string {
  switch (record.type) {
    case "gap":
      return describeGap(record);
    case "ephemeral":
      return `~  ${nameOf(record.user)}  ${record.event}  ${dataOf(record.data)}`;
    case "latest":
      return `=  ${nameOf(record.user)}  ${record.event}  ${printable(record.key)}  ${dataOf(record.data)}`;
    case "presence":
      return describePresence(record);
    case "live":
      return `-- ${record.channel} is followed from here on`;
    case "lost":
      return `-- ${printable(record.reason)}; trying again in ${(record.retryInMs / 1_000).toFixed(1)} s`;
    case "back":
      return describeReturn(record);
    default:
      return record satisfies never;
  }
}

const reasons: Readonly<Record<GapReason, string>> = {
  trimmed: "older than what is kept",
  truncated: "the store lost its end",
  epoch: "the log is another one",
};

function describeGap({ from, reason, to }: Extract<TailRecord, { readonly type: "gap" }>): string {
  const which =
    to > from
      ? to === from + 1
        ? `#${to} is gone`
        : `#${from + 1} to #${to} are gone`
      : `what came after #${to} is withdrawn`;
  return `-- gap: ${which} (${reason}: ${reasons[reason]})`;
}

function describePresence({
  joined,
  leftCount,
  memberCount,
}: Extract<TailRecord, { readonly type: "presence" }>): string {
  const parts = [
    ...(joined.length === 0 ? [] : [`here: ${joined.map(nameOf).join(", ")}`]),
    ...(leftCount === 0 ? [] : [`${leftCount} left`]),
    ...(memberCount === undefined ? [] : [`${memberCount} in all`]),
  ];
  return `-- ${parts.join("; ")}`;
}

function describeReturn({ awayMs, lostCount, recoveredCount }: Extract<TailRecord, { readonly type: "back" }>): string {
  const what =
    recoveredCount === 0
      ? "nothing was missed"
      : `${recoveredCount} missed ${recoveredCount === 1 ? "entry was" : "entries were"} recovered`;
  const lost = lostCount === 0 ? "" : `, ${lostCount} ${lostCount === 1 ? "is" : "are"} gone`;
  return `-- back after ${(awayMs / 1_000).toFixed(1)} s: ${what}${lost}`;
}

function nameOf({ id, name }: User): string {
  return printable(name ?? id);
}

function dataOf(data: unknown): string {
  return printable(JSON.stringify(data));
}

/** The time of an entry of today, else its date, in the zone of whoever looks. */
function describeTime(atMs: number, nowMs: number): string {
  const [at, now] = [new Date(atMs), new Date(nowMs)];
  const pad = (value: number): string => String(value).padStart(2, "0");
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${time}`;
}
