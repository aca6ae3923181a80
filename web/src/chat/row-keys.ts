/** The keys of a list of messages: the focus goes from row to row, letters act on the row that has it. */
import type { StoredMessage, Timeline } from "./timeline.ts";

export type RowCommand = "up" | "down" | "first" | "last" | "leave" | "reply" | "react" | "edit" | "remove";

const commands: Readonly<Record<string, RowCommand>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "first",
  End: "last",
  Escape: "leave",
  r: "reply",
  e: "edit",
  Delete: "remove",
  "+": "react",
};

export function rowCommand(
  event: Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey">,
): RowCommand | undefined {
  return event.altKey || event.ctrlKey || event.metaKey ? undefined : commands[event.key];
}

/** The message in whose row an element is. */
export function messageOfElement(target: EventTarget | null, timeline: Timeline): StoredMessage | undefined {
  const key = target instanceof Element ? target.closest<HTMLElement>("li[data-key]")?.dataset["key"] : undefined;
  return timeline.entries.find((entry): entry is StoredMessage => entry.type === "message" && entry.key === key);
}

/** Moves the focus: from the list itself upwards from its end. @returns the key of the row that has it now. */
export function focusRow(scroller: HTMLElement | null, command: "up" | "down" | "first" | "last"): string | undefined {
  const rows = [...(scroller?.querySelectorAll<HTMLElement>("li[data-key]") ?? [])];
  const at = rows.findIndex((row) => row === document.activeElement);
  const wanted = { up: at === -1 ? rows.length - 1 : at - 1, down: at + 1, first: 0, last: rows.length - 1 }[command];
  const row = rows[Math.max(0, Math.min(wanted, rows.length - 1))];
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
  return row?.dataset["key"];
}
