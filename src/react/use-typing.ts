import { useEffect, useMemo, useRef } from "react";
import {
  type EphemeralEvent,
  type MessageSource,
  trackTyping,
  type Typing,
  type TypingOptions,
} from "../client/index.ts";
import { useClient } from "./provider.ts";
import { sourceOf } from "./room-facade.ts";
import { Store, useStore } from "./store.ts";

/** What {@link useTyping} may be told. */
export interface UseTypingOptions<Data = unknown> extends Pick<
  TypingOptions<Data>,
  "data" | "everyMs" | "maxUserCount"
> {
  /** The event whose message ends its sender's typing: `room.message`. */
  readonly endedBy?: MessageSource;
}

/** Who types, and how to tell that one does. */
export interface TypingView {
  /** Those who type now, this client's user left out; the same list until it changes. */
  readonly users: Typing["users"];
  /** To be called at each key press; always the same function. */
  readonly press: () => void;
}

/**
 * Who is typing in a room; nobody on a server. Who left the room types no more.
 *
 * @param event - `room.typing`, of a room from `useRoom`.
 */
export function useTyping<Data>(
  event: Pick<EphemeralEvent<Data, unknown>, "send" | "on">,
  options: UseTypingOptions<Data> & (Record<string, never> extends Data ? unknown : { readonly data: Data }),
): TypingView {
  const client = useClient();
  const { endedBy } = options;
  const newest = useRef(options);
  useEffect(() => {
    newest.current = options;
  });
  const { press, store } = useMemo(() => {
    let typing: Typing | undefined;
    return {
      press: () => typing?.press(),
      store: new Store<Typing["users"]>([], (own) => {
        const { maxUserCount, everyMs } = newest.current;
        const { presence } = sourceOf(event).facade.room;
        const limits = {
          ...(maxUserCount === undefined ? {} : { maxUserCount }),
          ...(everyMs === undefined ? {} : { everyMs }),
        };
        const ends = endedBy === undefined ? {} : { endedBy };
        const tracked = trackTyping<unknown>({
          client: client ?? { user: undefined },
          event,
          presence,
          get data() {
            return newest.current.data ?? {};
          },
          ...limits,
          ...ends,
        });
        const end = tracked.on((users) => own.set(users));
        typing = tracked;
        return () => {
          tracked.close();
          end();
        };
      }),
    };
  }, [client, event, endedBy]);
  const users = useStore(store);
  return useMemo(() => ({ users, press }), [users, press]);
}
