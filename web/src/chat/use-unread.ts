import { useCallback, useSyncExternalStore } from "react";
import type { RoomStore } from "./room-store.ts";
import type { UnreadCounts } from "./timeline.ts";

/** What waits in all these rooms. */
export function useUnread(rooms: readonly RoomStore[]): UnreadCounts {
  const names = rooms.map(({ name }) => name).join(" ");
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = rooms.map((room) => room.view.subscribe(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    // Rooms of the same names are the same rooms
    [names],
  );
  const sum = (what: keyof UnreadCounts): number => rooms.reduce((all, room) => all + room.view.get()[what], 0);
  return {
    unreadCount: useSyncExternalStore(subscribe, () => sum("unreadCount")),
    mentionCount: useSyncExternalStore(subscribe, () => sum("mentionCount")),
  };
}
