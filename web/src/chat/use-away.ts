import { useEffect } from "react";
import type { ChatSession } from "./chat-session.ts";

/** Who does nothing for so long is away, even if the page is in sight. */
const idleAfterMs = 5 * 60_000;

/** Tells the session whether somebody looks at the page. */
export function useAway(session: ChatSession): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      const isVisible = document.visibilityState === "visible";
      session.setAway(!isVisible);
      if (isVisible) timer = setTimeout(() => session.setAway(true), idleAfterMs);
    };
    look();
    const events = ["visibilitychange", "pointerdown", "keydown", "wheel"];
    for (const event of events) document.addEventListener(event, look, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const event of events) document.removeEventListener(event, look);
    };
  }, [session]);
}
