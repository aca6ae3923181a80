/** Bytes as the lab shows them. */
export function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** `0a ff`. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Each byte as a character; headers are such text. */
export function latin1Of(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** What a byte looks like in text: itself, or a sign for what has no look. */
export function glyphOf(byte: number): string {
  if (byte === 0x0d) return "←";
  if (byte === 0x0a) return "↓";
  if (byte === 0x20) return "·";
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "∙";
}

/** `12 bytes`, `1 byte`. */
export function countBytes(count: number): string {
  return count === 1 ? "1 byte" : `${count.toLocaleString("en")} bytes`;
}
