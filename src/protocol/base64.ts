const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Writes bytes as base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    bitCount += 8;
    while (bitCount >= 6) {
      bitCount -= 6;
      text += alphabet.charAt((bits >> bitCount) & 0x3f);
    }
  }
  if (bitCount > 0) text += alphabet.charAt((bits << (6 - bitCount)) & 0x3f);
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/**
 * Reads base64, and only the one text that {@link encodeBase64} writes for these bytes.
 *
 * @returns `undefined` for a foreign character, missing or misplaced padding, or tail bits that are not zero: RFC 4648 §3.5
 * lets a decoder refuse those, and two texts for one value have no use in a handshake.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const paddingStart = text.indexOf("=");
  const end = paddingStart === -1 ? text.length : paddingStart;
  const bytes = new Uint8Array((end * 3) >> 2);
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (let index = 0; index < end; index++) {
    bits = ((bits << 6) | alphabet.indexOf(text.charAt(index))) & 0xfff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[at++] = bits >> bitCount;
  }
  // Writing it again finds every fault at once: each is a difference between the two texts.
  return encodeBase64(bytes) === text ? bytes : undefined;
}
