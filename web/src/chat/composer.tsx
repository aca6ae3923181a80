import type { ChatMention } from "switchboard/chat";
import type { User } from "switchboard/wire";
import {
  type FormEvent,
  type KeyboardEvent,
  type ReactElement,
  type Ref,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
} from "react";
import { EmojiPicker } from "./emoji-picker.tsx";
import { CloseIcon, SendIcon, SmileIcon } from "./icons.tsx";
import { maxMentionCount, mentionsIn } from "./mentions.ts";
import { checkText } from "./message-text.ts";
import { MentionList } from "./mention-list.tsx";
import type { RoomStore } from "./room-store.ts";
import { splitName } from "./room-name.ts";
import type { StoredMessage } from "./timeline.ts";
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
    room.send(text.trimEnd(), calledBy(text, people, replyTo));
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
      {replyTo !== undefined && <ReplyBar message={replyTo} onCancel={() => room.setReplyTo(undefined)} />}
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
        <Counter leftCount={leftCount} />
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

/** How many letters are left, when few are; told in words only when they are too many. */
function Counter({ leftCount }: { readonly leftCount: number | undefined }): ReactElement | null {
  if (leftCount === undefined) return null;
  return (
    <span className={`counter${leftCount < 0 ? " over" : ""}`} aria-hidden="true">
      {leftCount}
    </span>
  );
}

interface ReplyBarProps {
  readonly message: StoredMessage;
  readonly onCancel: () => void;
}

/** Over the field: whom the next message answers. */
function ReplyBar({ message, onCancel }: ReplyBarProps): ReactElement {
  return (
    <p className="reply-bar">
      <span>
        Answering <bdi>{nameOf(message.user)}</bdi>
      </span>
      <button className="icon-button" type="button" aria-label="Do not answer it" onClick={onCancel}>
        <CloseIcon />
      </button>
    </p>
  );
}

/** Whom a text calls: those it names, and whoever is answered. */
function calledBy(text: string, people: readonly User[], replyTo: StoredMessage | undefined): readonly ChatMention[] {
  const called = mentionsIn(text, people);
  if (replyTo === undefined || replyTo.isMine || called.some(({ id }) => id === replyTo.user.id)) return called;
  return [...called, { id: replyTo.user.id, name: nameOf(replyTo.user) }].slice(-maxMentionCount);
}
