/** Bytes as JSON has them (RFC 4648 §4, padded), for the codec that has bytes of its own. Pure, as no host's is everywhere. */

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Two letters for each 12 bits. */
const pairs: readonly string[] = Array.from({ length: 4096 }, (_, bits) => letterOf(bits >> 6) + letterOf(bits & 63));
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** The 6 bits of each letter, by its code. */
const bitsOf = new Uint8Array(128);
for (let bits = 0; bits < letters.length; bits++) bitsOf[letters.charCodeAt(bits)] = bits;

export function encodeBase64(bytes: Uint8Array): string {
  const wholeCount = bytes.length - (bytes.length % 3);
  let text = "";
  for (let at = 0; at < wholeCount; at += 3) {
    const bits = (byteAt(bytes, at) << 16) | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2);
    text += `${pairs[bits >> 12]}${pairs[bits & 4095]}`;
  }
  const [first, second] = bytes.subarray(wholeCount);
  if (first === undefined) return text;
  if (second === undefined) return `${text}${pairs[first << 4]}==`;
  return `${text}${pairs[(first << 4) | (second >> 4)]}${letterOf((second & 15) << 2)}=`;
}

/** The bytes; nothing if the text is no base64, or has no padding. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!base64.test(text)) return undefined;
  const letterCount = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length;
  const bytes = new Uint8Array(Math.floor((letterCount * 3) / 4));
  let bits = 0;
  let at = 0;
  for (let index = 0; index < letterCount; index++) {
    bits = (bits << 6) | byteAt(bitsOf, text.charCodeAt(index));
    // Three bytes for four letters: each but the first completes one.
    if (index % 4 > 0) bytes[at++] = bits >> (6 - 2 * (index % 4));
  }
  return bytes;
}

function letterOf(bits: number): string {
  return letters.charAt(bits);
}

/** Of an index that is there. */
function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
