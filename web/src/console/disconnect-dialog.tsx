import type { Action } from "switchboard/console";
import { type ReactElement, useState } from "react";
import { ConfirmDialog } from "./confirm-dialog.tsx";

/** Whose connections to end. */
export type DisconnectTarget =
  | { readonly type: "disconnect"; readonly connection: number }
  | { readonly type: "disconnectUser"; readonly userId: string };

export function DisconnectDialog({
  onAct,
  onClose,
  target,
}: {
  readonly target: DisconnectTarget;
  readonly onAct: (action: Action) => void;
  readonly onClose: () => void;
}): ReactElement {
  const [comesBack, setComesBack] = useState(true);
  const isUser = target.type === "disconnectUser";
  const who = isUser ? `every connection of ${target.userId}, at every node` : `connection ${target.connection}`;
  return (
    <ConfirmDialog
      title={isUser ? "Disconnect this user" : "Disconnect this connection"}
      confirm="Disconnect"
      onClose={onClose}
      onConfirm={() => onAct({ ...target, comesBack })}
    >
      <p>This ends {who}. What was accepted is stored; what is under way to it is sent again if it comes back.</p>
      <fieldset className="choices">
        <legend>What its client is told</legend>
        <label>
          <input type="radio" name="back" checked={comesBack} onChange={() => setComesBack(true)} />
          <span>
            Come back <small>Closed with 1001: it connects anew and goes on where it was.</small>
          </span>
        </label>
        <label>
          <input type="radio" name="back" checked={!comesBack} onChange={() => setComesBack(false)} />
          <span>
            Stay away <small>Closed with 4503: it does not try again by itself. Its credentials stay good.</small>
          </span>
        </label>
      </fieldset>
    </ConfirmDialog>
  );
}
