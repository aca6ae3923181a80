import { closeCodes } from "./close-codes.ts";

/** Compresses whole messages; a port, for there is no zlib in this room. */
export interface MessageDeflater {
  /**
   * Deflates one whole message and removes the `00 00 ff ff` at its end (RFC 7692 §7.2.1). `undefined` if it is better sent as it is;
   * that may be said of any message.
   */
  deflate(message: Uint8Array): Uint8Array | undefined;
}

/** The compression of one connection, in both directions. What it remembers of earlier messages is its own affair. */
export interface MessageCodec extends MessageDeflater {
  /** Shorter messages are not worth it, in bytes. */
  readonly thresholdBytes: number;
  /** Begins a message that is sent in pieces. `undefined` if it is better sent as it is. */
  deflatePieces(): PieceDeflater | undefined;
  /**
   * Inflates one whole message, the `00 00 ff ff` of §7.2.2 not yet appended. Never throws for what a peer sent.
   *
   * It stops as soon as the result would exceed `limitBytes`: a bomb is counted while it inflates, never afterwards.
   */
  inflate(compressed: Uint8Array, limitBytes: number): InflateResult;
}

/**
 * Deflates the next piece of one message, up to its last byte, so that the peer can inflate it before the next one comes; of the last
 * piece the `00 00 ff ff` at its end is removed (RFC 7692 §7.2.1).
 */
export type PieceDeflater = (piece: Uint8Array, isFinal: boolean) => Uint8Array;

/** A message, or why there is none. */
export type InflateResult =
  | { readonly type: "inflated"; readonly data: Uint8Array }
  | { readonly type: "fault"; readonly fault: InflateFault };

/** Why a message was not inflated. */
export type InflateFault =
  /** It would be longer than the limit. */
  | "tooBig"
  /** It is no DEFLATE, ends within a block, or looks back farther than was agreed. */
  | "corrupt"
  /** It begins anew more often than anybody needs to: each time costs more than the two bytes it takes to ask for it. */
  | "tooManyStreams"
  /** There is no memory for it now. */
  | "overloaded";

/** How a connection ends whose message was not inflated. */
export const inflateFaults: Readonly<Record<InflateFault, { readonly code: number; readonly reason: string }>> = {
  tooBig: { code: closeCodes.messageTooBig, reason: "A compressed message must not inflate to more than the limit" },
  corrupt: { code: closeCodes.invalidData, reason: "A compressed message must be valid DEFLATE" },
  tooManyStreams: { code: closeCodes.policyViolation, reason: "A compressed message must not have many final blocks" },
  overloaded: { code: closeCodes.tryAgainLater, reason: "There is no memory to inflate messages now" },
};

/** What can be said of one message when it is sent. */
export interface SendOptions {
  /**
   * Whether to compress it where compression was negotiated: `true` below the threshold too, `false` not at all, as a message should
   * be that mixes a secret with what a stranger may choose (RFC 7692 §8). Default: from the threshold on.
   */
  readonly compress?: boolean;
}

/** The compressed payload of a message that is to be sent, or `undefined` if it is sent as it is. */
export function deflateMessage(
  codec: MessageCodec,
  message: Uint8Array,
  compress: boolean | undefined,
): Uint8Array | undefined {
  return (compress ?? message.length >= codec.thresholdBytes) ? codec.deflate(message) : undefined;
}

/**
 * The most bytes a compressed message may have on the wire that inflates to `maxMessageBytes`: what cannot be compressed grows, in
 * zlib at worst by nine bits for eight and a few bytes more.
 */
export function maxCompressedBytes(maxMessageBytes: number): number {
  return maxMessageBytes + Math.ceil(maxMessageBytes / 8) + 64;
}
