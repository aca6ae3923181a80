import { type ReactElement, type RefObject, useLayoutEffect, useState } from "react";
import { CloseIcon, UpIcon } from "./icons.tsx";
import type { RoomStore } from "./room-store.ts";
import { clockTime } from "./time-words.ts";
import type { Row } from "./timeline-rows.ts";
import { useStore } from "../use-store.ts";

interface NewBarProps {
  readonly room: RoomStore;
  readonly scroller: RefObject<HTMLElement | null>;
  readonly rows: readonly Row[];
}

/** Says how much is new above what is in sight, and goes to the first of it. */
export function NewBar({ room, scroller, rows }: NewBarProps): ReactElement | null {
  const { lineOffset, timeline, status } = useStore(room.view);
  const isAbove = useIsLineAbove(scroller, rows);

  async function goToFirst(): Promise<void> {
    await room.revealUnread();
    // What was loaded is drawn by then.
    requestAnimationFrame(() => {
      const line = scroller.current?.querySelector(".divider.new") ?? scroller.current?.querySelector(".rows > li");
      line?.scrollIntoView({ block: "center" });
    });
  }

  if (lineOffset === undefined || status !== "live") return null;
  const fresh = rows.flatMap((row) =>
    row.type === "message" && !row.message.isMine && row.message.offset > lineOffset ? [row.message] : [],
  );
  const [first] = fresh;
  const isCut = timeline.hasOlder && (timeline.oldestOffset ?? 0) > lineOffset + 1;
  if (first === undefined || !(isAbove || isCut)) return null;
  const count = `${fresh.length}${isCut ? "+" : ""} new ${fresh.length === 1 && !isCut ? "message" : "messages"}`;
  return (
    <div className="new-bar">
      <button className="new-bar-jump" type="button" onClick={() => void goToFirst()}>
        <UpIcon />
        {`${count} since ${clockTime(first.atMs)}`}
        <span className="new-bar-action">Jump to the first</span>
      </button>
      <button className="new-bar-clear" type="button" aria-label="Mark as read" onClick={() => room.clearLine()}>
        <CloseIcon />
      </button>
    </div>
  );
}

/** Whether the line "New" is further up than what is in sight. */
function useIsLineAbove(scroller: RefObject<HTMLElement | null>, rows: readonly Row[]): boolean {
  const [isAbove, setIsAbove] = useState(false);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = (): void => {
      const line = element.querySelector(".divider.new");
      setIsAbove(line !== null && line.getBoundingClientRect().bottom < element.getBoundingClientRect().top);
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, [scroller, rows]);
  return isAbove;
}
