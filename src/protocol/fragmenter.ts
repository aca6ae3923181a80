import { ProtocolError } from "./errors.ts";
import { opcodes, type Opcode } from "./frame.ts";
import { encodeText, openSurrogate, requireBytes } from "./payload.ts";

/** The message that is being sent in fragments (RFC 6455 §5.4). */
export class Fragmenter {
  /** Its kind; undefined between messages. */
  #kind: "text" | "binary" | undefined;
  /** The first half of a surrogate pair, kept back for the next fragment of a text. */
  #heldBack = "";

  /** @throws {ProtocolError} `ERR_MESSAGE_UNFINISHED` within a message. */
  requireNone(): void {
    if (this.#kind === undefined) return;
    const message = `Cannot begin a message: a ${this.#kind} message has fragments to come`;
    throw new ProtocolError("ERR_MESSAGE_UNFINISHED", message);
  }

  /**
   * The opcode and the payload of the next fragment.
   *
   * @throws {ProtocolError} `ERR_PAYLOAD_TYPE` if it is of another kind than those before it, or of none.
   */
  next(data: string | Uint8Array, isFinal: boolean): { readonly opcode: Opcode; readonly payload: Uint8Array } {
    const kind = typeof data === "string" ? "text" : "binary";
    if (this.#kind !== undefined && this.#kind !== kind) {
      throw new ProtocolError("ERR_PAYLOAD_TYPE", `Cannot continue a ${this.#kind} message with ${kind} data`);
    }
    const payload = typeof data === "string" ? this.#encode(data, isFinal) : requireBytes(data);
    const opcode = this.#kind === undefined ? opcodes[kind] : opcodes.continuation;
    this.#kind = isFinal ? undefined : kind;
    return { opcode, payload };
  }

  #encode(text: string, isFinal: boolean): Uint8Array {
    const open = this.#heldBack + text;
    this.#heldBack = isFinal ? "" : openSurrogate(open);
    return encodeText(open.slice(0, open.length - this.#heldBack.length));
  }
}
