import type { DecodedServerMessage } from "../wire/index.ts";

/** A request as the core writes it. */
export interface Written {
  /** One JSON object. */
  readonly text: string;
  /** Its `data` is bytes, which the text has as base64: a codec that has bytes of its own may write those. */
  readonly hasBytes: boolean;
}

/** How requests and messages are written into frames. What is not JSON comes from `switchboard/msgpack`. */
export interface Codec {
  /** What is offered in the handshake: a server that picks it speaks it. */
  readonly subprotocol: string;
  /** What a request takes of a frame, in bytes. */
  sizeOf(request: Written): number;
  /** One frame of them all, in their order. */
  frameOf(requests: readonly Written[]): string | Uint8Array<ArrayBuffer>;
  /** The messages of a server's frame, in their order. Never throws. */
  read(frame: unknown): readonly DecodedServerMessage[];
}
