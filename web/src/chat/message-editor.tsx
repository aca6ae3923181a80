import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from "react";
import { useMessageActions } from "./message-actions.ts";
import { checkText } from "./message-text.ts";
import type { StoredMessage } from "./timeline.ts";

interface MessageEditorProps {
  readonly message: StoredMessage;
  /** How it reads now. */
  readonly text: string;
}

/** Other words for a message, in its place. */
export function MessageEditor({ message, text: before }: MessageEditorProps): ReactElement {
  const [text, setText] = useState(before);
  const { endEdit } = useMessageActions();
  const field = useRef<HTMLTextAreaElement>(null);
  const { canSend, problem } = checkText(text);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(before.length, before.length);
    field.current?.scrollIntoView({ block: "nearest" });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- when it opens
  }, []);

  function save(): void {
    if (!canSend) return;
    endEdit(message, text.trimEnd() === before ? undefined : text.trimEnd());
  }

  function handleKey(event: KeyboardEvent): void {
    event.stopPropagation(); // The letters are not commands of the row.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      save();
    }
    if (event.key === "Escape") {
      event.preventDefault();
      endEdit(message);
    }
  }

  return (
    <div className="editor">
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        aria-label="Edit your message"
        aria-invalid={problem !== undefined}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={handleKey}
      />
      <p className="editor-note">
        {problem ?? (
          <>
            <button className="text-button" type="button" disabled={!canSend} onClick={save}>
              Save
            </button>
            <kbd>Enter</kbd>
            <button className="text-button" type="button" onClick={() => endEdit(message)}>
              Cancel
            </button>
            <kbd>Esc</kbd>
          </>
        )}
      </p>
    </div>
  );
}
