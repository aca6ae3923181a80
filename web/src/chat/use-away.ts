import { useEffect } from "react";
import type { ChatSession } from "./chat-session.ts";

/** Who does nothing for so long is away, even if the page is in sight. */
const idleAfterMs = 5 * 60_000;

const lockName = "switchboard.look";
const events = ["visibilitychange", "pointerdown", "keydown", "wheel"] as const;

/** Tells the session whether somebody looks at the page, here or in another tab. */
export function useAway(session: ChatSession): void {
  useEffect(() => {
    const look = new Look((isAway) => session.setAway(isAway));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const notice = (): void => {
      clearTimeout(timer);
      const isVisible = document.visibilityState === "visible";
      look.set(isVisible);
      if (isVisible) timer = setTimeout(() => look.set(false), idleAfterMs);
    };
    notice();
    for (const event of events) document.addEventListener(event, notice, { passive: true });
    return () => {
      clearTimeout(timer);
      look.end();
      for (const event of events) document.removeEventListener(event, notice);
    };
  }, [session]);
}

/**
 * Tabs of one browser are one device to the others. A tab that is looked at shares a lock, and says so to the other tabs; one that is not waits
 * for the lock alone, and has it when nobody looks at any.
 */
class Look {
  readonly #tell: (isAway: boolean) => void;
  readonly #tabs = new BroadcastChannel(lockName);
  #isLooking: boolean | undefined;
  #abort = new AbortController();

  constructor(tell: (isAway: boolean) => void) {
    this.#tell = tell;
    // Another tab is looked at: whoever was told that this device is away knows by now that it is not.
    this.#tabs.addEventListener("message", () => {
      if (this.#isLooking === false) this.#wait();
    });
  }

  set(isLooking: boolean): void {
    if (isLooking === this.#isLooking) return;
    this.#isLooking = isLooking;
    if (isLooking) this.#hold();
    else this.#wait();
  }

  end(): void {
    this.#abort.abort();
    this.#tabs.close();
  }

  #hold(): void {
    this.#tell(false);
    const signal = this.#renew();
    this.#request("shared", signal, () => {
      this.#tabs.postMessage("look");
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    });
  }

  #wait(): void {
    this.#request("exclusive", this.#renew(), () => this.#tell(true));
  }

  #renew(): AbortSignal {
    this.#abort.abort();
    this.#abort = new AbortController();
    return this.#abort.signal;
  }

  #request(mode: LockMode, signal: AbortSignal, hold: () => unknown): void {
    // There are no locks where the page is neither at `https:` nor on this machine: then each tab speaks for itself.
    if (!("locks" in navigator)) return void hold();
    navigator.locks.request(lockName, { mode, signal }, hold).catch(() => undefined); // It was ended while it waited.
  }
}
