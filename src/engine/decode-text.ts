import { isAscii } from "node:buffer";
import { endianness } from "node:os";

// Below this, looking for non-ASCII first costs more than Latin-1 saves (docs/adr/0002-merged-writes.md).
const asciiFromBytes = 1024;
// Text beyond ASCII is turned into UTF-16 here, in pieces of so much: V8's decoder takes four times as long (docs/adr/0008-direct-io.md).
const pieceBytes = 16 * 1024;

const units = new Uint16Array(pieceBytes);
// Node reads "ucs2" as little-endian.
const ownBytes = endianness() === "LE" ? Buffer.from(units.buffer) : undefined;

/** Decodes `bytes[start, end)`, which is valid UTF-8. @param isKnownAscii - whether it is known to be ASCII. */
export function decodeText(bytes: Uint8Array, start: number, end: number, isKnownAscii = false): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLatin = isKnownAscii || (end - start >= asciiFromBytes && isAscii(buffer.subarray(start, end)));
  if (isLatin) return buffer.toString("latin1", start, end);
  if (ownBytes === undefined || !isDense(bytes, start, end)) return buffer.toString("utf8", start, end);
  let text = "";
  for (let at = start; at < end;) {
    const pieceEnd = startOfCharacter(bytes, at + pieceBytes, end);
    text += ownBytes.toString("ucs2", 0, 2 * toUtf16(bytes, at, pieceEnd));
    at = pieceEnd;
  }
  return text;
}

/** The end of all, or the beginning of the character that `at` is in. */
function startOfCharacter(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return end;
  let start = at;
  while (((bytes[start] as number) & 0xc0) === 0x80) start--;
  return start;
}

/** Whether much of it lies beyond ASCII, by a few samples: where little does, V8 is the faster one. */
function isDense(bytes: Uint8Array, start: number, end: number): boolean {
  const step = ((end - start) >> 3) + 1;
  for (let at = start; at < end; at += step) if ((bytes[at] as number) >= 0x80) return true;
  return false;
}

/** Writes the UTF-16 code units of a valid text to `units`, and returns how many there are. */
function toUtf16(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  let at = start;
  while (at < end) {
    const first = bytes[at++] as number;
    if (first < 0x80) {
      units[count++] = first;
    } else if (first < 0xe0) {
      units[count++] = ((first & 0x1f) << 6) | continued(bytes, at++);
    } else if (first < 0xf0) {
      units[count++] = (first << 12) | (continued(bytes, at) << 6) | continued(bytes, at + 1);
      at += 2;
    } else {
      const point = ((first & 7) << 18) | (continued(bytes, at) << 12) | (continued(bytes, at + 1) << 6);
      const beyond = (point | continued(bytes, at + 2)) - 0x10000;
      at += 3;
      units[count++] = 0xd800 | (beyond >> 10);
      units[count++] = 0xdc00 | (beyond & 0x3ff);
    }
  }
  return count;
}

function continued(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) & 0x3f;
}
