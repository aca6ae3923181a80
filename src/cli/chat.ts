/** The channels of the demonstration chat. Public as `switchboard/chat`: its client infers every name and shape from `ChatGateway`. */
import { z } from "zod";
import { channel, ephemeral, event, type HandleContext, Refusal, type StoredMessage } from "../server/index.ts";
import type { ChannelDefinition, EventDefinition, HasChannels } from "../wire/index.ts";

/** A message of the room by its place and its id: a place alone is given anew when a log lost its end. */
export interface ChatTarget {
  readonly offset: number;
  readonly id: string;
}

/** Somebody who is called in a text, there as `@name`. */
export interface ChatMention {
  readonly id: string;
  readonly name: string;
}

/** What people say: 1 to 4,000 UTF-16 units that are not all white space. */
export interface ChatMessage {
  readonly text: string;
  /** At most 20. */
  readonly mentions?: readonly ChatMention[] | undefined;
  /** The message that it answers. */
  readonly replyTo?: ChatTarget | undefined;
}

/** Other words for a message of one's own. */
export interface ChatEdit {
  readonly target: ChatTarget;
  readonly text: string;
  readonly mentions?: readonly ChatMention[] | undefined;
}

/** A message of one's own is taken back: nobody is shown it any more. The log keeps it until it is trimmed. */
export interface ChatRemoval {
  readonly target: ChatTarget;
}

/** A person sets an emoji under a message, or takes theirs away. */
export interface ChatReaction {
  readonly target: ChatTarget;
  /** One emoji, as Unicode recommends it for general interchange. */
  readonly emoji: string;
  readonly isOn: boolean;
}

/** Someone is typing: it says nothing but who, which the gateway adds. */
export type ChatTyping = Record<string, never>;

/** Whether the sender's device is looked at. */
export interface ChatAway {
  readonly isAway: boolean;
}

/** A room of a server was opened for everybody there. */
export interface ChatOpened {
  /** 1 to 32 of a-z, 0-9, `-`, `_`. */
  readonly room: string;
}

/** The events of a chat room. A type alias, for an interface would not count as a record of events. */
export type ChatEvents = {
  /** Stored, ordered, replayed. */
  readonly message: EventDefinition<"event", ChatMessage>;
  /** Refused with `app:NOT_YOURS` unless the target is a message of the same user. */
  readonly edit: EventDefinition<"event", ChatEdit>;
  /** Refused as an edit is. */
  readonly remove: EventDefinition<"event", ChatRemoval>;
  /** Refused with `app:NO_MESSAGE` unless the target is a message. */
  readonly reaction: EventDefinition<"event", ChatReaction>;
  /** Told to those who are there now; means something for 5 seconds. */
  readonly typing: EventDefinition<"ephemeral", ChatTyping>;
  readonly away: EventDefinition<"ephemeral", ChatAway>;
};

/** The events of a server, which is a group of rooms. */
export type ServerEvents = {
  readonly opened: EventDefinition<"event", ChatOpened>;
};

const target = z.strictObject({ offset: z.int().positive(), id: z.string().min(1).max(64) });
const text = z.string().min(1).max(4000).regex(/\S/u, "needs a character that can be seen");
const mention = z.strictObject({ id: z.string().min(1).max(256), name: z.string().min(1).max(40) });
const mentions = z.array(mention).max(20).optional();
/** TypeScript's target is older than the flag `v`, Node 20 is not. */
const emoji = z.string().regex(new RegExp("^\\p{RGI_Emoji}$", "v"), "must be one emoji");
const roomName = z.string().regex(/^[a-z0-9_-]{1,32}$/u, "must be 1-32 of a-z, 0-9, - and _");

/** Who owns a message is looked up where it is stored: what the client says of it counts for nothing. */
async function refuseOthers<Change extends ChatRemoval>(
  { target: at }: Change,
  context: HandleContext,
): Promise<Change | undefined> {
  const found = await findMessage(at, context);
  if (found.user.id !== context.user.id) throw new Refusal("NOT_YOURS", "Only who wrote a message can change it");
  return undefined;
}

async function refuseNothing({ target: at }: ChatReaction, context: HandleContext): Promise<undefined> {
  await findMessage(at, context);
}

async function findMessage(at: ChatTarget, { messageAt }: HandleContext): Promise<StoredMessage> {
  const found = await messageAt(at.offset);
  if (found?.event === "message" && found.id === at.id) return found;
  throw new Refusal("NO_MESSAGE", "The message is not kept any more");
}

const dayMs = 86_400_000;

/**
 * One channel for each room, `chat/<room>`, with a list of who is there; it keeps 10 000 events for 30 days. One for each server,
 * `server/<server>`, that keeps which rooms were opened there.
 */
export const channels: {
  readonly chat: ChannelDefinition<"chat/:room", ChatEvents>;
  readonly server: ChannelDefinition<"server/:server", ServerEvents>;
} = {
  chat: channel("chat/:room", {
    events: {
      message: event(z.object({ text, mentions, replyTo: target.optional() })),
      edit: event(z.strictObject({ target, text, mentions }), { handle: refuseOthers }),
      remove: event(z.strictObject({ target }), { handle: refuseOthers }),
      reaction: event(z.strictObject({ target, emoji, isOn: z.boolean() }), { handle: refuseNothing }),
      typing: ephemeral(z.strictObject({}), { ttlMs: 5_000 }),
      away: ephemeral(z.strictObject({ isAway: z.boolean() })),
    },
    history: { maxCount: 10_000, maxAgeMs: 30 * dayMs },
    presence: true,
  }),
  server: channel("server/:server", {
    events: { opened: event(z.strictObject({ room: roomName })) },
    history: { maxCount: 200, maxAgeMs: 3_650 * dayMs },
  }),
};

/** For `connect<ChatGateway>(url)`. */
export type ChatGateway = HasChannels<typeof channels>;
