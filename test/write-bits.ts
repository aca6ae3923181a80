/** Bytes of numbers of so many bits each, the least significant bit first (RFC 1951 §3.1.1); zeros fill the last byte. */
export function writeBits(...numbers: readonly (readonly [value: number, bitCount: number])[]): Uint8Array {
  const bits = numbers.flatMap(([value, bitCount]) => Array.from({ length: bitCount }, (_, bit) => (value >> bit) & 1));
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) (bytes[at >> 3] as number) |= bit << (at & 7);
  return bytes;
}
