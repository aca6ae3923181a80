import { type ReactElement, useState } from "react";
import { Avatar } from "./avatar.tsx";
import type { ChatSession } from "./chat-session.ts";
import { CheckIcon, CloseIcon, ExitIcon, GearIcon, LinkIcon } from "./icons.tsx";
import { OpenRoom } from "./open-room.tsx";
import type { Profile } from "./profile.ts";
import { homeServer, roomHash, splitName } from "./room-name.ts";
import type { RoomStore } from "./room-store.ts";
import { serverTitle } from "./server-rail.tsx";
import { useStore } from "../use-store.ts";

interface RoomListProps {
  readonly session: ChatSession;
  /** Those of the server that is shown. */
  readonly rooms: readonly RoomStore[];
  readonly server: string;
  /** The full name of the room that is shown. */
  readonly current: string;
  readonly profile: Profile;
  readonly onOpenProfile: () => void;
  readonly onLeaveRoom: (name: string) => void;
  readonly onLeaveServer: () => void;
}

/** The rooms of one server, and oneself. */
export function RoomList(props: RoomListProps): ReactElement {
  const { session, rooms, server, current, profile, onOpenProfile, onLeaveRoom, onLeaveServer } = props;
  const { user, state } = useStore(session.connection);
  return (
    <div className="room-list">
      <div className="server-head">
        <span className="server-name">{serverTitle(server)}</span>
        <InviteButton current={current} />
        {server !== homeServer && (
          <button
            className="icon-button"
            type="button"
            aria-label="Leave this server"
            title="Leave this server"
            onClick={onLeaveServer}
          >
            <ExitIcon />
          </button>
        )}
      </div>
      <nav aria-label="Rooms" className="room-nav">
        <h2 className="column-title">Rooms</h2>
        <ul>
          {rooms.map((room) => (
            <RoomLink
              key={room.name}
              room={room}
              isCurrent={room.name === current}
              onLeave={session.isForAll(room.name) ? undefined : () => onLeaveRoom(room.name)}
            />
          ))}
        </ul>
        <OpenRoom session={session} server={server} />
      </nav>
      <div className="self">
        <Avatar user={user ?? { id: profile.device, name: profile.name }} />
        <div className="self-words">
          <bdi className="self-name">{profile.name}</bdi>
          <span className={`self-state ${state}`}>
            {state === "open" ? "On the line" : state === "closed" ? "Not connected" : "Connecting…"}
          </span>
        </div>
        <button
          className="icon-button"
          type="button"
          aria-label="Change your name or leave"
          title="Settings"
          onClick={onOpenProfile}
        >
          <GearIcon />
        </button>
      </div>
    </div>
  );
}

/** Copies the address of the room: whoever opens it is there. */
function InviteButton({ current }: { readonly current: string }): ReactElement {
  const [copied, setCopied] = useState<string>();
  const isCopied = copied === current;
  const copy = (): void => {
    const url = new URL(location.href);
    url.hash = roomHash(current);
    // Where the browser does not allow it, the address bar has it.
    navigator.clipboard.writeText(url.href).then(
      () => setCopied(current),
      () => setCopied(undefined),
    );
  };
  const label = isCopied ? "The link is copied" : "Copy the link to this room";
  return (
    <button className="icon-button" type="button" aria-label={label} title={label} onClick={copy}>
      {isCopied ? <CheckIcon /> : <LinkIcon />}
    </button>
  );
}

interface RoomLinkProps {
  readonly room: RoomStore;
  readonly isCurrent: boolean;
  /** Undefined for a room that everybody has. */
  readonly onLeave: (() => void) | undefined;
}

function RoomLink({ room, isCurrent, onLeave }: RoomLinkProps): ReactElement {
  const { unreadCount, mentionCount } = useStore(room.view);
  const { room: name } = splitName(room.name);
  const hasUnread = unreadCount > 0;
  return (
    <li className={`room${isCurrent ? " current" : ""}${hasUnread ? " unread" : ""}`}>
      <a href={roomHash(room.name)} aria-current={isCurrent ? "page" : undefined}>
        <span className="lamp" aria-hidden="true" />
        <span className="room-name">{name}</span>
        {mentionCount > 0 && (
          <>
            <span className="mention-count" aria-hidden="true">
              @{mentionCount > 99 ? "99+" : mentionCount}
            </span>
            <span className="visually-hidden">, {mentionCount} call you</span>
          </>
        )}
        {hasUnread && (
          <>
            <span className="unread-count" aria-hidden="true">
              {unreadCount > 99 ? "99+" : unreadCount}
            </span>
            <span className="visually-hidden">, {unreadCount} unread</span>
          </>
        )}
      </a>
      {onLeave !== undefined && (
        <button className="icon-button room-close" type="button" aria-label={`Leave room ${name}`} onClick={onLeave}>
          <CloseIcon />
        </button>
      )}
    </li>
  );
}
