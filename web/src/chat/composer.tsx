import { type FormEvent, type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from "react";
import { SendIcon } from "./icons.tsx";
import { checkText } from "./message-text.ts";
import type { RoomStore } from "./room-store.ts";
import { hasKeyboard } from "./use-browser.ts";

interface ComposerProps {
  readonly room: RoomStore;
  /** Goes to the newest message. */
  readonly onJump: () => void;
}

/** Where a person writes. Focus stays here after sending, and comes here with the room. */
export function Composer({ room, onJump }: ComposerProps): ReactElement {
  const [text, setText] = useState(() => room.draft);
  const field = useRef<HTMLTextAreaElement>(null);
  const { canSend, leftCount, problem } = checkText(text);
  useEffect(() => {
    if (hasKeyboard()) field.current?.focus();
  }, []);

  function write(value: string): void {
    setText(value);
    room.setDraft(value);
    if (value.trim() !== "") room.typed();
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    field.current?.focus();
    if (!canSend) return;
    room.send(text.trimEnd());
    write("");
    onJump();
  }

  function handleKey(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return; // An input method's Enter chooses a word.
    if (event.key === "Enter" && !event.shiftKey) submit(event);
    if (event.key === "Escape") onJump();
  }

  return (
    <form className="composer" onSubmit={submit}>
      {problem !== undefined && (
        <p id="composer-problem" className="composer-problem" role="alert">
          {problem}
        </p>
      )}
      <div className={`composer-box${problem === undefined ? "" : " invalid"}`}>
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          enterKeyHint="send"
          placeholder={`Message #${room.name}`}
          aria-label={`Message to room ${room.name}`}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : "composer-problem"}
          onChange={(event) => write(event.currentTarget.value)}
          onKeyDown={handleKey}
        />
        {leftCount !== undefined && (
          <span className={`counter${leftCount < 0 ? " over" : ""}`} aria-hidden="true">
            {leftCount}
          </span>
        )}
        <button className="send-button" type="submit" aria-label="Send" disabled={!canSend}>
          <SendIcon />
        </button>
      </div>
    </form>
  );
}
