import type { User } from "switchboard/wire";
import { type ReactElement, type Ref, useEffect, useImperativeHandle, useMemo, useRef } from "react";
import { DownIcon } from "./icons.tsx";
import { MessageRow } from "./message-row.tsx";
import { NewBar } from "./new-bar.tsx";
import { RoomStart } from "./room-start.tsx";
import type { RoomStore } from "./room-store.ts";
import { maxHeldCount, type StoredMessage } from "./timeline.ts";
import { startOfDay } from "./time-words.ts";
import { timelineRows } from "./timeline-rows.ts";
import { useActiveRow } from "./use-active-row.ts";
import { useNow } from "./use-browser.ts";
import { useReading } from "./use-reading.ts";
import { useShownRow } from "./use-shown-row.ts";
import { useStickyScroll } from "./use-sticky-scroll.ts";
import { useStore } from "../use-store.ts";

export interface MessageListHandle {
  /** Scrolls to the newest message, and loads it if it was let go. */
  jumpToEnd(): void;
  /** Scrolls to a message, and loads what is between. */
  goTo(target: NonNullable<StoredMessage["replyTo"]>): void;
}

interface MessageListProps {
  readonly room: RoomStore;
  readonly me: User | undefined;
  /** The message that is being edited. */
  readonly editingKey: string | undefined;
  readonly onLeave: () => void;
  readonly ref: Ref<MessageListHandle>;
}

export function MessageList({ room, me, editingKey, onLeave, ref }: MessageListProps): ReactElement {
  const { timeline, status, unreadCount, lineOffset, page } = useStore(room.view);
  const rows = useMemo(() => timelineRows(timeline, { me, readOffset: lineOffset }), [timeline, me, lineOffset]);
  const scroller = useRef<HTMLDivElement>(null);
  const { isAtEnd, scrollToEnd } = useStickyScroll(scroller, rows);
  const { activeKey, ...pointing } = useActiveRow({ scroller, timeline, onLeave });
  const { shownKey, goTo } = useShownRow({ room, scroller, rows });
  const todayMs = startOfDay(useNow(60_000));
  useReading(room, isAtEnd && !timeline.isDetached);
  useLoadOlder({ scroller, room, canLoad: timeline.hasOlder && page === "idle" && status === "live" });

  function jumpToEnd(): void {
    void room.jumpToPresent().then(scrollToEnd);
    scrollToEnd();
  }
  useImperativeHandle(ref, () => ({ jumpToEnd, goTo }));

  return (
    <div className="messages">
      <NewBar room={room} scroller={scroller} rows={rows} />
      {/* the keys of the rows in it */}
      <div
        className="scroller"
        ref={scroller}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by key
        tabIndex={0}
        role="region"
        aria-label={`Messages in ${room.name}`}
        {...pointing}
      >
        <div className="scroll-top">
          {timeline.hasOlder ? (
            <button
              className="button quiet small"
              type="button"
              disabled={page === "loading" || status !== "live"}
              onClick={() => void room.loadOlder()}
            >
              {page === "loading"
                ? "Loading…"
                : page === "failed"
                  ? "Could not load. Try again"
                  : "Load older messages"}
            </button>
          ) : (
            status !== "joining" && (
              <RoomStart
                name={room.name}
                isEmpty={rows.length === 0}
                isFirst={(timeline.oldestOffset ?? timeline.newestOffset + 1) === 1}
              />
            )
          )}
        </div>
        <ol className="rows">
          {rows.map((row) => {
            const key = row.type === "message" ? row.message.key : undefined;
            return (
              <MessageRow
                key={row.key}
                row={row}
                me={me}
                todayMs={todayMs}
                isActive={key !== undefined && key === activeKey}
                isEditing={key !== undefined && key === editingKey}
                isShown={key !== undefined && key === shownKey}
                canWrite={status === "live"}
              />
            );
          })}
        </ol>
        {timeline.isDetached && (
          <p className="detached">{`Only ${maxHeldCount} messages are shown at a time. Newer ones follow.`}</p>
        )}
      </div>
      {(!isAtEnd || timeline.isDetached) && <JumpButton unreadCount={unreadCount} onJump={jumpToEnd} />}
    </div>
  );
}

interface JumpButtonProps {
  readonly unreadCount: number;
  readonly onJump: () => void;
}

function JumpButton({ unreadCount, onJump }: JumpButtonProps): ReactElement {
  const news = unreadCount === 1 ? "1 new message" : `${unreadCount} new messages`;
  return (
    <button className={`jump${unreadCount > 0 ? " unread" : ""}`} type="button" onClick={onJump}>
      <DownIcon />
      {unreadCount === 0 ? "Jump to the newest" : news}
    </button>
  );
}

interface LoadOlderOptions {
  readonly scroller: { readonly current: HTMLElement | null };
  readonly room: RoomStore;
  readonly canLoad: boolean;
}

/** Loads older messages when the reader comes near the oldest one. */
function useLoadOlder({ scroller, room, canLoad }: LoadOlderOptions): void {
  useEffect(() => {
    const element = scroller.current;
    if (element === null || !canLoad) return;
    const load = (): void => {
      if (element.scrollTop < 300 && element.scrollHeight > element.clientHeight) void room.loadOlder();
    };
    element.addEventListener("scroll", load, { passive: true });
    return () => element.removeEventListener("scroll", load);
  }, [scroller, room, canLoad]);
}
