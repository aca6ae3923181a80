import { type RefObject, useEffect, useState } from "react";
import type { RoomStore } from "./room-store.ts";
import type { StoredMessage } from "./timeline.ts";
import type { Row } from "./timeline-rows.ts";

type Target = NonNullable<StoredMessage["replyTo"]>;

interface ShownRowOptions {
  readonly room: RoomStore;
  readonly scroller: RefObject<HTMLElement | null>;
  readonly rows: readonly Row[];
}

export interface ShownRow {
  /** The row that was just jumped to. */
  readonly shownKey: string | undefined;
  readonly goTo: (target: Target) => void;
}

/** How long a row that was jumped to glows. */
const shownForMs = 2_000;

/** Goes to a message: loads it, scrolls to it, and marks it for a moment. */
export function useShownRow({ room, scroller, rows }: ShownRowOptions): ShownRow {
  const [target, setTarget] = useState<Target>();
  const [shownKey, setShownKey] = useState<string>();
  useEffect(() => {
    const key = target === undefined ? undefined : keyOfTarget(rows, target);
    if (key === undefined) return;
    const row = scroller.current?.querySelector<HTMLElement>(`li[data-key="${key}"]`);
    row?.scrollIntoView({ block: "center" });
    row?.focus({ preventScroll: true });
    setTarget(undefined);
    setShownKey(key);
  }, [target, rows, scroller]);
  useEffect(() => {
    if (shownKey === undefined) return;
    const timer = setTimeout(() => setShownKey(undefined), shownForMs);
    return () => clearTimeout(timer);
  }, [shownKey]);
  return {
    shownKey,
    goTo: (wanted) => {
      setTarget(wanted);
      void room.reveal(wanted).then((isThere) => {
        if (!isThere) setTarget(undefined);
      });
    },
  };
}

function keyOfTarget(rows: readonly Row[], { offset, id }: Target): string | undefined {
  const found = rows.find(
    (row) => row.type === "message" && row.message.offset === offset && row.message.messageId === id,
  );
  return found?.key;
}
