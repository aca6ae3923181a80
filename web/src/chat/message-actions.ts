import { createContext, use } from "react";
import type { Change } from "./changes.ts";
import type { StoredMessage } from "./timeline.ts";

/** What can be done with a message, from its toolbar, its keys and its reactions. The same object as long as the room is. */
export interface MessageActions {
  startReply(message: StoredMessage): void;
  startEdit(message: StoredMessage): void;
  /** Ends an edit, with other words or with none. */
  endEdit(message: StoredMessage, text?: string): void;
  startRemove(message: StoredMessage): void;
  startReact(message: StoredMessage, anchor: Element): void;
  change(change: Change): void;
  /** Scrolls to what a message answers. */
  goTo(target: NonNullable<StoredMessage["replyTo"]>): void;
  retry(messageId: string): void;
  discard(messageId: string): void;
}

export const MessageActionsContext = createContext<MessageActions | undefined>(undefined);

export function useMessageActions(): MessageActions {
  const actions = use(MessageActionsContext);
  if (actions === undefined) throw new Error("Cannot act on a message: it is drawn outside of a list");
  return actions;
}
