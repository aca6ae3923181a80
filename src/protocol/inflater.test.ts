import { constants, deflateRawSync, type ZlibOptions } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inflateSlowly } from "../../test/fuzz/reference-inflate.ts";
import { writeBits } from "../../test/write-bits.ts";
import { Inflater, type InflaterOptions } from "./inflater.ts";

const tail = Uint8Array.of(0, 0, 0xff, 0xff);
const noBytes = new Uint8Array(0);

/** All that the chunks inflate to, and whether it ends where a message may; or that it is corrupt. */
function inflate(chunks: readonly Uint8Array[], options: Partial<InflaterOptions> = {}) {
  const inflater = new Inflater({ windowBits: 15, pieceBytes: 1000, ...options });
  const pieces: Uint8Array[] = [];
  for (const chunk of chunks) {
    inflater.feed(chunk);
    for (let piece = inflater.read(); piece !== undefined; piece = inflater.read()) {
      if (piece === "corrupt") return piece;
      pieces.push(piece);
    }
  }
  return { data: Buffer.concat(pieces), isWhole: inflater.isBetweenBlocks, pieces };
}

function dataOf(chunks: readonly Uint8Array[], options?: Partial<InflaterOptions>): string {
  const result = inflate(chunks, options);
  return typeof result === "string" ? result : result.data.toString("latin1");
}

function cut(bytes: Uint8Array, byteCount: number): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / byteCount);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * byteCount, (index + 1) * byteCount));
}

function deflate(data: string | Uint8Array, options: ZlibOptions = {}): Buffer {
  return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH, ...options });
}

const content = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc
    .array(fc.constantFrom("tick", "tock", "é", "0", "a long one that comes back again and again"), { maxLength: 300 })
    .map((words) => Buffer.from(words.join(" "))),
  fc.nat({ max: 200_000 }).map((count) => Buffer.alloc(count, "ab")),
);
const way = fc.record({
  level: fc.constantFrom(0, 1, 6, 9),
  strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_RLE, constants.Z_FIXED),
  windowBits: fc.constantFrom(9, 12, 15),
  memLevel: fc.constantFrom(1, 9),
});

test("[PD24] what zlib compressed in any way is inflated in any cut, in pieces no longer than they may be", () => {
  const cutBytes = fc.constantFrom(1, 2, 3, 50, 2000);
  const pieceBytes = fc.constantFrom(258, 1000, 65_536);
  fc.assert(
    fc.property(content, way, cutBytes, pieceBytes, (data, options, bytes, longest) => {
      const chunks = cut(deflate(data, options), Math.max(bytes, data.length / 500));
      const result = inflate(chunks, { windowBits: options.windowBits, pieceBytes: longest });
      if (typeof result === "string" || !result.isWhole || !result.data.equals(data)) return false;
      return result.pieces.every((piece) => piece.length <= longest);
    }),
    { numRuns: 200 },
  );
});

test("[PD25] bytes that were changed are a message, or corrupt, where a second reading of the RFC says so", () => {
  const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(content, way, fc.array(change, { minLength: 1, maxLength: 4 }), (data, options, changes) => {
      const bytes = deflate(data.subarray(0, 3000), options).subarray(0, -4);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      const ours = inflate(cut(Buffer.concat([bytes, tail]), 700));
      const theirs = inflateSlowly(bytes, noBytes, 10_000_000);
      if (!Buffer.isBuffer(theirs)) return ours === "corrupt" || !ours.isWhole;
      return ours !== "corrupt" && ours.isWhole && ours.data.equals(theirs);
    }),
    { numRuns: 1000 },
  );
});

test("[PD24] a piece is made when it is asked for, and no more than a window and a piece is held of a bomb", () => {
  const bomb = deflate(Buffer.alloc(64 * 2 ** 20));
  const inflater = new Inflater({ windowBits: 15, pieceBytes: 65_536 });
  inflater.feed(bomb);
  const before = process.memoryUsage().arrayBuffers;
  let byteCount = 0;
  for (let count = 0; count < 100; count++) byteCount += (inflater.read() as Uint8Array).length;
  expect(byteCount).toBeGreaterThan(100 * 65_000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 65_536 + 2 ** 20); // the pieces are the caller's
});

test("[PD24] a piece owns its bytes, and the input may be used again when more is asked for", () => {
  const input = deflate("once and once and once");
  const inflater = new Inflater({ windowBits: 15, pieceBytes: 1000 });
  inflater.feed(input);
  const piece = inflater.read() as Uint8Array;
  expect(inflater.read()).toBeUndefined();
  input.fill(0xff);
  inflater.feed(deflate(" and again"));
  expect([Buffer.from(piece).toString(), Buffer.from(inflater.read() as Uint8Array).toString()]).toEqual([
    "once and once and once",
    " and again",
  ]);
});

test("[PD24] RFC 7692 §7.2.3.4: behind a final block the next begins at a byte, and may look back over it", () => {
  const hello = Buffer.from("f348cdc9c90700", "hex"); // final
  const again = deflate("Hello", { dictionary: Buffer.from("Hello") });
  expect(dataOf([Buffer.concat([hello, again])])).toBe("HelloHello");
  expect(dataOf(cut(Buffer.concat([hello, again]), 1))).toBe("HelloHello");
});

