import type { WireEvent } from "../wire/index.ts";
import type { ClientError } from "./errors.ts";
import type { Ack } from "./room.ts";

/** A promise that an effect settles. */
export interface Pending {
  readonly sent?: (ack: Ack | boolean) => void;
  readonly result?: (data: unknown) => void;
  readonly page?: (events: readonly WireEvent[], more: boolean) => void;
  readonly failed: (error: ClientError) => void;
  /** Called first, however it ends. */
  readonly settle?: () => void;
}
