import type { User } from "switchboard/wire";
import type { ReactElement } from "react";
import { AlertIcon, CheckIcon, ClockIcon } from "./icons.tsx";
import { useMessageActions } from "./message-actions.ts";
import { MessageBody } from "./message-body.tsx";
import { MessageHead } from "./message-head.tsx";
import type { Outgoing } from "./timeline.ts";

interface OutgoingRowProps {
  readonly message: Outgoing;
  readonly isGroupStart: boolean;
  readonly me: User | undefined;
}

/** A message of one's own that is not in the log yet: on its way, there in a moment, or refused. */
export function OutgoingRow({ message, isGroupStart, me }: OutgoingRowProps): ReactElement {
  const { messageId, text, mentions, atMs, state } = message;
  const { retry, discard } = useMessageActions();
  return (
    <li className={`message mine ${state.type}${isGroupStart ? " start" : ""}`}>
      <MessageHead user={me ?? { id: "", name: "You" }} atMs={atMs} isGroupStart={isGroupStart} />
      <MessageBody text={text} mentions={mentions} ownId={me?.id} />
      {state.type === "failed" ? (
        <p className="failure" role="alert">
          <span>
            <AlertIcon /> Not sent. {state.problem}.
          </span>
          {state.canRetry && (
            <button className="text-button" type="button" onClick={() => retry(messageId)}>
              Send again
            </button>
          )}
          <button className="text-button" type="button" onClick={() => discard(messageId)}>
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
