/**
 * SHA-1 of some bytes (RFC 3174), 20 bytes long.
 *
 * The handshake names SHA-1 (RFC 6455 §4.2.2); it proves there that the peer read the key, and protects nothing. The cores
 * import nothing, and Web Crypto answers with a promise, so it is written out here.
 */
export function sha1(message: Uint8Array): Uint8Array {
  const state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const padded = pad(message);
  const words = new Int32Array(80);
  for (let at = 0; at < padded.byteLength; at += 64) {
    for (let index = 0; index < 16; index++) words[index] = padded.getInt32(at + index * 4);
    for (let index = 16; index < 80; index++) {
      words[index] = rotate(
        word(words, index - 3) ^ word(words, index - 8) ^ word(words, index - 14) ^ word(words, index - 16),
        1,
      );
    }
    addBlock(state, words);
  }
  const digest = new DataView(new ArrayBuffer(20));
  for (const [index, value] of state.entries()) digest.setInt32(index * 4, value);
  return new Uint8Array(digest.buffer);
}

// §4: a bit 1, then zeros, then the length in bits as 64 bits, up to a multiple of 64 bytes.
function pad(message: Uint8Array): DataView {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  return view;
}

// §6.1: the 80 rounds of one block.
function addBlock(state: Int32Array, words: Int32Array): void {
  let a = word(state, 0);
  let b = word(state, 1);
  let c = word(state, 2);
  let d = word(state, 3);
  let e = word(state, 4);
  for (let round = 0; round < 80; round++) {
    const next = (rotate(a, 5) + mix(round, b, c, d) + e + word(words, round)) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  for (const [index, value] of [a, b, c, d, e].entries()) state[index] = word(state, index) + value;
}

// §5: the function and the constant of a round.
function mix(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function rotate(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count));
}

// Every index above is in range by construction; `as` says so, a default would be a branch that nothing can reach.
function word(words: Int32Array, index: number): number {
  return words[index] as number;
}
