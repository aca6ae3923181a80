import { useEffect } from "react";
import type { RoomStore } from "./room-store.ts";
import { useIsVisible } from "./use-browser.ts";

/** Tells the room where its reader is: what is seen at its end counts as read. */
export function useReading(room: RoomStore, isAtEnd: boolean): void {
  const isVisible = useIsVisible();
  useEffect(() => room.setPlace(isAtEnd ? (isVisible ? "end" : "elsewhere") : "above"), [room, isAtEnd, isVisible]);
  useEffect(() => () => room.setPlace("elsewhere"), [room]);
}
