import { isAscii } from "node:buffer";

/** Decodes `bytes[start, end)`, which is valid UTF-8. ASCII, the usual case, takes the cheaper way. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString(isAscii(buffer.subarray(start, end)) ? "latin1" : "utf8", start, end);
}
