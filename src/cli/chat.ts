/** The channels of the demonstration chat. Public as `switchboard/chat`: its client infers every name and shape from `ChatGateway`. */
import { z } from "zod";
import { channel, ephemeral, event } from "../server/index.ts";
import type { ChannelDefinition, EventDefinition, HasChannels } from "../wire/index.ts";

/** What people say: 1 to 4,000 UTF-16 units that are not all white space. */
export interface ChatMessage {
  readonly text: string;
}

/** Someone is typing: it says nothing but who, which the gateway adds. */
export type ChatTyping = Record<string, never>;

/** The events of a chat room. A type alias, for an interface would not count as a record of events. */
export type ChatEvents = {
  /** Stored, ordered, replayed. */
  readonly message: EventDefinition<"event", ChatMessage>;
  /** Told to those who are there now; means something for 5 seconds. */
  readonly typing: EventDefinition<"ephemeral", ChatTyping>;
};

const message = z.object({ text: z.string().min(1).max(4000).regex(/\S/u, "needs a character that can be seen") });
const typing = z.strictObject({});

/** One channel for each room, `chat/<room>`, with a list of who is there. */
export const channels: { readonly chat: ChannelDefinition<"chat/:room", ChatEvents> } = {
  chat: channel("chat/:room", {
    events: { message: event(message), typing: ephemeral(typing, { ttlMs: 5_000 }) },
    presence: true,
  }),
};

/** For `connect<ChatGateway>(url)`. */
export type ChatGateway = HasChannels<typeof channels>;
