/** The events of a room's log, as the timeline takes them. */
import type { HistoryPage, Message } from "switchboard/client";
import type { ChatEdit, ChatMessage, ChatReaction, ChatRemoval } from "switchboard/chat";
import type { Change, ToldChange } from "./changes.ts";
import type { IncomingMessage, LogPage } from "./timeline.ts";

export type SaidEvent = Message<ChatMessage, "message">;
export type ChangeEvent =
  | Message<ChatEdit, "edit">
  | Message<ChatRemoval, "remove">
  | Message<ChatReaction, "reaction">;

export function incomingOf(event: SaidEvent, ownId: string | undefined): IncomingMessage {
  const { id, user, isMine, data, offset, atMs } = event;
  const { text, mentions = [], replyTo } = data;
  const callsMe = !isMine && mentions.some((mention) => mention.id === ownId);
  return { messageId: id, user, isMine, text, mentions, replyTo, callsMe, offset, atMs };
}

export function toldChangeOf(event: ChangeEvent): ToldChange {
  return { change: changeOf(event), user: event.user, offset: event.offset };
}

function changeOf(message: ChangeEvent): Change {
  switch (message.event) {
    case "edit":
      return { type: "edit", ...message.data, mentions: message.data.mentions ?? [] };
    case "remove":
      return { type: "remove", ...message.data };
    case "reaction":
      return { type: "reaction", ...message.data };
    default:
      return message satisfies never;
  }
}

export function pageOf({ messages, more }: HistoryPage<SaidEvent | ChangeEvent>, ownId: string | undefined): LogPage {
  return {
    messages: messages.flatMap((one) => (one.event === "message" ? [incomingOf(one, ownId)] : [])),
    changes: messages.flatMap((one) => (one.event === "message" ? [] : [toldChangeOf(one)])),
    firstOffset: messages[0]?.offset,
    lastOffset: messages.at(-1)?.offset,
    hasOlder: more,
  };
}
