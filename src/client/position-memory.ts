import type { Position } from "../wire/index.ts";
import type { Clock } from "./connect-options.ts";
import type { ClientError } from "./errors.ts";

/** What a memory of positions needs of its client. */
export interface MemoryPort {
  readonly url: string;
  readonly clock: Clock;
  /** Who the server says this is; absent until it has. */
  userId(): string | undefined;
  /** The channels of the open rooms, and where those who listen to them are done with what they were told. */
  positions(): Iterable<readonly [channel: string, position: Position]>;
  /** Tells the application what could not be kept, or not be used. */
  report(error: ClientError): void;
}

/** What a client tells its memory, and asks it. */
export interface OpenMemory {
  /** Where this user was, when the page that knew ended. Asked once for each room, before its first subscription. */
  recall(channel: string, userId: string): Position | undefined;
  /** Some room's position may be another now. */
  note(): void;
  /** The application left the room. */
  forget(channel: string): void;
  /** The client is about to close: the last chance to read the positions. */
  close(): void;
}

/** Begins to keep a client's positions, and gives back what was kept before. `pageMemory` makes one. */
export type PositionMemory = (port: MemoryPort) => OpenMemory;
