import type { User } from "switchboard/wire";
import { type ReactElement, type Ref, useEffect, useImperativeHandle, useMemo, useRef } from "react";
import { DownIcon } from "./icons.tsx";
import { MessageRow } from "./message-row.tsx";
import type { RoomStore } from "./room-store.ts";
import { firstOffset, maxHeldCount } from "./timeline.ts";
import { startOfDay } from "./time-words.ts";
import { timelineRows } from "./timeline-rows.ts";
import { useNow } from "./use-browser.ts";
import { useReading } from "./use-reading.ts";
import { useStickyScroll } from "./use-sticky-scroll.ts";
import { useStore } from "../use-store.ts";

export interface MessageListHandle {
  /** Scrolls to the newest message, and loads it if it was let go. */
  jumpToEnd(): void;
}

interface MessageListProps {
  readonly room: RoomStore;
  readonly me: User | undefined;
  readonly ref: Ref<MessageListHandle>;
}

export function MessageList({ room, me, ref }: MessageListProps): ReactElement {
  const { timeline, status, unreadCount, lineOffset, page } = useStore(room.view);
  const rows = useMemo(() => timelineRows(timeline, { me, readOffset: lineOffset }), [timeline, me, lineOffset]);
  const scroller = useRef<HTMLDivElement>(null);
  const { isAtEnd, scrollToEnd } = useStickyScroll(scroller, rows);
  const todayMs = startOfDay(useNow(60_000));
  useReading(room, isAtEnd && !timeline.isDetached);
  useLoadOlder({ scroller, room, canLoad: timeline.hasOlder && page === "idle" && status === "live" });

  function jumpToEnd(): void {
    void room.jumpToPresent().then(scrollToEnd);
    scrollToEnd();
  }
  useImperativeHandle(ref, () => ({ jumpToEnd }));

  return (
    <div className="messages">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by key */}
      <div className="scroller" ref={scroller} tabIndex={0} role="region" aria-label={`Messages in ${room.name}`}>
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
                isFirst={(firstOffset(timeline) ?? timeline.newestOffset + 1) === 1}
              />
            )
          )}
        </div>
        <ol className="rows">
          {rows.map((row) => (
            <MessageRow key={row.key} row={row} room={room} me={me} todayMs={todayMs} />
          ))}
        </ol>
        {timeline.isDetached && (
          <p className="detached">{`Only ${maxHeldCount} messages are shown at a time. Newer ones follow.`}</p>
        )}
      </div>
      {(!isAtEnd || timeline.isDetached) && <JumpButton unreadCount={unreadCount} onJump={jumpToEnd} />}
    </div>
  );
}

function JumpButton({
  unreadCount,
  onJump,
}: {
  readonly unreadCount: number;
  readonly onJump: () => void;
}): ReactElement {
  const news = unreadCount === 1 ? "1 new message" : `${unreadCount} new messages`;
  return (
    <button className={`jump${unreadCount > 0 ? " unread" : ""}`} type="button" onClick={onJump}>
      <DownIcon />
      {unreadCount === 0 ? "Jump to the newest" : news}
    </button>
  );
}

interface RoomStartProps {
  readonly name: string;
  readonly isEmpty: boolean;
  /** Whether nothing was ever said before what is here. */
  readonly isFirst: boolean;
}

function RoomStart({ name, isEmpty, isFirst }: RoomStartProps): ReactElement {
  const title = isEmpty
    ? `Nobody has said anything in ${name} ${isFirst ? "yet" : "lately"}`
    : isFirst
      ? `This is where ${name} begins`
      : "Older messages are not kept any more";
  return (
    <div className={`room-start${isEmpty ? " empty" : ""}`}>
      <span className="big-lamp" aria-hidden="true" />
      <p className="room-start-title">{title}</p>
      <p className="room-start-note">What is said here is kept for those who come later.</p>
    </div>
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
      if (element.scrollTop < 200 && element.scrollHeight > element.clientHeight) void room.loadOlder();
    };
    element.addEventListener("scroll", load, { passive: true });
    return () => element.removeEventListener("scroll", load);
  }, [scroller, room, canLoad]);
}
