import { toUSVString } from "node:util";
import { isArrayBuffer, isSharedArrayBuffer } from "node:util/types";

/**
 * A `ws:` or `wss:` URL (WebSockets Standard §3.1).
 *
 * @param base - what a relative one stands in.
 * @throws {DOMException} `SyntaxError`.
 */
export function parseUrl(text: string, base: string | undefined): URL {
  const url = tryParse(text, base);
  if (url === undefined) {
    throw syntaxError(`Cannot connect to "${text}": it is ${base === undefined ? "no absolute" : "no"} URL`);
  }
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw syntaxError(`Cannot connect to "${text}": the scheme must be ws, wss, http or https`);
  }
  // Not `hash`, which is empty for a lone "#" too.
  if (url.href.includes("#")) throw syntaxError(`Cannot connect to "${text}": a fragment is not allowed`);
  return url;
}

function tryParse(text: string, base: string | undefined): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** One subprotocol or a sequence of them, as the IDL's `(DOMString or sequence<DOMString>)`. */
export function convertProtocols(value: string | Iterable<string>): readonly string[] {
  return isSequence(value) ? Array.from(value, (name) => `${name}`) : [`${value as string}`];
}

function isSequence(value: unknown): value is Iterable<string> {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  return isObject && ((value as Partial<Iterable<string>>)[Symbol.iterator] ?? null) !== null;
}

/** @throws {DOMException} `SyntaxError` for a name that is no token (RFC 6455 §4.1) or comes twice. */
export function requireProtocols(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
      throw syntaxError(`Cannot offer subprotocol "${name}": it is no token`);
    }
    // RFC 6455 §4.1: "all values MUST be unique"; browsers compare without case.
    if (seen.has(name.toLowerCase())) throw syntaxError(`Cannot offer subprotocol "${name}" twice`);
    seen.add(name.toLowerCase());
  }
}

/** The IDL's `[Clamp] unsigned short`: the nearest one, and of two the even one. */
export function convertCloseCode(value: number): number {
  const clamped = Math.min(Math.max(+value || 0, 0), 65535);
  const floor = Math.floor(clamped);
  const isHalf = clamped - floor === 0.5;
  return isHalf ? floor + (floor % 2) : Math.round(clamped);
}

/** The IDL's `USVString`. */
export function convertCloseReason(value: string): string {
  return toUSVString(`${value}`);
}

/** @throws {DOMException} `InvalidAccessError` if it is not 1000 or 3000-4999. */
export function requireCloseCode(code: number): void {
  if (code === 1000 || (code >= 3000 && code <= 4999)) return;
  throw new DOMException(`Cannot close with code ${code}: give 1000 or 3000 to 4999`, "InvalidAccessError");
}

/** @throws {DOMException} `SyntaxError` if it is longer than 123 bytes of UTF-8. */
export function requireCloseReason(reason: string): void {
  const byteCount = Buffer.byteLength(reason);
  if (byteCount <= 123) return;
  throw syntaxError(`Cannot close with a reason of ${byteCount} bytes: at most 123 are allowed`);
}

/** What `send()` takes. */
export type SendData = string | Blob | ArrayBuffer | ArrayBufferView;

/** A message as the line takes it, or a Blob. Anything that is no bytes becomes a string, as the IDL says. */
export function parseData(data: SendData): string | Uint8Array | Blob {
  if (typeof data === "string" || data instanceof Blob) return data;
  const isBuffer = isArrayBuffer(data);
  if (!isBuffer && !ArrayBuffer.isView(data)) return `${data as unknown as string}`;
  const buffer: ArrayBufferLike & { readonly resizable?: boolean } = isBuffer ? data : data.buffer;
  if (isSharedArrayBuffer(buffer)) throw new TypeError("Cannot send shared memory: give a copy of it");
  // Without [AllowResizable] the IDL takes neither such a buffer nor a view of one.
  if (buffer.resizable) throw new TypeError("Cannot send a resizable buffer: give a copy of it");
  return isBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, "SyntaxError");
}
