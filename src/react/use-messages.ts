import { useMemo } from "react";
import type { DurableEvent, Message } from "../client/index.ts";
import type { MessagesView } from "./message-list.ts";
import { type MessageActions, MessageStore } from "./message-store.ts";
import { useStore } from "./store.ts";

/** How much {@link useMessages} shows. */
export interface MessagesOptions {
  /** How many stored messages are read first, 0-256. Default 50. */
  readonly recent?: number;
  /** How many are kept; past it the oldest go, or while older ones are read the newest. Default 500. */
  readonly maxCount?: number;
  /** How many of one's own may wait or have failed. One more is refused with `QUEUE_FULL`. Default 100. */
  readonly maxOutgoingCount?: number;
}

/** The messages of one event, as they are now, and what can be done with them; the functions are always the same. */
export interface Messages<Item, Input> extends MessagesView<Item, Input>, MessageActions<Input> {
  /**
   * Sends a message and shows it in `outgoing` until it is among `messages`. Its failure is shown there too: the promise may be left alone.
   *
   * @throws {SendError} rejects with it.
   */
  readonly send: MessageActions<Input>["send"];
  /** Reads about 100 older messages. Does nothing while history is read, or when there is nothing older. */
  readonly loadOlder: () => void;
  /** Back to the end, when `hasNewer`; or again, after an `error`. */
  readonly showNewest: () => void;
}

/**
 * The newest messages of an event, older ones when asked, and one's own from the moment they are sent. None on a server.
 *
 * The window never has a hole that is not in `gaps`. Its options are those of the first call; another event begins anew.
 *
 * @param event - `room.message`, of a room from `useRoom`.
 * @throws {TypeError} if the event is not from `useRoom`.
 */
export function useMessages<Input, Output, Name extends string>(
  event: DurableEvent<Input, Output, Name>,
  { recent = 50, maxCount = 500, maxOutgoingCount = 100 }: MessagesOptions = {},
): Messages<Message<Output, Name>, Input> {
  const { store } = useMemo(
    () => new MessageStore<Input, Message<Output, Name>>(event, { recent, maxCount, maxOutgoingCount }),
    // Another number is no reason to forget what was read.
    [event],
  );
  return useStore(store);
}
