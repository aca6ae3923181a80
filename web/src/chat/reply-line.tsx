import type { ReactElement } from "react";
import { hueClass } from "./avatar.tsx";
import { type Amendment, contentOf } from "./changes.ts";
import { plainText } from "./markup.ts";
import { useMessageActions } from "./message-actions.ts";
import type { StoredMessage } from "./timeline.ts";
import { nameOf } from "./typing.ts";

interface ReplyLineProps {
  readonly target: NonNullable<StoredMessage["replyTo"]>;
  /** What is answered, if it is held. */
  readonly answered: StoredMessage | undefined;
  readonly amendment: Amendment | undefined;
}

/** The most of what is answered that is shown. */
const maxShownCount = 140;

/** What a message answers, in one line above it; a press goes there. */
export function ReplyLine({ target, answered, amendment }: ReplyLineProps): ReactElement {
  const { goTo } = useMessageActions();
  if (answered === undefined) {
    return (
      <button className="reply-line" type="button" onClick={() => goTo(target)}>
        <span className="reply-words">Show the earlier message that this answers</span>
      </button>
    );
  }
  const { text, mentions, isRemoved } = contentOf(answered, { amendment, pending: [], me: undefined });
  if (isRemoved) {
    return (
      <p className="reply-line">
        <i className="reply-words">The message that this answers was deleted</i>
      </p>
    );
  }
  return (
    <button className="reply-line" type="button" onClick={() => goTo(target)}>
      <span className="visually-hidden">Answer to </span>
      <bdi className={`author ${hueClass(answered.user.id)}`}>{nameOf(answered.user)}</bdi>
      <span className="reply-words">{plainText(text, mentions).slice(0, maxShownCount)}</span>
    </button>
  );
}
