import { toUSVString } from "node:util";
import { isArrayBuffer, isSharedArrayBuffer } from "node:util/types";

/**
 * A `ws:` or `wss:` URL (WebSockets Standard §3.1).
 *
 * @throws {DOMException} `SyntaxError`.
 */
export function parseUrl(text: string): URL {
  const url = tryParse(text);
  if (url === undefined) throw syntaxError(`Cannot connect to "${text}": it is no absolute URL`);
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw syntaxError(`Cannot connect to "${text}": the scheme must be ws, wss, http or https`);
  }
  // Not `hash`, which is empty for a lone "#" too.
  if (url.href.includes("#")) throw syntaxError(`Cannot connect to "${text}": a fragment is not allowed`);
  return url;
}

function tryParse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/**
 * The subprotocols to offer, from one name or a sequence of names.
 *
 * @throws {DOMException} `SyntaxError` for a name that is no token (RFC 6455 §4.1) or comes twice.
 */
export function parseProtocols(value: string | Iterable<string>): readonly string[] {
  const names = isSequence(value) ? Array.from(value, (name) => `${name}`) : [`${value as string}`];
  const seen = new Set<string>();
  for (const name of names) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
      throw syntaxError(`Cannot offer subprotocol "${name}": it is no token`);
    }
    // RFC 6455 §4.1: "all values MUST be unique"; browsers compare without case.
    if (seen.has(name.toLowerCase())) throw syntaxError(`Cannot offer subprotocol "${name}" twice`);
    seen.add(name.toLowerCase());
  }
  return names;
}

function isSequence(value: unknown): value is Iterable<string> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

/**
 * The code for `close()`: IDL's `[Clamp] unsigned short`.
 *
 * @throws {DOMException} `InvalidAccessError` if it is not 1000 or 3000-4999.
 */
export function parseCloseCode(value: number): number {
  const code = clampToUnsignedShort(+value);
  if (code === 1000 || (code >= 3000 && code <= 4999)) return code;
  throw new DOMException(`Cannot close with code ${code}: give 1000 or 3000 to 4999`, "InvalidAccessError");
}

function clampToUnsignedShort(value: number): number {
  const clamped = Math.min(Math.max(value || 0, 0), 65535);
  const floor = Math.floor(clamped);
  const isHalf = clamped - floor === 0.5;
  return isHalf ? floor + (floor % 2) : Math.round(clamped); // a half goes to the even neighbour
}

/**
 * The reason for `close()`.
 *
 * @throws {DOMException} `SyntaxError` if it is longer than 123 bytes of UTF-8.
 */
export function parseCloseReason(value: string): string {
  const reason = toUSVString(`${value}`);
  const byteCount = Buffer.byteLength(reason);
  if (byteCount <= 123) return reason;
  throw syntaxError(`Cannot close with a reason of ${byteCount} bytes: at most 123 are allowed`);
}

/** What `send()` takes. */
export type SendData = string | Blob | ArrayBuffer | ArrayBufferView;

/** A message as the line takes it, or a Blob. Anything that is no bytes becomes a string, as the IDL says. */
export function parseData(data: SendData): string | Uint8Array | Blob {
  if (typeof data === "string" || data instanceof Blob) return data;
  if (isArrayBuffer(data)) return new Uint8Array(data);
  if (!ArrayBuffer.isView(data)) return `${data as unknown as string}`;
  if (isSharedArrayBuffer(data.buffer)) throw new TypeError("Cannot send shared memory: give a copy of it");
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, "SyntaxError");
}
