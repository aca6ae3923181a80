/** What an application sees of a client. Types only; `connect.ts` makes one. */
import type { ChannelDefinition, Durability, HasChannels, ParamsOf, User } from "../wire/index.ts";
import type { ClientError } from "./errors.ts";
import type { Room, Unsubscribe } from "./room.ts";

/**
 * `connecting`: on the way to a line that the server has accepted. `open`: it is there. `waiting`: it broke; the next try comes
 * by itself. `closed`: for good, by `close()` or by the server's verdict.
 */
export type ClientState = ClientStateInfo["state"];

/** Where a client stands, for people to see. */
export type ClientStateInfo =
  | { readonly state: "connecting" }
  | { readonly state: "open"; readonly user: User }
  | { readonly state: "waiting"; readonly retryInMs: number; readonly code: number; readonly reason: string }
  | { readonly state: "closed"; readonly code: number; readonly reason: string };

/** How a room is opened. */
export interface RoomOptions {
  /** How many of the newest stored messages come first, 0-1000. Default 0: only what is sent from now on. */
  readonly recent?: number;
}

/** What every client has beside its channels. */
export interface ClientControls<Gateway extends HasChannels = HasChannels> {
  readonly state: ClientState;
  /** Who the server says this is, since the first `open`. */
  readonly user: User | undefined;
  /** What an acknowledged message survives on this server, since the first hello. */
  readonly durability: Durability | undefined;
  /** Calls the listener at each change, and once now. */
  onState(listener: (info: ClientStateInfo) => void): Unsubscribe;
  /**
   * Calls the listener with each room of a channel that the server opens by itself, before anything of it is told: with `userChannel` and
   * `gateway.subscribe`. Add it before the first line is open, which is: right after `connect`.
   */
  onRoom<Name extends keyof Gateway["channels"] & string>(
    channel: Name,
    listener: (room: Room<Gateway["channels"][Name]>, params: ParamsOf<Gateway["channels"][Name]["pattern"]>) => void,
  ): Unsubscribe;
  /** What no promise reports: a fault of the server's, or a listener that threw. Without a listener it goes to the console. */
  onError(listener: (error: ClientError) => void): Unsubscribe;
  /**
   * Tries now instead of when the wait is over, for a button a person can press. Elsewhere than in `waiting` it does nothing, nor
   * where the server has asked not to be dialled yet.
   */
  reconnect(): void;
  /** Closes with 1000 and rejects what is pending with `CLOSED`. Resolves when the socket is closed, or after 5 s. */
  close(): Promise<void>;
}

type NoParams = Readonly<Record<string, never>>;

/** Gives the room of these parameters and subscribes to it at once. The same parameters give the same room. */
export type OpenRoom<Definition extends ChannelDefinition> = keyof ParamsOf<Definition["pattern"]> extends never
  ? (params?: NoParams, options?: RoomOptions) => Room<Definition>
  : (params: ParamsOf<Definition["pattern"]>, options?: RoomOptions) => Room<Definition>;

/** A client of a gateway: its controls, and each of the gateway's channels by name. */
export type Client<Gateway extends HasChannels = HasChannels> = ClientControls<Gateway> & {
  readonly [Name in Exclude<keyof Gateway["channels"] & string, keyof ClientControls>]: OpenRoom<
    Gateway["channels"][Name]
  >;
};
