import { decodeBase64, encodeBase64 } from "./base64.ts";
import { type DecodedServerMessage, readServerMessage } from "./decode-server-message.ts";
import { isObject } from "./describe.ts";
import { encodeMsgpack } from "./msgpack-encode.ts";
import { findSpans, unpack, type UnpackedValue } from "./msgpack-decode.ts";
import type { ServerMessage } from "./messages.ts";
import type { ParsedJson } from "./parse-json.ts";

/**
 * The messages of `switchboard.v1+msgpack`: those of `switchboard.v1+json`, one behind the other in a binary frame. The only difference
 * is data that is bytes: a byte string here, base64 there. The log and the core know JSON only; this is where the one becomes the other.
 */

/** The values of a client's frame as JSON would have brought them; more than `maxCount` are none that anybody reads. */
export function readMsgpackValues(frame: Uint8Array, maxCount: number): readonly ParsedJson[] {
  return findSpans(frame, maxCount + 1).map((span) => withBase64(unpack(frame, span)));
}

/** Bytes may be the data of a message, and nothing else of it. */
function withBase64(unpacked: UnpackedValue): ParsedJson {
  if (unpacked.type === "refused") return unpacked;
  const { bytesCount, value } = unpacked;
  if (bytesCount === 0) return { type: "value", value };
  const data = isObject(value) ? value["data"] : undefined;
  return bytesCount === 1 && data instanceof Uint8Array
    ? { type: "value", value: { ...(value as object), data: encodeBase64(data) } }
    : { type: "refused", reason: "only data may be bytes", value };
}

/** The messages of a server's frame. Bytes stay bytes. */
export function decodeServerMsgpack(frame: Uint8Array): readonly DecodedServerMessage[] {
  return findSpans(frame, Infinity).map((span) => {
    const unpacked = unpack(frame, span);
    return unpacked.type === "value"
      ? readServerMessage(unpacked.value)
      : { type: "refused", reason: `Cannot read a message: ${unpacked.reason}` };
  });
}

/** A client's request, of its JSON. `hasBytes`: its data is base64 there. */
export function packRequest(text: string, hasBytes: boolean): Uint8Array<ArrayBuffer> {
  // It was made by our own encoder.
  const request = JSON.parse(text) as { readonly data?: unknown };
  return encodeMsgpack(hasBytes ? { ...request, data: bytesOf(request.data) } : request);
}

/** Whether the data of a channel's event is bytes. */
export type IsBinary = (channel: string, event: string) => boolean;

/** A server's message, of its JSON. */
export function packMessage(text: string, isBinary: IsBinary): Uint8Array<ArrayBuffer> {
  // It was made by our own encoders.
  return encodeMsgpack(withBytes(JSON.parse(text) as ServerMessage, isBinary));
}

function withBytes(message: ServerMessage, isBinary: IsBinary): ServerMessage {
  switch (message.type) {
    case "event":
    case "ephemeral":
      return isBinary(message.channel, message.event) ? inBytes(message) : message;
    case "latest":
      return isBinary(message.channel, message.event) ? { ...message, values: message.values.map(inBytes) } : message;
    case "history": {
      const events = message.events.map((one) => (isBinary(message.channel, one.event) ? inBytes(one) : one));
      return { ...message, events };
    }
    default:
      return message;
  }
}

function inBytes<With extends { readonly data: unknown }>(one: With): With {
  return { ...one, data: bytesOf(one.data) };
}

/** What is no base64, as of a time before the event was one of bytes, is left as it is. */
function bytesOf(data: unknown): unknown {
  return (typeof data === "string" ? decodeBase64(data) : undefined) ?? data;
}
