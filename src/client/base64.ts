/** Bytes as the wire has them (RFC 4648 §4). Written by hand until every browser has `Uint8Array.fromBase64`. */

export function encodeBase64(bytes: Uint8Array): string {
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return btoa(characters);
}

/** The bytes; what is no base64 is left as it is, like any data of another shape than its type. */
export function decodeBase64(data: unknown): unknown {
  if (data instanceof Uint8Array) return data; // a codec that has bytes of its own
  try {
    return Uint8Array.from(atob(String(data)), (character) => character.charCodeAt(0));
  } catch {
    return data;
  }
}
