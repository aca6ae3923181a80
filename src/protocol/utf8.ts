/**
 * Where the check of a text stands between two pieces of it: {@link utf8Complete} at the end of a character, {@link utf8Invalid}
 * for good once a byte was wrong, else what the next byte may be: `missing | lowest << 8 | highest << 16`.
 */
export type Utf8State = number;

/** No character is open: here a text may end. */
export const utf8Complete: Utf8State = 0;

/** A byte was wrong. */
export const utf8Invalid: Utf8State = -1;

/**
 * Checks the next piece `bytes[start, end)` of a text and returns the new state.
 *
 * It stops at the first byte that no continuation could make valid (RFC 3629 §4): overlong forms, surrogates and code points
 * above U+10FFFF fail at their second byte.
 */
export function checkUtf8(state: Utf8State, bytes: Uint8Array, start: number, end: number): Utf8State {
  let current = state;
  for (let index = start; index < end && current !== utf8Invalid; index++) {
    const byte = bytes[index] as number;
    if (current !== utf8Complete) current = continueCharacter(current, byte);
    else if (byte >= 0x80) current = firstByteStates[byte - 0x80] as number;
  }
  return current;
}

function continueCharacter(state: Utf8State, byte: number): Utf8State {
  if (byte < ((state >> 8) & 0xff) || byte > state >> 16) return utf8Invalid;
  return (state & 0xff) === 1 ? utf8Complete : expecting((state & 0xff) - 1, 0x80, 0xbf);
}

function expecting(missing: number, lowest: number, highest: number): Utf8State {
  return missing | (lowest << 8) | (highest << 16);
}

// The state behind each first byte from 0x80 on: the grammar of RFC 3629 §4 as a table.
const firstByteStates: Int32Array = new Int32Array(0x80)
  .fill(utf8Invalid)
  .fill(expecting(1, 0x80, 0xbf), 0xc2 - 0x80, 0xe0 - 0x80)
  .fill(expecting(2, 0xa0, 0xbf), 0xe0 - 0x80, 0xe1 - 0x80)
  .fill(expecting(2, 0x80, 0xbf), 0xe1 - 0x80, 0xed - 0x80)
  .fill(expecting(2, 0x80, 0x9f), 0xed - 0x80, 0xee - 0x80)
  .fill(expecting(2, 0x80, 0xbf), 0xee - 0x80, 0xf0 - 0x80)
  .fill(expecting(3, 0x90, 0xbf), 0xf0 - 0x80, 0xf1 - 0x80)
  .fill(expecting(3, 0x80, 0xbf), 0xf1 - 0x80, 0xf4 - 0x80)
  .fill(expecting(3, 0x80, 0x8f), 0xf4 - 0x80, 0xf5 - 0x80);
