import type { User } from "switchboard/wire";
import { type FormEvent, type KeyboardEvent, type ReactElement, type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { EmojiPicker } from "./emoji-picker.tsx";
import { CloseIcon, SendIcon, SmileIcon } from "./icons.tsx";
import { mentionsIn } from "./mentions.ts";
import { checkText } from "./message-text.ts";
import { MentionList } from "./mention-list.tsx";
import type { RoomStore } from "./room-store.ts";
import { splitName } from "./room-name.ts";
import { nameOf } from "./typing.ts";
import { hasKeyboard } from "./use-browser.ts";
import { useMentions } from "./use-mentions.ts";
import { useStore } from "../use-store.ts";

export interface ComposerHandle {
  focus(): void;
}

interface ComposerProps {
  readonly room: RoomStore;
  /** Who can be called. */
  readonly people: readonly User[];
  /** Goes to the newest message. */
  readonly onJump: () => void;
  /** Edits one's last message. */
  readonly onEditLast: () => void;
  readonly ref: Ref<ComposerHandle>;
}

/** Where a person writes. Focus stays here after sending, and comes here with the room. */
export function Composer({ room, people, onJump, onEditLast, ref }: ComposerProps): ReactElement {
  const [text, setText] = useState(() => room.draft);
  const [picker, setPicker] = useState<Element>();
  const { replyTo } = useStore(room.view);
  const field = useRef<HTMLTextAreaElement>(null);
  const { canSend, leftCount, problem } = checkText(text);
  const { room: name } = splitName(room.name);
  const mentions = useMentions({ field, text, people, onWrite: write });
  useEffect(() => {
    if (hasKeyboard()) field.current?.focus();
  }, []);
  useEffect(() => {
    if (replyTo !== undefined) field.current?.focus();
  }, [replyTo]);
  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus() }));

  function write(value: string): void {
    setText(value);
    room.setDraft(value);
    if (value.trim() !== "") room.typed();
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    field.current?.focus();
    if (!canSend) return;
    const called = mentionsIn(text, people);
    // Who is answered is called, too.
    const answered = replyTo === undefined || replyTo.isMine ? [] : [replyTo.user];
    const also = answered.filter(({ id }) => !called.some((one) => one.id === id));
    room.send(text.trimEnd(), [...called, ...also.map((user) => ({ id: user.id, name: nameOf(user) }))]);
    write("");
    mentions.close();
    onJump();
  }

  function insert(emoji: string): void {
    setPicker(undefined);
    const { selectionStart: start = text.length, selectionEnd: end = text.length } = field.current ?? {};
    write(text.slice(0, start) + emoji + text.slice(end));
    field.current?.focus();
  }

  function handleKey(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return; // An input method's Enter chooses a word.
    if (mentions.handleKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) submit(event);
    if (event.key === "ArrowUp" && text === "" && !event.altKey) {
      event.preventDefault();
      onEditLast();
    }
    if (event.key !== "Escape") return;
    if (replyTo === undefined) onJump();
    else room.setReplyTo(undefined);
  }

  return (
    <form className="composer" onSubmit={submit}>
      {problem !== undefined && (
        <p id="composer-problem" className="composer-problem" role="alert">
          {problem}
        </p>
      )}
      {replyTo !== undefined && (
        <p className="reply-bar">
          <span>
            Answering <bdi>{nameOf(replyTo.user)}</bdi>
          </span>
          <button
            className="icon-button"
            type="button"
            aria-label="Do not answer it"
            onClick={() => room.setReplyTo(undefined)}
          >
            <CloseIcon />
          </button>
        </p>
      )}
      <div className={`composer-box${problem === undefined ? "" : " invalid"}`}>
        <MentionList {...mentions.list} />
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          enterKeyHint="send"
          placeholder={`Message #${name}`}
          aria-label={`Message to room ${name}`}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : "composer-problem"}
          {...mentions.fieldProps}
          onChange={(event) => {
            write(event.currentTarget.value);
            mentions.look(event.currentTarget);
          }}
          onSelect={(event) => mentions.look(event.currentTarget)}
          onBlur={mentions.close}
          onKeyDown={handleKey}
        />
        {leftCount !== undefined && (
          <span className={`counter${leftCount < 0 ? " over" : ""}`} aria-hidden="true">
            {leftCount}
          </span>
        )}
        <button
          className="icon-button"
          type="button"
          aria-label="Insert an emoji"
          aria-expanded={picker !== undefined}
          onClick={(event) => setPicker(event.currentTarget)}
        >
          <SmileIcon />
        </button>
        <button className="send-button" type="submit" aria-label="Send" disabled={!canSend}>
          <SendIcon />
        </button>
      </div>
      {picker !== undefined && <EmojiPicker anchor={picker} onPick={insert} onClose={() => setPicker(undefined)} />}
    </form>
  );
}
