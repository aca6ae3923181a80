import type { ReactElement, ReactNode } from "react";
import { PencilIcon, ReplyIcon, SmileIcon, TrashIcon } from "./icons.tsx";
import { useMessageActions } from "./message-actions.ts";
import { type StoredMessage, targetOf } from "./timeline.ts";

interface MessageToolbarProps {
  readonly message: StoredMessage;
  readonly canWrite: boolean;
}

/** The emoji that one press sets. */
const quickEmojis = ["👍", "❤️", "😂"];

/** What can be done with the message that is pointed at or focused. */
export function MessageToolbar({ message, canWrite }: MessageToolbarProps): ReactElement {
  const actions = useMessageActions();
  return (
    <div className="toolbar" role="toolbar" aria-label="Message actions">
      {quickEmojis.map((emoji) => (
        <Tool
          key={emoji}
          label={`React with ${emoji}`}
          className="quick"
          isDisabled={!canWrite}
          onPress={() => actions.change({ type: "reaction", target: targetOf(message), emoji, isOn: true })}
        >
          <span aria-hidden="true">{emoji}</span>
        </Tool>
      ))}
      <Tool label="Add a reaction" isDisabled={!canWrite} onPress={(button) => actions.startReact(message, button)}>
        <SmileIcon />
      </Tool>
      <Tool label="Reply" isDisabled={!canWrite} onPress={() => actions.startReply(message)}>
        <ReplyIcon />
      </Tool>
      {message.isMine && (
        <>
          <Tool label="Edit" isDisabled={!canWrite} onPress={() => actions.startEdit(message)}>
            <PencilIcon />
          </Tool>
          <Tool label="Delete" className="danger" isDisabled={!canWrite} onPress={() => actions.startRemove(message)}>
            <TrashIcon />
          </Tool>
        </>
      )}
    </div>
  );
}

interface ToolProps {
  readonly label: string;
  readonly isDisabled: boolean;
  readonly onPress: (button: Element) => void;
  readonly className?: string;
  readonly children: ReactNode;
}

function Tool({ label, isDisabled, onPress, className = "", children }: ToolProps): ReactElement {
  return (
    <button
      className={`tool ${className}`}
      type="button"
      aria-label={label}
      title={label}
      disabled={isDisabled}
      onClick={(event) => {
        event.stopPropagation();
        onPress(event.currentTarget);
      }}
    >
      {children}
    </button>
  );
}
