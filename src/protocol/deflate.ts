/**
 * The port for permessage-deflate (RFC 7692). Nothing in this room calls it yet: the extension is not negotiated, and RSV1 is
 * refused with 1002. It is written down so that the framing around it does not have to change.
 */
export interface MessageInflater {
  /**
   * Inflates one whole message, the `00 00 ff ff` of §7.2.2 not yet appended.
   *
   * It stops as soon as the result would exceed `limitBytes`: a bomb is counted while it inflates, never afterwards.
   */
  inflate(compressed: Uint8Array, limitBytes: number): InflateResult;
  /** Gives the window back. */
  close(): void;
}

/** A message, or why there is none: `tooBig` closes with 1009, `corrupt` with 1007. */
export type InflateResult =
  | { readonly type: "inflated"; readonly data: Uint8Array }
  | { readonly type: "tooBig" }
  | { readonly type: "corrupt" };

/** The other direction: one whole message, or `undefined` if it is not worth compressing. */
export interface MessageDeflater {
  /** Deflates one whole message and removes the `00 00 ff ff` at its end (§7.2.1). */
  deflate(message: Uint8Array): Uint8Array | undefined;
  /** Gives the window back. */
  close(): void;
}
