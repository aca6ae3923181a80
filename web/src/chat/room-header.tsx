import type { User } from "switchboard/wire";
import type { ReactElement, RefObject } from "react";
import { MenuIcon, PeopleIcon, SearchIcon } from "./icons.tsx";
import { peopleOf } from "./people.ts";
import { splitName } from "./room-name.ts";
import type { RoomStore } from "./room-store.ts";
import { useStore } from "../use-store.ts";

interface DrawerControl {
  readonly isOpen: boolean;
  readonly open: () => void;
  /** Messages that wait behind it. */
  readonly unreadCount?: number;
}

/** Present where the window is too narrow for the columns. */
export interface DrawerControls {
  readonly rooms: DrawerControl | undefined;
  readonly members: DrawerControl | undefined;
}

interface RoomHeaderProps {
  readonly room: RoomStore;
  readonly me: User | undefined;
  readonly title: RefObject<HTMLHeadingElement | null>;
  readonly drawers: DrawerControls;
  readonly onSearch: () => void;
}

export function RoomHeader({ room, me, title, drawers, onSearch }: RoomHeaderProps): ReactElement {
  const { members, away } = useStore(room.view);
  const { people, hiddenCount } = peopleOf(members, { me, away });
  const count = people.length + hiddenCount;
  const otherUnreadCount = drawers.rooms?.unreadCount ?? 0;
  return (
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
        {splitName(room.name).room}
      </h1>
      <button className="search-button" type="button" onClick={onSearch}>
        <SearchIcon />
        <span className="search-words">Go to a room</span>
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
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
  );
}
