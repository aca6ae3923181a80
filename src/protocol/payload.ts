import { ProtocolError } from "./errors.ts";
import { maxControlBytes } from "./frame.ts";

const encoder = new TextEncoder();

/**
 * Text as UTF-8. A lone surrogate becomes U+FFFD, as in a browser's `WebSocket.send` (WHATWG: USVString).
 *
 * @throws {ProtocolError} `ERR_PAYLOAD_TYPE` if it is no string.
 */
export function encodeText(text: string): Uint8Array {
  if (typeof text !== "string") {
    throw new ProtocolError("ERR_PAYLOAD_TYPE", `Cannot send ${nameOf(text)} as text: give a string`);
  }
  return encoder.encode(text);
}

/**
 * The same bytes, if bytes they are: other views count elements where a frame counts bytes, and a number would be taken for a
 * length (CVE-2026-45736, ws 1.0.1).
 *
 * @throws {ProtocolError} `ERR_PAYLOAD_TYPE` if it is no `Uint8Array`.
 */
export function requireBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  throw new ProtocolError("ERR_PAYLOAD_TYPE", `Cannot send ${nameOf(data)} as bytes: give a Uint8Array`);
}

/**
 * The same bytes, if a control frame may carry them.
 *
 * @throws {ProtocolError} `ERR_CONTROL_TOO_BIG` above 125 bytes, `ERR_PAYLOAD_TYPE` if it is no `Uint8Array`.
 */
export function requireControlBytes(data: Uint8Array): Uint8Array {
  if (requireBytes(data).length <= maxControlBytes) return data;
  const message = `Cannot send a control frame of ${data.length} bytes: the limit is ${maxControlBytes} bytes`;
  throw new ProtocolError("ERR_CONTROL_TOO_BIG", message);
}

/** The first half of a surrogate pair at the end of `text`, which the next piece of the text may complete; else "". */
export function openSurrogate(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : "";
}

function nameOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
