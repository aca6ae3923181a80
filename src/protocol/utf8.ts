/**
 * Where the check of a text stands between two pieces of it: {@link utf8Complete} at the end of a character,
 * {@link utf8Invalid} for good once a byte was wrong, else within a character.
 */
export type Utf8State = number;

/** No character is open: here a text may end. */
export const utf8Complete: Utf8State = 0;

/** A byte was wrong. */
export const utf8Invalid: Utf8State = 8;

// Within a character: how many bytes are missing, and where the first of them has a narrower range (RFC 3629 §4), after which.
const oneMissing: Utf8State = 1;
const twoMissing: Utf8State = 2;
const threeMissing: Utf8State = 3;
const afterE0: Utf8State = 4;
const afterEd: Utf8State = 5;
const afterF0: Utf8State = 6;
const afterF4: Utf8State = 7;

/** The grammar of RFC 3629 §4: `nextStates[state * 256 + byte]`. What no rule allows is invalid, and stays it. */
const nextStates: Uint8Array = new Uint8Array(9 * 256).fill(utf8Invalid);
allow(utf8Complete, 0x00, 0x7f, utf8Complete);
allow(utf8Complete, 0xc2, 0xdf, oneMissing);
allow(utf8Complete, 0xe1, 0xef, twoMissing);
allow(utf8Complete, 0xf1, 0xf3, threeMissing);
allow(oneMissing, 0x80, 0xbf, utf8Complete);
allow(twoMissing, 0x80, 0xbf, oneMissing);
allow(threeMissing, 0x80, 0xbf, twoMissing);
// Narrower, so that there is no overlong form, no surrogate and nothing above U+10FFFF.
allow(utf8Complete, 0xe0, 0xe0, afterE0);
allow(afterE0, 0xa0, 0xbf, oneMissing);
allow(utf8Complete, 0xed, 0xed, afterEd);
allow(afterEd, 0x80, 0x9f, oneMissing);
allow(utf8Complete, 0xf0, 0xf0, afterF0);
allow(afterF0, 0x90, 0xbf, twoMissing);
allow(utf8Complete, 0xf4, 0xf4, afterF4);
allow(afterF4, 0x80, 0x8f, twoMissing);

function allow(state: Utf8State, lowest: number, highest: number, next: Utf8State): void {
  nextStates.fill(next, state * 256 + lowest, state * 256 + highest + 1);
}

/**
 * Checks the next piece `bytes[start, end)` of a text and returns the new state. It is {@link utf8Invalid} from the first byte on
 * that nothing after it could make valid: an overlong form, for one, fails at its second byte.
 */
export function checkUtf8(state: Utf8State, bytes: Uint8Array, start: number, end: number): Utf8State {
  let current = state;
  let at = current === utf8Complete ? skipAscii(bytes, start, end) : start;
  for (; at < end; at++) current = nextStates[(current << 8) | (bytes[at] as number)] as number;
  return current;
}

// Below this a view and a call cost more than a look at every byte.
const nativeFromBytes = 64;

/**
 * As {@link checkUtf8}, with a platform's own check for all but the ends of the piece: many times as fast for text beyond ASCII.
 *
 * @param isUtf8 - whether bytes are whole UTF-8.
 */
export function checkUtf8Piece(
  state: Utf8State,
  bytes: Uint8Array,
  start: number,
  end: number,
  isUtf8: (bytes: Uint8Array) => boolean,
): Utf8State {
  if (end - start < nativeFromBytes) return checkUtf8(state, bytes, start, end);
  let at = start;
  // At most three bytes: then the character is whole, or wrong.
  let current = state;
  while (current !== utf8Complete && current !== utf8Invalid) current = checkUtf8(current, bytes, at, ++at);
  const tail = startOfOpenCharacter(bytes, end);
  if (current === utf8Invalid || !isUtf8(bytes.subarray(at, tail))) return utf8Invalid;
  return checkUtf8(utf8Complete, bytes, tail, end);
}

/** Where the last character before `end` begins, if bytes of it may be missing, else `end`. */
function startOfOpenCharacter(bytes: Uint8Array, end: number): number {
  for (let at = end - 1; at >= end - 3; at--) {
    const byte = bytes[at] as number;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return at;
  }
  return end;
}

// Below this the making of a view costs more than the words save.
const wordsFromBytes = 128;
const highBits = 0x80808080 | 0;

/** An index before which all is ASCII: most text is, and four bytes are looked at in one go. */
function skipAscii(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < wordsFromBytes) return start;
  const aligned = start + (-(bytes.byteOffset + start) & 3);
  for (let at = start; at < aligned; at++) if ((bytes[at] as number) >= 0x80) return at;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, (end - aligned) >> 2);
  let index = 0;
  while (index < words.length && ((words[index] as number) & highBits) === 0) index++;
  return aligned + index * 4;
}
