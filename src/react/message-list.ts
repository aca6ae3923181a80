/** A list of messages as a window on the log: what it holds, and what there is before and behind it. Values, no effects. */
import type { ClientError, Gap } from "../client/index.ts";

/** What every message has that has a place in the log. */
export interface Placed {
  readonly id: string;
  readonly offset: number;
}

/** A message of one's own that has not come back from the log yet. */
export interface OutgoingMessage<Input = unknown> {
  readonly id: string;
  readonly data: Input;
  /** `pending`: it waits for the line or the server. `sent`: it is stored and will come. `failed`: `error` says why. */
  readonly state: "pending" | "sent" | "failed";
  readonly error?: ClientError;
  /** Sends it again, under its id: it is stored once. For `failed`. */
  readonly retry: () => void;
  /** Takes it out of the list, and gives it up if it waits; what is on its way may be stored nevertheless. */
  readonly discard: () => void;
}

/** What a component sees of a list. */
export interface MessagesView<Item, Input = unknown> {
  /** Oldest first, at most `maxCount`. */
  readonly messages: readonly Item[];
  /** One's own that are not among them yet, in the order they were sent. */
  readonly outgoing: readonly OutgoingMessage<Input>[];
  /** Whether the log may have messages before the first. */
  readonly hasOlder: boolean;
  /** Whether newer ones than the last were let go, or not taken, to keep the list at its size: `showNewest` has them. */
  readonly hasNewer: boolean;
  /** Whether history is being read. */
  readonly isLoading: boolean;
  /** What is gone for good, told within the window: a line to draw behind offset `from`. */
  readonly gaps: readonly Gap[];
  /** Why history could not be read; the next attempt clears it. */
  readonly error?: ClientError;
}

/** How many of the gaps are kept, the newest. */
const maxGapCount = 16;

/** The stored part of a view. */
export type Window<Item> = Pick<MessagesView<Item>, "messages" | "hasOlder" | "hasNewer" | "gaps">;

export const emptyWindow: Window<never> = { messages: [], hasOlder: false, hasNewer: false, gaps: [] };

/** The next message of the log came. A window that was moved away from the end does not take it. */
export function addLive<Item extends Placed>(window: Window<Item>, message: Item, maxCount: number): Window<Item> {
  if (window.hasNewer) return window;
  const messages = merge(window.messages, [message]);
  return bounded({
    ...window,
    messages: messages.slice(-maxCount),
    hasOlder: window.hasOlder || messages.length > maxCount,
  });
}

/** A page from before the first message: what is too much goes at the other end. */
export function addOlder<Item extends Placed>(
  window: Window<Item>,
  page: { readonly messages: readonly Item[]; readonly more: boolean },
  maxCount: number,
): Window<Item> {
  const messages = merge(page.messages, window.messages);
  return {
    ...window,
    messages: messages.slice(0, maxCount),
    hasOlder: page.more,
    hasNewer: window.hasNewer || messages.length > maxCount,
  };
}

/** The newest page, and what came since it was asked for, in place of what the window held. */
export function showNewest<Item extends Placed>(
  window: Window<Item>,
  page: { readonly messages: readonly Item[]; readonly more: boolean },
  maxCount: number,
): Window<Item> {
  const { length } = page.messages;
  return bounded({
    ...window,
    messages: page.messages.slice(-maxCount),
    hasOlder: page.more || length > maxCount,
    hasNewer: false,
  });
}

/** The server told a loss: what was never, or is of another log, is taken out. */
export function addGap<Item extends Placed>(window: Window<Item>, gap: Gap): Window<Item> {
  if (gap.reason === "epoch") return { ...emptyWindow, gaps: [gap] };
  const messages = gap.to < gap.from ? window.messages.filter(({ offset }) => offset <= gap.to) : window.messages;
  return { ...window, messages, gaps: [...window.gaps, gap].slice(-maxGapCount) };
}

/** Both in order, each message once; those of `later` count where both have one. */
export function merge<Item extends Placed>(earlier: readonly Item[], later: readonly Item[]): readonly Item[] {
  const last = earlier.at(-1)?.offset ?? -1;
  if (later.every(({ offset }, index) => offset > (later[index - 1]?.offset ?? last))) return [...earlier, ...later];
  const byOffset = new Map([...earlier, ...later].map((message) => [message.offset, message]));
  return [...byOffset.values()].sort((a, b) => a.offset - b.offset);
}

/** Without the gaps from before its first message. */
function bounded<Item extends Placed>(window: Window<Item>): Window<Item> {
  const first = window.messages[0]?.offset ?? 0;
  return window.gaps.every(({ to }) => to >= first)
    ? window
    : { ...window, gaps: window.gaps.filter(({ to }) => to >= first) };
}
