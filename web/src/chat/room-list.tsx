import { type FormEvent, type ReactElement, useState } from "react";
import { Avatar } from "./avatar.tsx";
import type { ChatSession } from "./chat-session.ts";
import { CloseIcon, GearIcon, PlusIcon } from "./icons.tsx";
import { Logo } from "../logo.tsx";
import { NameField } from "./name-field.tsx";
import type { Profile } from "./profile.ts";
import { defaultRooms, parseRoomName, roomHash } from "./room-name.ts";
import { maxRoomCount } from "./room-memory.ts";
import type { RoomStore } from "./room-store.ts";
import { goToRoom } from "./use-browser.ts";
import { useStore } from "../use-store.ts";

interface RoomListProps {
  readonly session: ChatSession;
  readonly rooms: readonly RoomStore[];
  readonly current: string;
  readonly profile: Profile;
  readonly onOpenProfile: () => void;
  readonly onLeaveRoom: (name: string) => void;
}

export function RoomList({
  session,
  rooms,
  current,
  profile,
  onOpenProfile,
  onLeaveRoom,
}: RoomListProps): ReactElement {
  const { user, state } = useStore(session.connection);
  return (
    <div className="room-list">
      <div className="brand">
        <Logo />
        <span>Switchboard</span>
      </div>
      <nav aria-label="Rooms" className="room-nav">
        <h2 className="column-title">Rooms</h2>
        <ul>
          {rooms.map((room) => (
            <RoomLink
              key={room.name}
              room={room}
              isCurrent={room.name === current}
              onLeave={() => onLeaveRoom(room.name)}
            />
          ))}
        </ul>
        <OpenRoom session={session} />
      </nav>
      <div className="self">
        <Avatar user={user ?? { id: profile.device, name: profile.name }} />
        <div className="self-words">
          <bdi className="self-name">{profile.name}</bdi>
          <span className={`self-state ${state}`}>
            {state === "open" ? "On the line" : state === "closed" ? "Not connected" : "Connecting…"}
          </span>
        </div>
        <button className="icon-button" type="button" aria-label="Change your name or leave" onClick={onOpenProfile}>
          <GearIcon />
        </button>
      </div>
    </div>
  );
}

interface RoomLinkProps {
  readonly room: RoomStore;
  readonly isCurrent: boolean;
  readonly onLeave: () => void;
}

function RoomLink({ room, isCurrent, onLeave }: RoomLinkProps): ReactElement {
  const { unreadCount } = useStore(room.view);
  const hasUnread = unreadCount > 0;
  const isDefault = defaultRooms.some((name) => name === room.name);
  return (
    <li className={`room${isCurrent ? " current" : ""}${hasUnread ? " unread" : ""}`}>
      <a href={roomHash(room.name)} aria-current={isCurrent ? "page" : undefined}>
        <span className="lamp" aria-hidden="true" />
        <span className="room-name">{room.name}</span>
        {hasUnread && (
          <>
            <span className="unread-count" aria-hidden="true">
              {unreadCount > 99 ? "99+" : unreadCount}
            </span>
            <span className="visually-hidden">, {unreadCount} unread</span>
          </>
        )}
      </a>
      {!isDefault && (
        <button
          className="icon-button room-close"
          type="button"
          aria-label={`Leave room ${room.name}`}
          onClick={onLeave}
        >
          <CloseIcon />
        </button>
      )}
    </li>
  );
}

/** Opens any room by its name: a button that becomes a field. */
function OpenRoom({ session }: { readonly session: ChatSession }): ReactElement {
  const [text, setText] = useState<string>();
  const [problem, setProblem] = useState<string>();

  function submit(event: FormEvent): void {
    event.preventDefault();
    const result = parseRoomName(text ?? "");
    if ("problem" in result) return setProblem(result.problem);
    if (session.open(result.room) === undefined) {
      return setProblem(`You have ${maxRoomCount} rooms open. Leave one first`);
    }
    goToRoom(result.room);
    setText(undefined);
  }

  if (text === undefined) {
    return (
      <button className="open-room" type="button" onClick={() => setText("")}>
        <PlusIcon /> Open a room
      </button>
    );
  }
  return (
    <form
      className="open-room-form"
      noValidate
      onSubmit={submit}
      ref={(form) => {
        if (form?.contains(document.activeElement) === false) form.querySelector("input")?.focus();
      }}
    >
      <NameField
        label="Room"
        value={text}
        problem={problem}
        placeholder="late-night"
        hint="Anyone who opens the same name is there"
        onChange={(value) => {
          setText(value);
          setProblem(undefined);
        }}
        onEscape={() => setText(undefined)}
      />
      <div className="form-buttons">
        <button className="button primary small" type="submit">
          Open
        </button>
        <button className="button quiet small" type="button" onClick={() => setText(undefined)}>
          Cancel
        </button>
      </div>
    </form>
  );
}
