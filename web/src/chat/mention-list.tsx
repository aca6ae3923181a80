import type { User } from "switchboard/wire";
import type { ReactElement } from "react";
import { Avatar } from "./avatar.tsx";
import { nameOf } from "./typing.ts";

export interface MentionListProps {
  readonly id: string;
  readonly offers: readonly User[];
  readonly active: number;
  readonly onTake: (user: User) => void;
}

/** The people whose name may be meant. The focus stays in the text. */
export function MentionList({ id, offers, active, onTake }: MentionListProps): ReactElement | null {
  if (offers.length === 0) return null;
  return (
    <div className="mention-list" id={id} role="listbox" aria-label="People to call">
      {offers.map((user, index) => (
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- its keys are the text field's
        <div
          key={user.id}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(user)}
        >
          <Avatar user={user} />
          <bdi>{nameOf(user)}</bdi>
        </div>
      ))}
    </div>
  );
}
