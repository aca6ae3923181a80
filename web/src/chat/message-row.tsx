import type { User } from "switchboard/wire";
import { memo, type ReactElement } from "react";
import { contentOf } from "./changes.ts";
import { CheckIcon, ClockIcon } from "./icons.tsx";
import { MessageBody } from "./message-body.tsx";
import { MessageEditor } from "./message-editor.tsx";
import { MessageHead } from "./message-head.tsx";
import { MessageToolbar } from "./message-toolbar.tsx";
import { OutgoingRow } from "./outgoing-row.tsx";
import { ReactionBar } from "./reaction-bar.tsx";
import { ReplyLine } from "./reply-line.tsx";
import { dayName } from "./time-words.ts";
import { gapSentence, isSameRow, type Row } from "./timeline-rows.ts";

interface MessageRowProps {
  readonly row: Row;
  readonly me: User | undefined;
  /** When today began. */
  readonly todayMs: number;
  /** Whether it is pointed at or focused: then it has its toolbar. */
  readonly isActive: boolean;
  readonly isEditing: boolean;
  /** Whether it was just jumped to. */
  readonly isShown: boolean;
  readonly canWrite: boolean;
}

/** One row of the list, drawn again only when something in it has changed. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps): ReactElement {
  const { row, me, todayMs } = props;
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
    case "message":
      return <StoredRow {...props} row={row} />;
    case "outgoing":
      return <OutgoingRow message={row.message} isGroupStart={row.isGroupStart} me={me} />;
    default:
      return row satisfies never;
  }
}, isSameProps);

function isSameProps({ row: before, ...one }: MessageRowProps, { row: after, ...other }: MessageRowProps): boolean {
  const names = Object.keys(one) as (keyof typeof one)[]; // Its own: what `keyof` says of it.
  return isSameRow(before, after) && names.every((name) => one[name] === other[name]);
}

type StoredRowProps = MessageRowProps & { readonly row: Extract<Row, { type: "message" }> };

function StoredRow({ row, me, isActive, isEditing, isShown, canWrite }: StoredRowProps): ReactElement {
  const { message, isGroupStart, amendment, pending, answered, answeredAmendment } = row;
  const { user, isMine, callsMe, atMs, replyTo } = message;
  const content = contentOf(message, { amendment, pending, me });
  const isChanging = pending.some(({ type }) => type !== "reaction");
  const marks = [
    ["start", isGroupStart],
    ["mine", isMine],
    ["calls-me", callsMe],
    ["active", isActive],
    ["shown", isShown],
    ["pending", isChanging],
  ];
  const className = ["message", ...marks.flatMap(([name, isOn]) => (isOn === true ? [name] : []))].join(" ");
  return (
    <li className={className} data-key={message.key} tabIndex={-1}>
      {replyTo !== undefined && <ReplyLine target={replyTo} answered={answered} amendment={answeredAmendment} />}
      <MessageHead user={user} atMs={atMs} isGroupStart={isGroupStart} />
      {isEditing ? (
        <MessageEditor message={message} text={content.text} />
      ) : (
        <MessageBody text={content.text} mentions={content.mentions} ownId={me?.id} isEdited={content.isEdited} />
      )}
      {isMine && (
        <span className="delivery" title={isChanging ? "On its way" : "Sent and stored"}>
          {isChanging ? <ClockIcon /> : <CheckIcon />}
          <span className="visually-hidden">{isChanging ? "Sending" : "Sent"}</span>
        </span>
      )}
      {content.reactions.length > 0 && <ReactionBar message={message} reactions={content.reactions} />}
      {isActive && !isEditing && <MessageToolbar message={message} canWrite={canWrite} />}
    </li>
  );
}
