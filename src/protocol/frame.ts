/** RFC 6455 §5.2: what a frame is. 3-7 and 11-15 are reserved. */
export const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** One of the six opcodes of RFC 6455 §5.2. */
export type Opcode = (typeof opcodes)[keyof typeof opcodes];

/** §5.5: "All control frames MUST have a payload length of 125 bytes or less." */
export const maxControlBytes = 125;

/** What stands in front of a payload (RFC 6455 §5.2). */
export interface FrameHeader {
  /** Whether this is the last frame of its message. */
  readonly fin: boolean;
  /** The bit that permessage-deflate marks a compressed message with (RFC 7692 §6). */
  readonly rsv1: boolean;
  readonly opcode: Opcode;
  /** The masking key, its first byte the most significant; absent in what a server sends (§5.1). */
  readonly maskingKey?: number | undefined;
  /** The length of the payload, a safe integer. */
  readonly payloadBytes: number;
}

/** A frame's header and its payload, not masked yet. */
export interface Frame extends Omit<FrameHeader, "payloadBytes"> {
  readonly payload: Uint8Array;
}

/** The length of the header in front of a payload: 2 to 14 bytes, the length in its shortest form (RFC 6455 §5.2). */
export function frameHeaderBytes(payloadBytes: number, isMasked: boolean): number {
  const keyBytes = isMasked ? 4 : 0;
  if (payloadBytes < 126) return 2 + keyBytes;
  return (payloadBytes < 65536 ? 4 : 10) + keyBytes;
}

/**
 * Writes a frame header into `target`, beginning at index `at`, and returns the index behind it.
 *
 * The payload is the caller's to write there, and to mask ({@link applyMask}) if there is a key. `target` must have room for
 * {@link frameHeaderBytes}: what falls behind its end is lost, as with any typed array.
 */
export function writeFrameHeader(target: Uint8Array, at: number, header: FrameHeader): number {
  const { payloadBytes, maskingKey } = header;
  const maskBit = maskingKey === undefined ? 0 : 0x80;
  target[at] = (header.fin ? 0x80 : 0) | (header.rsv1 ? 0x40 : 0) | header.opcode;
  let next = at + 2;
  if (payloadBytes < 126) {
    target[at + 1] = maskBit | payloadBytes;
  } else if (payloadBytes < 65536) {
    target[at + 1] = maskBit | 126;
    target[next++] = payloadBytes >>> 8;
    target[next++] = payloadBytes;
  } else {
    target[at + 1] = maskBit | 127;
    next = writeUint32(target, next, Math.floor(payloadBytes / 2 ** 32));
    next = writeUint32(target, next, payloadBytes);
  }
  return maskingKey === undefined ? next : writeUint32(target, next, maskingKey);
}

/** A whole frame as one new array: header and a copy of the payload, masked if there is a key. */
export function encodeFrame(frame: Frame): Uint8Array {
  const { fin, rsv1, opcode, maskingKey, payload } = frame;
  const headerBytes = frameHeaderBytes(payload.length, maskingKey !== undefined);
  const bytes = new Uint8Array(headerBytes + payload.length);
  writeFrameHeader(bytes, 0, { fin, rsv1, opcode, maskingKey, payloadBytes: payload.length });
  bytes.set(payload, headerBytes);
  if (maskingKey !== undefined) applyMask(bytes, headerBytes, bytes.length, maskingKey);
  return bytes;
}

function writeUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}

// Below this the making of a view costs more than the words save.
const wordsFromBytes = 192;
const keyBytes = new Uint8Array(8);
const keyWord = new BigInt64Array(keyBytes.buffer);

/**
 * Masks or unmasks `bytes[start, end)` in place; the two are one operation (RFC 6455 §5.3).
 *
 * @param maskingKey - 32 bits, the key's first byte the most significant.
 * @param phase - how many bytes of this payload were masked before `start`; only the value modulo 4 counts. Default 0.
 * @returns whether all bytes are ASCII now, told where it costs nothing: false means that nobody looked, or that one is not.
 */
export function applyMask(bytes: Uint8Array, start: number, end: number, maskingKey: number, phase = 0): boolean {
  if (end - start < wordsFromBytes) return maskBytes(bytes, start, end, rotate(maskingKey, phase)) < 0x80;
  const aligned = start + (-(bytes.byteOffset + start) & 7);
  maskBytes(bytes, start, aligned, rotate(maskingKey, phase));
  const key = rotate(maskingKey, phase + aligned - start);
  // Written as bytes and read back as a word: right in either byte order.
  writeUint32(keyBytes, 0, key);
  writeUint32(keyBytes, 4, key);
  const words = new BigInt64Array(bytes.buffer, bytes.byteOffset + aligned, (end - aligned) >> 3);
  maskWords(words, keyWord[0] as bigint);
  maskBytes(bytes, aligned + words.length * 8, end, key);
  return false;
}

/** The key whose first byte is the one for a payload's byte number `phase`. */
function rotate(maskingKey: number, phase: number): number {
  const bits = (phase & 3) << 3;
  return (maskingKey << bits) | (maskingKey >>> (32 - bits));
}

/** §5.3: "transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)". Returns the bits that any of the new bytes has. */
function maskBytes(bytes: Uint8Array, start: number, end: number, key: number): number {
  let seen = 0; // in its low eight bits, as a typed array keeps only those
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const byte0 = (bytes[at] as number) ^ (key >>> 24);
    const byte1 = (bytes[at + 1] as number) ^ (key >>> 16);
    const byte2 = (bytes[at + 2] as number) ^ (key >>> 8);
    const byte3 = (bytes[at + 3] as number) ^ key;
    bytes[at] = byte0;
    bytes[at + 1] = byte1;
    bytes[at + 2] = byte2;
    bytes[at + 3] = byte3;
    seen |= byte0 | byte1 | byte2 | byte3;
  }
  for (let bits = 24; at < end; at++, bits -= 8) {
    const byte = (bytes[at] as number) ^ (key >>> bits);
    bytes[at] = byte;
    seen |= byte;
  }
  return seen & 0xff;
}

// `asIntN` lets V8 keep a word in a register and make no BigInt of it. Unrolled: 0.5 us for 16 KiB; words of 32 bits take 0.95.
function maskWords(words: BigInt64Array, word: bigint): void {
  let at = 0;
  const unrolledEnd = words.length - 3;
  for (; at < unrolledEnd; at += 4) {
    words[at] = BigInt.asIntN(64, (words[at] as bigint) ^ word);
    words[at + 1] = BigInt.asIntN(64, (words[at + 1] as bigint) ^ word);
    words[at + 2] = BigInt.asIntN(64, (words[at + 2] as bigint) ^ word);
    words[at + 3] = BigInt.asIntN(64, (words[at + 3] as bigint) ^ word);
  }
  for (; at < words.length; at++) words[at] = BigInt.asIntN(64, (words[at] as bigint) ^ word);
}
