import { encodeFrame, opcodes } from "./frame.ts";
import { encodeText, requireBytes } from "./payload.ts";

/** One message as the frame a server writes: made once, written to any number of connections. */
export interface PreparedMessage {
  readonly type: "prepared";
  readonly opcode: "text" | "binary";
  /** Header and payload, unmasked: only a server may write it (RFC 6455 §5.1). Shared by all receivers: never change it. */
  readonly frame: Uint8Array;
}

/**
 * Frames a message once for many receivers. Bytes are copied.
 *
 * @throws {ProtocolError} `ERR_PAYLOAD_TYPE` if `data` is neither a string nor a `Uint8Array`.
 */
export function prepareMessage(data: string | Uint8Array): PreparedMessage {
  const isText = typeof data === "string";
  const payload = isText ? encodeText(data) : requireBytes(data);
  const frame = encodeFrame({ fin: true, rsv1: false, opcode: isText ? opcodes.text : opcodes.binary, payload });
  return Object.freeze({ type: "prepared", opcode: isText ? "text" : "binary", frame });
}
