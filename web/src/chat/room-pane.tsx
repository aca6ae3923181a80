import { type ReactElement, type ReactNode, useEffect, useRef } from "react";
import type { ChatSession } from "./chat-session.ts";
import { Composer } from "./composer.tsx";
import { MenuIcon, PeopleIcon } from "./icons.tsx";
import { LiveRegion } from "./live-region.tsx";
import { MessageList, type MessageListHandle } from "./message-list.tsx";
import { peopleOf } from "./people.ts";
import type { RoomStore } from "./room-store.ts";
import { TypingLine } from "./typing-line.tsx";
import { hasKeyboard } from "./use-browser.ts";
import { useStore } from "../use-store.ts";

interface DrawerControl {
  readonly isOpen: boolean;
  readonly open: () => void;
  /** Messages that wait behind it. */
  readonly unreadCount?: number;
}

interface RoomPaneProps {
  readonly room: RoomStore;
  readonly session: ChatSession;
  readonly banner: ReactNode;
  /** Present where the window is too narrow for the columns. */
  readonly drawers: { readonly rooms: DrawerControl | undefined; readonly members: DrawerControl | undefined };
}

/** One room: its name, its messages, who is typing, and where to write. */
export function RoomPane({ room, session, banner, drawers }: RoomPaneProps): ReactElement {
  const { members, status, heard } = useStore(room.view);
  const { user: me } = useStore(session.connection);
  const list = useRef<MessageListHandle>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!hasKeyboard()) title.current?.focus();
  }, []);
  const { people, hiddenCount } = peopleOf(members, me);
  const count = people.length + hiddenCount;
  const otherUnreadCount = drawers.rooms?.unreadCount ?? 0;
  return (
    <>
      <header className="room-header">
        {drawers.rooms !== undefined && (
          <button
            className="icon-button"
            type="button"
            aria-label={otherUnreadCount > 0 ? `Rooms, ${otherUnreadCount} unread` : "Rooms"}
            aria-expanded={drawers.rooms.isOpen}
            aria-controls="rooms"
            onClick={drawers.rooms.open}
          >
            <MenuIcon />
            {otherUnreadCount > 0 && <span className="lamp lit" aria-hidden="true" />}
          </button>
        )}
        <h1 className="room-title" ref={title} tabIndex={-1}>
          {room.name}
        </h1>
        {drawers.members !== undefined && (
          <button
            className="icon-button with-count"
            type="button"
            aria-label={`People here: ${count}`}
            aria-expanded={drawers.members.isOpen}
            aria-controls="members"
            onClick={drawers.members.open}
          >
            <PeopleIcon />
            <span aria-hidden="true">{count}</span>
          </button>
        )}
      </header>
      {banner}
      <MessageList ref={list} room={room} me={me} />
      <LiveRegion heard={heard} />
      {status === "refused" ? (
        <p className="refused" role="alert">
          The server does not let you into this room.
        </p>
      ) : (
        <>
          <TypingLine room={room} />
          <Composer room={room} onJump={() => list.current?.jumpToEnd()} />
        </>
      )}
    </>
  );
}
