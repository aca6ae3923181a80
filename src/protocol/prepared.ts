import type { MessageDeflater } from "./deflate.ts";
import { isMessageBytes, type MessageBytes } from "./message.ts";
import { encodeFrame, opcodes } from "./frame.ts";
import { encodeText, requireBytes } from "./payload.ts";

/** One message as the frame a server writes: made once, written to any number of connections. */
export interface PreparedMessage {
  readonly type: "prepared";
  readonly opcode: "text" | "binary";
  /** Header and payload, unmasked: only a server may write it (RFC 6455 §5.1). Shared by all receivers: never change it. */
  readonly frame: Uint8Array;
  /** What is in the frame: a view. */
  readonly payload: Uint8Array;
  /**
   * The compressed frame for the receivers that share a deflater, made when the first of them asks; `undefined` where it is better
   * sent as it is. The deflater must not remember earlier messages.
   */
  compressedFrame(deflater: MessageDeflater): Uint8Array | undefined;
}

/**
 * Frames a message once for many receivers, and compresses it once for each kind of receiver. Bytes are copied.
 *
 * @throws {ProtocolError} `ERR_PAYLOAD_TYPE` if `data` is no string, no `Uint8Array` and no received message.
 */
export function prepareMessage(data: string | Uint8Array | MessageBytes): PreparedMessage {
  const { opcode: name, data: bytes } = toBytes(data);
  const opcode = opcodes[name];
  const frame = encodeFrame({ fin: true, rsv1: false, opcode, payload: bytes });
  const payload = frame.subarray(frame.length - bytes.length);
  // Not the reverse, a list in each deflater: that would keep every message alive.
  const compressedFrames = new WeakMap<MessageDeflater, { readonly frame: Uint8Array | undefined }>();
  return Object.freeze({
    type: "prepared",
    opcode: name,
    frame,
    payload,
    compressedFrame(deflater: MessageDeflater): Uint8Array | undefined {
      const known = compressedFrames.get(deflater);
      if (known !== undefined) return known.frame;
      const compressed = deflater.deflate(payload);
      const made = compressed && encodeFrame({ fin: true, rsv1: true, opcode, payload: compressed });
      compressedFrames.set(deflater, { frame: made });
      return made;
    },
  });
}

function toBytes(data: string | Uint8Array | MessageBytes): Pick<MessageBytes, "opcode" | "data"> {
  if (typeof data === "string") return { opcode: "text", data: encodeText(data) };
  return isMessageBytes(data) ? data : { opcode: "binary", data: requireBytes(data) };
}
