import { useCallback, useSyncExternalStore } from "react";
import type { RoomStore } from "./room-store.ts";

/** How many messages wait in all these rooms. */
export function useUnreadCount(rooms: readonly RoomStore[]): number {
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = rooms.map((room) => room.view.subscribe(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    [rooms],
  );
  return useSyncExternalStore(subscribe, () => rooms.reduce((sum, room) => sum + room.view.get().unreadCount, 0));
}
