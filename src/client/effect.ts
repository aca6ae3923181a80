import type {
  ChannelParams,
  Durability,
  EphemeralMessage,
  EventKind,
  LatestMessage,
  WireEvent,
} from "../wire/index.ts";
import type { ClientStateInfo } from "./client.ts";
import type { Written } from "./codec.ts";
import type { ClientError } from "./errors.ts";
import type { FrameLimits } from "./frames.ts";
import type { Ack, Gap, PresenceChange, RoomStatusInfo } from "./room.ts";

/** What kinds of events a channel has, by name. */
export type EventKinds = Readonly<Record<string, EventKind>>;

/** What the core wants done, in this order. `room` and `ticket` are numbers the core gave out. */
export type Effect =
  /** Open a line and get a token for it. */
  | { readonly type: "dial" }
  /** Get a newer token for the line that is open, if it can be had. */
  | { readonly type: "token" }
  | ({ readonly type: "write" } & Written)
  /** Close the line, if there is one. Nothing that still comes from it is of interest. */
  | { readonly type: "hangUp"; readonly code?: 1000 }
  | { readonly type: "state"; readonly info: ClientStateInfo }
  | { readonly type: "server"; readonly durability: Durability; readonly limits: FrameLimits }
  /** `name` is empty and `kinds` has none until a hello has told them. */
  | {
      readonly type: "status";
      readonly room: number;
      readonly name: string;
      readonly kinds: EventKinds;
      readonly info: RoomStatusInfo;
    }
  /** The server subscribed us to a channel by itself. */
  | { readonly type: "room"; readonly room: number; readonly channel: string; readonly params: ChannelParams }
  | { readonly type: "message"; readonly room: number; readonly message: WireEvent }
  | { readonly type: "unstored"; readonly room: number; readonly message: EphemeralMessage | LatestMessage }
  | { readonly type: "gap"; readonly room: number; readonly gap: Gap }
  | { readonly type: "presence"; readonly room: number; readonly change: PresenceChange }
  /** Of an event that is not stored: whether it was sent, or dropped. */
  | { readonly type: "sent"; readonly ticket: number; readonly ack: Ack | boolean }
  | { readonly type: "result"; readonly ticket: number; readonly data: unknown }
  | { readonly type: "page"; readonly ticket: number; readonly events: readonly WireEvent[]; readonly more: boolean }
  | { readonly type: "failed"; readonly ticket: number; readonly error: ClientError }
  | { readonly type: "error"; readonly error: ClientError };
