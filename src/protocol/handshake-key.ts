import { decodeBase64, encodeBase64 } from "./base64.ts";
import { sha1 } from "./sha1.ts";

/** Whether a text is the base64 of 16 bytes, and the one way to write them (RFC 6455 §4.1). */
export function isKey(text: string): boolean {
  return decodeBase64(text)?.length === 16;
}

/** `Sec-WebSocket-Accept` for a key (RFC 6455 §4.2.2): base64 of the SHA-1 of the key's text and a fixed one. */
export function acceptValue(key: string): string {
  return encodeBase64(sha1(new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)));
}
