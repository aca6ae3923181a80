import { ProtocolError } from "./errors.ts";
import type { MessageCodec, PieceDeflater } from "./deflate.ts";
import { opcodes, type Opcode } from "./frame.ts";
import { encodeText, openSurrogate, requireBytes } from "./payload.ts";

/** How the next fragment is to be sent. */
export interface FragmentOptions {
  readonly isFinal: boolean;
  readonly compress?: boolean | undefined;
}

/** A frame of a message. */
export interface Fragment {
  readonly opcode: Opcode;
  /** Whether a compressed message begins (RFC 7692 §6.1: "An endpoint MUST NOT set the "Per-Message Compressed" bit of … fragments
   * other than the first"). */
  readonly rsv1: boolean;
  readonly payload: Uint8Array;
}

/** The message that is being sent in fragments (RFC 6455 §5.4). */
export class Fragmenter {
  readonly #codec: Pick<MessageCodec, "deflatePieces"> | undefined;
  /** Its kind; undefined between messages. */
  #kind: "text" | "binary" | undefined;
  /** The first half of a surrogate pair, kept back for the next fragment of a text. */
  #heldBack = "";
  /** Compresses the message; undefined if it is not to be. */
  #deflate: PieceDeflater | undefined;

  constructor(codec: Pick<MessageCodec, "deflatePieces"> | undefined) {
    this.#codec = codec;
  }

  /** @throws {ProtocolError} `ERR_MESSAGE_UNFINISHED` within a message. */
  requireNone(): void {
    if (this.#kind === undefined) return;
    const message = `Cannot begin a message: a ${this.#kind} message has fragments to come`;
    throw new ProtocolError("ERR_MESSAGE_UNFINISHED", message);
  }

  /**
   * The next fragment.
   *
   * @param options.compress - counts when the message begins. Default false.
   * @throws {ProtocolError} `ERR_PAYLOAD_TYPE` if it is of another kind than those before it, or of none.
   */
  next(data: string | Uint8Array, { isFinal, compress = false }: FragmentOptions): Fragment {
    const kind = typeof data === "string" ? "text" : "binary";
    if (this.#kind !== undefined && this.#kind !== kind) {
      throw new ProtocolError("ERR_PAYLOAD_TYPE", `Cannot continue a ${this.#kind} message with ${kind} data`);
    }
    const payload = typeof data === "string" ? this.#encode(data, isFinal) : requireBytes(data);
    const isFirst = this.#kind === undefined;
    if (isFirst) this.#deflate = compress ? this.#codec?.deflatePieces() : undefined;
    this.#kind = isFinal ? undefined : kind;
    return {
      opcode: isFirst ? opcodes[kind] : opcodes.continuation,
      rsv1: isFirst && this.#deflate !== undefined,
      payload: this.#deflate === undefined ? payload : this.#deflate(payload, isFinal),
    };
  }

  #encode(text: string, isFinal: boolean): Uint8Array {
    const open = this.#heldBack + text;
    this.#heldBack = isFinal ? "" : openSurrogate(open);
    return encodeText(open.slice(0, open.length - this.#heldBack.length));
  }
}
