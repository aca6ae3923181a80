/** `switchboard/msgpack`: the codec of `switchboard.v1+msgpack`, for {@link ConnectOptions.codec}. Its code is loaded only with this import. */
import { decodeServerMsgpack, msgpackSubprotocol, packRequest } from "../wire/index.ts";
import type { Codec, Written } from "./codec.ts";

export type { Codec, Written };

/**
 * MessagePack in binary frames: data of `binary()` events travels as it is, where JSON has a third more of it in base64, and everything
 * else is somewhat smaller.
 *
 * @example
 * ```ts no-run
 * import { msgpack } from "switchboard/msgpack";
 * const client = connect<typeof gateway>(url, { codec: msgpack });
 * ```
 */
export const msgpack: Codec = {
  subprotocol: msgpackSubprotocol,
  sizeOf: (request) => pack(request).byteLength,
  frameOf(requests) {
    const packed = requests.map(pack);
    const frame = new Uint8Array(packed.reduce((bytes, { byteLength }) => bytes + byteLength, 0));
    let at = 0;
    for (const one of packed) {
      frame.set(one, at);
      at += one.byteLength;
    }
    return frame;
  },
  read(frame) {
    if (frame instanceof Uint8Array) return decodeServerMsgpack(frame);
    if (frame instanceof ArrayBuffer) return decodeServerMsgpack(new Uint8Array(frame));
    return [{ type: "refused", reason: `Cannot read a message: it is text, ${msgpackSubprotocol} is binary` }];
  },
};

function pack({ hasBytes, text }: Written): Uint8Array<ArrayBuffer> {
  return packRequest(text, hasBytes);
}
