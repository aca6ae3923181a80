import type { ReactElement } from "react";
import type { Reaction } from "./changes.ts";
import { emojiName } from "./emoji.ts";
import { SmileIcon } from "./icons.tsx";
import { useMessageActions } from "./message-actions.ts";
import { type StoredMessage, targetOf } from "./timeline.ts";
import { nameOf } from "./typing.ts";

interface ReactionBarProps {
  readonly message: StoredMessage;
  readonly reactions: readonly Reaction[];
}

/** The most names that are told of those who reacted. */
const maxNamesCount = 10;

/** The emoji under a message: how many set each, who, and whether oneself did. */
export function ReactionBar({ message, reactions }: ReactionBarProps): ReactElement {
  const actions = useMessageActions();
  return (
    <div className="reactions" role="group" aria-label="Reactions">
      {reactions.map(({ emoji, users, isMine }) => (
        <button
          key={emoji}
          className={`reaction${isMine ? " mine" : ""}`}
          type="button"
          aria-pressed={isMine}
          aria-label={`${emojiName(emoji)}: ${users.length}, ${namesOf(users)}`}
          title={namesOf(users)}
          onClick={() => actions.change({ type: "reaction", target: targetOf(message), emoji, isOn: !isMine })}
        >
          <span aria-hidden="true">{emoji}</span>
          <span className="reaction-count" aria-hidden="true">
            {users.length}
          </span>
        </button>
      ))}
      <button
        className="reaction add"
        type="button"
        aria-label="Add another reaction"
        onClick={(event) => actions.startReact(message, event.currentTarget)}
      >
        <SmileIcon />
      </button>
    </div>
  );
}

function namesOf(users: Reaction["users"]): string {
  const names = users.slice(0, maxNamesCount).map(nameOf).join(", ");
  return users.length <= maxNamesCount ? names : `${names} and ${users.length - maxNamesCount} more`;
}
