import { type ReactElement, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { ChatSession } from "./chat-session.ts";
import { Composer, type ComposerHandle } from "./composer.tsx";
import { EmojiPicker } from "./emoji-picker.tsx";
import { CloseIcon } from "./icons.tsx";
import { LiveRegion } from "./live-region.tsx";
import { mentionsIn } from "./mentions.ts";
import { type MessageActions, MessageActionsContext } from "./message-actions.ts";
import { MessageList, type MessageListHandle } from "./message-list.tsx";
import { callablePeople } from "./people.ts";
import { RemoveDialog } from "./remove-dialog.tsx";
import { type DrawerControls, RoomHeader } from "./room-header.tsx";
import type { RoomStore } from "./room-store.ts";
import { type StoredMessage, targetOf } from "./timeline.ts";
import { TypingLine } from "./typing-line.tsx";
import { hasKeyboard } from "./use-browser.ts";
import { useStore } from "../use-store.ts";

interface RoomPaneProps {
  readonly room: RoomStore;
  readonly session: ChatSession;
  readonly banner: ReactNode;
  readonly drawers: DrawerControls;
  readonly onSearch: () => void;
}

interface Reacting {
  readonly message: StoredMessage;
  readonly anchor: Element;
}

/** One room: its name, its messages, who is typing, and where to write. */
export function RoomPane({ room, session, banner, drawers, onSearch }: RoomPaneProps): ReactElement {
  const { members, status, heard, timeline, problem } = useStore(room.view);
  const { user: me } = useStore(session.connection);
  const list = useRef<MessageListHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const [editing, setEditing] = useState<string>();
  const [removing, setRemoving] = useState<StoredMessage>();
  const [reacting, setReacting] = useState<Reacting>();
  const authors = timeline.entries.flatMap((entry) => (entry.type === "message" ? [entry.user] : []));
  const people = callablePeople(members, authors, me);
  const latest = useRef(people);
  useEffect(() => {
    latest.current = people;
  });
  useEffect(() => {
    if (!hasKeyboard()) title.current?.focus();
  }, []);
  const actions = useMemo<MessageActions>(
    () => ({
      startReply: (message) => room.setReplyTo(message),
      startEdit: ({ key }) => setEditing(key),
      endEdit: (message, text) => {
        setEditing(undefined);
        composer.current?.focus();
        if (text === undefined) return;
        const mentions = mentionsIn(text, latest.current);
        room.change({ type: "edit", target: targetOf(message), text, mentions });
      },
      startRemove: setRemoving,
      startReact: (message, anchor) => setReacting({ message, anchor }),
      change: (change) => room.change(change),
      goTo: (target) => list.current?.goTo(target),
      retry: (messageId) => room.retry(messageId),
      discard: (messageId) => room.discard(messageId),
    }),
    [room],
  );

  return (
    <MessageActionsContext value={actions}>
      <RoomHeader room={room} me={me} title={title} drawers={drawers} onSearch={onSearch} />
      {banner}
      <MessageList ref={list} room={room} me={me} editingKey={editing} onLeave={() => composer.current?.focus()} />
      <LiveRegion heard={heard} />
      {problem !== undefined && (
        <p className="room-problem" role="alert">
          <span>Not done. {problem}.</span>
          <button className="icon-button" type="button" aria-label="Close" onClick={() => room.forgetProblem()}>
            <CloseIcon />
          </button>
        </p>
      )}
      {status === "refused" ? (
        <p className="refused" role="alert">
          The server does not let you into this room.
        </p>
      ) : (
        <>
          <TypingLine room={room} />
          <Composer
            ref={composer}
            room={room}
            people={people}
            onJump={() => list.current?.jumpToEnd()}
            onEditLast={() => setEditing(lastOwnKey(room))}
          />
        </>
      )}
      {removing !== undefined && (
        <RemoveDialog
          message={removing}
          onRemove={() => room.change({ type: "remove", target: targetOf(removing) })}
          onClose={() => {
            setRemoving(undefined);
            composer.current?.focus();
          }}
        />
      )}
      {reacting !== undefined && (
        <EmojiPicker
          anchor={reacting.anchor}
          onPick={(emoji) => {
            room.change({ type: "reaction", target: targetOf(reacting.message), emoji, isOn: true });
            setReacting(undefined);
          }}
          onClose={() => setReacting(undefined)}
        />
      )}
    </MessageActionsContext>
  );
}

/** One's newest message that can be edited. */
function lastOwnKey(room: RoomStore): string | undefined {
  const { timeline } = room.view.get();
  return timeline.entries.findLast((entry) => entry.type === "message" && entry.isMine && !isRemoved(room, entry))?.key;
}

function isRemoved(room: RoomStore, { offset, messageId }: StoredMessage): boolean {
  return room.view.get().timeline.changes.get(`${offset}/${messageId}`)?.isRemoved === true;
}
