import { isAscii } from "node:buffer";

// Below this, looking for non-ASCII first costs more than Latin-1 saves (docs/adr/0002-merged-writes.md).
const asciiFromBytes = 1024;

/** Decodes `bytes[start, end)`, which is valid UTF-8. Long ASCII, the usual long text, takes the cheaper way. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLatin1 = end - start >= asciiFromBytes && isAscii(buffer.subarray(start, end));
  return buffer.toString(isLatin1 ? "latin1" : "utf8", start, end);
}
