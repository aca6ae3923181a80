/** What components watch of the browser itself. */
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { roomHash, roomOfHash } from "./room-name.ts";

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = matchMedia(query);
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    () => matchMedia(query).matches,
  );
}

/** Whether the person can see the page. */
export function useIsVisible(): boolean {
  return useSyncExternalStore(
    (listener) => {
      document.addEventListener("visibilitychange", listener);
      return () => document.removeEventListener("visibilitychange", listener);
    },
    () => document.visibilityState === "visible",
  );
}

/** Whether writing needs no keyboard on the screen, which would cover the room: there a person asks for it by a tap. */
export function hasKeyboard(): boolean {
  return matchMedia("(hover: hover)").matches;
}

/** The room in the address; `general` when there is none. */
export function useCurrentRoom(): string {
  return useSyncExternalStore(
    (listener) => {
      addEventListener("hashchange", listener);
      return () => removeEventListener("hashchange", listener);
    },
    () => roomOfHash(location.hash) ?? "general",
  );
}

export function goToRoom(room: string): void {
  location.hash = roomHash(room);
}

/** The time now, drawn again every `everyMs`; undefined: it stands still. */
export function useNow(everyMs: number | undefined): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (everyMs === undefined) return;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}

/** Ctrl+K, or ⌘K: goes to a room. */
export function useSwitcherKey(onPress: () => void): void {
  const latest = useRef(onPress);
  useEffect(() => {
    latest.current = onPress;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      if (document.querySelector("dialog[open]") === null) latest.current();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}
