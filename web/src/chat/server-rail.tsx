import type { ReactElement } from "react";
import { Logo } from "../logo.tsx";
import type { ChatSession } from "./chat-session.ts";
import { PlusIcon } from "./icons.tsx";
import { homeServer, roomHash, splitName } from "./room-name.ts";
import type { RoomStore } from "./room-store.ts";
import { useUnread } from "./use-unread.ts";
import { useStore } from "../use-store.ts";

interface ServerRailProps {
  readonly session: ChatSession;
  readonly rooms: readonly RoomStore[];
  /** The server whose rooms are shown. */
  readonly current: string;
  readonly onAdd: () => void;
}

/** The servers one is in, at the very left. */
export function ServerRail({ session, rooms, current, onAdd }: ServerRailProps): ReactElement {
  const servers = useStore(session.servers);
  return (
    <nav className="rail" aria-label="Servers">
      <ul>
        {servers.map(({ name }) => (
          <ServerLink
            key={name}
            name={name}
            rooms={rooms.filter((room) => splitName(room.name).server === name)}
            isCurrent={name === current}
            href={roomHash(session.lastRoomOf(name))}
          />
        ))}
      </ul>
      <button
        className="rail-add"
        type="button"
        aria-label="Create or join a server"
        title="Create or join a server"
        onClick={onAdd}
      >
        <PlusIcon />
      </button>
    </nav>
  );
}

interface ServerLinkProps {
  readonly name: string;
  readonly rooms: readonly RoomStore[];
  readonly isCurrent: boolean;
  readonly href: string;
}

function ServerLink({ name, rooms, isCurrent, href }: ServerLinkProps): ReactElement {
  const { unreadCount, mentionCount } = useUnread(rooms);
  const title = serverTitle(name);
  const marks = `${isCurrent ? " current" : ""}${unreadCount > 0 ? " unread" : ""}`;
  return (
    <li className={`server${marks}`}>
      <a href={href} title={title} aria-current={isCurrent ? "true" : undefined}>
        <span className="visually-hidden">{`Server ${title}${unreadCount > 0 ? `, ${unreadCount} unread` : ""}`}</span>
        {name === homeServer ? <Logo /> : <span aria-hidden="true">{initials(name)}</span>}
        {mentionCount > 0 && (
          <span className="rail-count" aria-hidden="true">
            {mentionCount > 99 ? "99+" : mentionCount}
          </span>
        )}
      </a>
    </li>
  );
}

/** What people read of a server's name. */
export function serverTitle(name: string): string {
  return name === homeServer ? "Switchboard" : name;
}

/** At most two letters: of the first two words, or of the only one. */
function initials(name: string): string {
  const words = name.split(/[-_]+/u).filter((word) => word !== "");
  const [first = name, second] = words;
  return second === undefined ? first.slice(0, 2) : `${first[0] ?? ""}${second[0] ?? ""}`;
}
