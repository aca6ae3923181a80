/** What the page as a whole does for a session: its title, its keys, its network, its last word before it goes. */
import { useEffect } from "react";
import type { ChatSession } from "./chat-session.ts";
import type { RoomStore } from "./room-store.ts";
import { goToRoom } from "./use-browser.ts";
import { splitName } from "./room-name.ts";
import { useUnread } from "./use-unread.ts";

export interface PageDuties {
  readonly session: ChatSession;
  readonly rooms: readonly RoomStore[];
  readonly current: string;
}

/** @returns how many messages wait in all rooms. */
export function usePageDuties({ session, rooms, current }: PageDuties): number {
  const { unreadCount } = useUnread(rooms);
  useEffect(() => {
    document.title = `${unreadCount > 0 ? `(${unreadCount}) ` : ""}#${splitName(current).room} · Switchboard`;
  }, [unreadCount, current]);
  useEffect(() => watchRoomKeys(rooms, current), [rooms, current]);
  useEffect(() => watchNetwork(session), [session]);
  useEffect(() => warnOfUnsent(session), [session]);
  useEffect(() => listen("storage", () => session.readElsewhere()), [session]);
  useEffect(() => session.visit(current), [session, current]);
  return unreadCount;
}

/** Alt+Up and Alt+Down go through the rooms. */
function watchRoomKeys(rooms: readonly RoomStore[], current: string): () => void {
  return listen("keydown", (event) => {
    if (document.querySelector("dialog[open]") !== null) return;
    if (!event.altKey || event.ctrlKey || event.metaKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) {
      return;
    }
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    const index = rooms.findIndex(({ name }) => name === current);
    const next = rooms[(index + step + rooms.length) % rooms.length];
    if (next !== undefined) goToRoom(next.name);
  });
}

function watchNetwork(session: ChatSession): () => void {
  session.setOnline(navigator.onLine);
  const stops = [listen("online", () => session.setOnline(true)), listen("offline", () => session.setOnline(false))];
  return () => {
    for (const stop of stops) stop();
  };
}

/** A message that is not sent lives in this page only: the browser asks before it goes. */
function warnOfUnsent(session: ChatSession): () => void {
  return listen("beforeunload", (event) => {
    if (session.unsentCount > 0) event.preventDefault();
  });
}

function listen<Type extends keyof WindowEventMap>(
  type: Type,
  listener: (event: WindowEventMap[Type]) => void,
): () => void {
  addEventListener(type, listener);
  return () => removeEventListener(type, listener);
}
