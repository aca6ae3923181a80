import { type ReactElement, useEffect, useRef } from "react";
import { plainText } from "./markup.ts";
import type { StoredMessage } from "./timeline.ts";

interface RemoveDialogProps {
  readonly message: StoredMessage;
  readonly onRemove: () => void;
  readonly onClose: () => void;
}

/** Asks before a message is taken back. */
export function RemoveDialog({ message, onRemove, onClose }: RemoveDialogProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" aria-label="Delete message" closedby="any" onClose={onClose}>
      <div className="dialog-body">
        <h2>Delete this message?</h2>
        <p className="dialog-quote" dir="auto">
          {plainText(message.text, message.mentions).slice(0, 200)}
        </p>
        <p className="field-hint">Nobody will see it any more. The server’s log keeps it until its room is trimmed.</p>
        <div className="form-buttons">
          <button
            className="button alarm"
            type="button"
            onClick={() => {
              onRemove();
              dialog.current?.close();
            }}
          >
            Delete
          </button>
          <button className="button quiet" type="button" onClick={() => dialog.current?.close()}>
            Keep it
          </button>
        </div>
      </div>
    </dialog>
  );
}