test("[PD24] behind a final block others may follow that do not end at a byte", () => {
  const words = Array.from({ length: 3000 }, (_, index) => `word ${(index * 7919) % 1000}`).join(" ");
  const bytes = Buffer.concat([deflateRawSync("first"), deflate(words, { memLevel: 1 }), deflateRawSync("last")]);
  expect(dataOf(cut(bytes, 100))).toBe(`first${words}last`);
});

test("[PD24] a block that is not compressed may be as long as a piece", () => {
  const data = Buffer.alloc(200_000, "0123456789");
  const result = inflate([deflate(data, { level: 0 })], { pieceBytes: 65_536 });
  expect(typeof result === "string" ? result : result.data.equals(data)).toBe(true);
});

test("[PD24] what was said before may be looked back on", () => {
  const dictionary = Buffer.from("what was said before");
  const bytes = deflate("what was said before, once more", { dictionary });
  expect(dataOf([bytes], { dictionary })).toBe("what was said before, once more");
  expect(dataOf([bytes])).toBe("corrupt");
});

test("[PD24] a message may end between two blocks, and nowhere else", () => {
  const message = deflate("Hello").subarray(0, -4);
  expect(inflate([deflateRawSync("Hello")])).toMatchObject({ isWhole: true }); // what is left of the last byte is nothing
  expect(inflate([message, tail])).toMatchObject({ isWhole: true });
  for (const bytes of ["f2", "f248", "f248cdc9c9", "000500faff48656c", "f248cdc9c9070001"]) {
    expect(inflate([Buffer.from(bytes, "hex")])).toMatchObject({ isWhole: false });
  }
});

/** With the fixed codes, whose bits are written from the left: a literal, a match, the end. */
const fixed = [
  [0, 1],
  [1, 2],
] as const;
const reversed = (text: string) => [Number.parseInt([...text].toReversed().join(""), 2), text.length] as const;
const literalA = reversed("10010001");
const lengthThree = reversed("0000001");
const filling = [
  [0, 8],
  [0, 8],
  [0, 8],
  [0, 8],
] as const;

test.each<readonly [name: string, bits: readonly (readonly [number, number])[]]>([
  ["a match before there is anything", [...fixed, lengthThree, reversed("00000")]],
  ["a match farther back than anything", [...fixed, literalA, lengthThree, reversed("00001")]],
  ["the length that never occurs", [...fixed, literalA, reversed("11000110"), reversed("00000")]],
  ["the distance that never occurs", [...fixed, literalA, lengthThree, reversed("11110")]],
  [
    "a block of the kind that is reserved",
    [
      [0, 1],
      [3, 2],
    ],
  ],
])("[PD25] %s is corrupt, and stays so", (_name, bits) => {
  const inflater = new Inflater({ windowBits: 15, pieceBytes: 1000 });
  inflater.feed(writeBits(...bits, ...filling));
  expect([inflater.read(), inflater.read()]).toEqual(["corrupt", "corrupt"]);
});

test("[PD25] bits that no code begins with are corrupt when enough have come, and not before", () => {
  // A single distance, of one bit that is 0. The code of lengths has 0 for 18, 10 for 1 and 11 for 2.
  const lengthLengths = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2].map((length) => [length, 3] as const);
  const [zeros, one, two] = [[0, 1] as const, [1, 2] as const, [3, 2] as const];
  const head = [
    ...([
      [0, 1],
      [2, 2],
      [1, 5],
      [0, 5],
      [14, 4],
    ] as const),
    ...lengthLengths,
    // 97 zeros, then "a" as 0
    zeros,
    [86, 7],
    one,
    // 158 zeros, then the end as 10 and the shortest match as 11
    zeros,
    [127, 7],
    zeros,
    [9, 7],
    two,
    two,
    one,
  ] as const;
  const wrong = [
    [0, 1],
    [3, 2],
    [1, 1],
  ] as const; // "a", a match, and the other distance
  expect(inflate([writeBits(...head, ...wrong)])).toMatchObject({ data: Buffer.from("a"), isWhole: false });
  expect(inflate([writeBits(...head, ...wrong, ...filling)])).toBe("corrupt");
  expect(dataOf([writeBits(...head, [0, 1], [3, 2], [0, 1], [1, 2])])).toBe("aaaa");
});

test("[PD25] what looks back farther than the window is corrupt, though it was said", () => {
  const data = Buffer.concat([
    Buffer.from("a beginning that is unlike all the rest"),
    Buffer.alloc(600, "x"),
    Buffer.from("a beginning that is unlike all the rest"),
  ]);
  const far = deflate(data, { windowBits: 15 });
  expect(dataOf([far], { windowBits: 15 })).toBe(data.toString());
  expect(dataOf([far], { windowBits: 9 })).toBe("corrupt");
  expect(dataOf([far], { windowBits: 9, pieceBytes: 65_536 })).toBe("corrupt");
});
