import type { ReactElement } from "react";
import { Avatar } from "./avatar.tsx";
import type { ChatSession } from "./chat-session.ts";
import { peopleOf, type Person } from "./people.ts";
import type { RoomStore } from "./room-store.ts";
import { nameOf, type Typist } from "./typing.ts";
import { useStore } from "../use-store.ts";

interface MemberListProps {
  readonly room: RoomStore;
  readonly session: ChatSession;
}

/** Who is here now: oneself first, then by name. */
export function MemberList({ room, session }: MemberListProps): ReactElement {
  const { members, away, typists, status } = useStore(room.view);
  const { user: me } = useStore(session.connection);
  const { people, hiddenCount } = peopleOf(members, { me, away });
  return (
    <div className="member-list">
      <h2 className="column-title">Here now{status === "live" ? ` — ${people.length + hiddenCount}` : ""}</h2>
      <ul className={status === "live" ? undefined : "stale"}>
        {people.map((person) => (
          <PersonRow key={person.user.id} {...person} isMe={person.user.id === me?.id} typists={typists} />
        ))}
      </ul>
      {hiddenCount > 0 && <p className="column-note">and {hiddenCount.toLocaleString("en")} more</p>}
      {status !== "live" && people.length > 0 && (
        <p className="column-note">This list is from before the line went down.</p>
      )}
    </div>
  );
}

interface PersonRowProps extends Person {
  readonly isMe: boolean;
  readonly typists: readonly Typist[];
}

function PersonRow({ user, deviceCount, isAway, isMe, typists }: PersonRowProps): ReactElement {
  const isTyping = typists.some((typist) => typist.user.id === user.id);
  const note = isTyping ? "typing…" : isAway ? "away" : deviceCount > 1 ? `on ${deviceCount} devices` : undefined;
  return (
    <li className={`member${isAway ? " away" : ""}`}>
      <span className="avatar-frame">
        <Avatar user={user} />
        <span className={`presence-lamp${isTyping ? " typing" : isAway ? " away" : ""}`} aria-hidden="true" />
      </span>
      <span className="member-words">
        <span className="member-name">
          <bdi>{nameOf(user)}</bdi>
          {isMe && <span className="you"> (you)</span>}
        </span>
        {note !== undefined && <span className="member-note">{note}</span>}
      </span>
    </li>
  );
}
