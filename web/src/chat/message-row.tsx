import type { User } from "switchboard/wire";
import { memo, type ReactElement } from "react";
import { Avatar, hueClass } from "./avatar.tsx";
import { AlertIcon, CheckIcon, ClockIcon } from "./icons.tsx";
import type { RoomStore } from "./room-store.ts";
import { clockTime, dayName, fullTime } from "./time-words.ts";
import type { Outgoing } from "./timeline.ts";
import { gapSentence, type Row } from "./timeline-rows.ts";
import { nameOf } from "./typing.ts";

interface MessageRowProps {
  readonly row: Row;
  readonly room: RoomStore;
  readonly me: User | undefined;
  /** When today began. */
  readonly todayMs: number;
}

/** One row of the list. Every text is a text node: nothing that anybody wrote is read as markup. */
export const MessageRow = memo(function MessageRow({ row, room, me, todayMs }: MessageRowProps): ReactElement {
  switch (row.type) {
    case "day":
      return (
        <li className="divider day">
          <span>{dayName(row.atMs, todayMs)}</span>
        </li>
      );
    case "unread":
      return (
        <li className="divider new">
          <span>New</span>
        </li>
      );
    case "gap":
      return (
        <li className="divider gap">
          <span>{gapSentence(row.gap)}</span>
        </li>
      );
    case "message": {
      const { user, isMine, text, atMs } = row.message;
      return (
        <li className={`message${row.isGroupStart ? " start" : ""}${isMine ? " mine" : ""}`}>
          <MessageHead user={user} atMs={atMs} isGroupStart={row.isGroupStart} />
          <p className="text" dir="auto">
            {text}
          </p>
          {isMine && (
            <span className="delivery" title="Sent and stored">
              <CheckIcon />
              <span className="visually-hidden">Sent</span>
            </span>
          )}
        </li>
      );
    }
    case "outgoing":
      return <OutgoingRow message={row.message} isGroupStart={row.isGroupStart} room={room} me={me} />;
    default:
      return row satisfies never;
  }
});

interface MessageHeadProps {
  readonly user: User;
  readonly atMs: number;
  readonly isGroupStart: boolean;
}

function MessageHead({ user, atMs, isGroupStart }: MessageHeadProps): ReactElement {
  const time = (
    <time className="time" dateTime={new Date(atMs).toISOString()} title={fullTime(atMs)}>
      {clockTime(atMs)}
    </time>
  );
  if (!isGroupStart) {
    return (
      <>
        <span className="visually-hidden">{nameOf(user)}, </span>
        {time}
      </>
    );
  }
  return (
    <>
      <Avatar user={user} />
      <div className="head">
        <bdi className={`author ${hueClass(user.id)}`}>{nameOf(user)}</bdi>
        {time}
      </div>
    </>
  );
}

interface OutgoingRowProps {
  readonly message: Outgoing;
  readonly isGroupStart: boolean;
  readonly room: RoomStore;
  readonly me: User | undefined;
}

function OutgoingRow({ message, isGroupStart, room, me }: OutgoingRowProps): ReactElement {
  const { messageId, text, atMs, state } = message;
  return (
    <li className={`message mine ${state.type}${isGroupStart ? " start" : ""}`}>
      <MessageHead user={me ?? { id: "", name: "You" }} atMs={atMs} isGroupStart={isGroupStart} />
      <p className="text" dir="auto">
        {text}
      </p>
      {state.type === "failed" ? (
        <p className="failure" role="alert">
          <span>
            <AlertIcon /> Not sent. {state.problem}.
          </span>
          {state.canRetry && (
            <button className="text-button" type="button" onClick={() => room.retry(messageId)}>
              Send again
            </button>
          )}
          <button className="text-button" type="button" onClick={() => room.discard(messageId)}>
            Discard
          </button>
        </p>
      ) : (
        <span className="delivery" title={state.type === "sent" ? "Sent and stored" : "On its way"}>
          {state.type === "sent" ? <CheckIcon /> : <ClockIcon />}
          <span className="visually-hidden">{state.type === "sent" ? "Sent" : "Sending"}</span>
        </span>
      )}
    </li>
  );
}
