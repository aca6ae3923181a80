import assert from "node:assert/strict";
import { constants, deflateRawSync } from "node:zlib";
import { Codec } from "../../src/engine/codec.ts";
import { CompressionBudget } from "../../src/engine/index.ts";
import { Connection, Inflater } from "../../src/protocol/index.ts";
import { mutate, type Material } from "./mutate.ts";
import { cutRandomly, type Random } from "./random.ts";
import { inflateSlowly } from "./reference-inflate.ts";
import type { FuzzTarget } from "./target.ts";

// An input's first byte chooses among these: what a message may inflate to, and the peer's window.
const limitsBytes = [65_536, 1000, 125, 1];
const windows = [15, 9, 12, 8];

const samples = [
  "Hello",
  "é€𝄞".repeat(20),
  "a".repeat(3000),
  "",
  JSON.stringify({ text: "hi", at: [1, 2, 3] }).repeat(9),
];
const ways = [
  { level: 0 },
  { level: 9 },
  { level: 6, strategy: constants.Z_FIXED },
  { level: 6, strategy: constants.Z_HUFFMAN_ONLY },
  { level: 6, windowBits: 9 },
];
const corpus = samples.flatMap((sample) =>
  ways.flatMap((way) => [
    deflateRawSync(sample, { ...way, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4),
    deflateRawSync(sample, way), // with a final block
  ]),
);
// The examples of RFC 7692 §7.2.3, a bomb, and streams that begin again and again.
const more = [
  "f248cdc9c90700",
  "f200110000",
  "000500faff48656c6c6f00",
  "f348cdc9c9070000",
  "f2480500000000ffffcac9c90700",
  "00",
]
  .map((hex) => Buffer.from(hex, "hex"))
  .concat(
    Buffer.concat([deflateRawSync("a"), deflateRawSync("b")]),
    deflateRawSync(Buffer.alloc(200_000)),
    Buffer.from("0300".repeat(40), "hex"),
  );
const material: Material = {
  corpus: [...corpus, ...more].map((bytes) => Buffer.concat([Buffer.of(0), bytes])),
  words: ["0000ffff", "0300", "00", "01", "ffff", "000000ffff"].map((hex) => Buffer.from(hex, "hex")),
};

/** What a peer says is compressed, for a connection with and without a history, against {@link inflateSlowly}. */
export const inflate: FuzzTarget = {
  name: "inflate",
  makeInput(random) {
    const input = mutate(material, random);
    input[0] = random.isOneIn(2) ? 0 : random.below(16);
    return input;
  },
  check(input, random) {
    const limitBytes = limitsBytes[(input[0] ?? 0) & 3] ?? 1;
    const windowBits = windows[((input[0] ?? 0) >> 2) & 3] ?? 15;
    const message = input.slice(1);
    const takesOver = random.isOneIn(2);
    const before = takesOver ? Buffer.from(samples[1] ?? "") : Buffer.alloc(0);
    const { codec, budget } = makeCodec(windowBits, takesOver);
    if (takesOver) {
      codec.inflate(deflateRawSync(before, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4), 65_536);
    }
    const result = codec.inflate(message.slice(), limitBytes);
    if (result.type === "inflated") assert.ok(result.data.length <= limitBytes, "more than the limit was inflated");
    // zlib may look back farther than the window within a message; that is no harm, and no rule.
    if (windowBits === 15) compare(result, inflateSlowly(message, before, limitBytes));
    if (random.isOneIn(3)) checkPieces(message, before, random);
    checkConnection(message, limitBytes, random);
    codec.close();
    assert.deepEqual([budget.inflatedRoomBytes, budget.historyRoomBytes], [Infinity, 2 ** 20], "a budget leaks");
  },
};

function makeCodec(windowBits: number, takesOver: boolean): { codec: Codec; budget: CompressionBudget } {
  const budget = new CompressionBudget({ maxHistoryBytes: 2 ** 20, maxInflatedBytes: 2 ** 20 });
  const parameters = {
    serverNoContextTakeover: true,
    clientNoContextTakeover: !takesOver,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: windowBits,
  };
  return { codec: new Codec({ role: "server", parameters, thresholdBytes: 0, level: 1, memLevel: 1, budget }), budget };
}

function compare(result: ReturnType<Codec["inflate"]>, expected: ReturnType<typeof inflateSlowly>): void {
  const given = result.type === "inflated" ? Buffer.from(result.data) : result.fault;
  if (Buffer.isBuffer(given) && Buffer.isBuffer(expected)) {
    assert.ok(given.equals(expected), "other bytes were inflated");
  }
  // zlib works in blocks of 16 KiB: what is wrong behind the limit, and within the block, it sees first.
  else if (expected === "tooBig") assert.ok(given === "tooBig" || given === "corrupt");
  else assert.equal(given, expected);
}

/** The same message as it is inflated while it is read: in any cut what the second reading makes of it. */
function checkPieces(message: Uint8Array, before: Uint8Array, random: Random): void {
  const limitBytes = 300_000;
  const inflater = new Inflater({ windowBits: 15, pieceBytes: 258 + random.below(1000), dictionary: before });
  const pieces: Uint8Array[] = [];
  let byteCount = 0;
  for (const chunk of cutRandomly(Buffer.concat([message, Buffer.from("0000ffff", "hex")]), random)) {
    inflater.feed(chunk.slice());
    for (let piece = inflater.read(); piece !== undefined && byteCount <= limitBytes; piece = inflater.read()) {
      if (piece === "corrupt") break;
      byteCount += piece.length;
      pieces.push(piece);
    }
  }
  if (message.length === 0 || byteCount > limitBytes) return;
  const expected = inflateSlowly(message, before, limitBytes);
  if (expected === "tooManyStreams") return; // they cost nothing here
  assert.equal(inflater.isBetweenBlocks, Buffer.isBuffer(expected), "a message is taken that is none, or refused");
  if (Buffer.isBuffer(expected)) assert.ok(expected.equals(Buffer.concat(pieces)), "other bytes are given in pieces");
}

/** The same message in frames: one event, whole and within the limit, or a failure; the same in every cut. */
function checkConnection(message: Uint8Array, maxMessageBytes: number, random: Random): void {
  const opcode = random.pick([1, 2]);
  const half = random.below(message.length + 1);
  const frames = [frame(0x40 | opcode, message.subarray(0, half)), frame(0x80, message.subarray(half))];
  const stories = [[Buffer.concat(frames)], cutRandomly(Buffer.concat(frames), random)].map((chunks) => {
    const { codec } = makeCodec(15, false);
    const connection = new Connection({ role: "server", maxMessageBytes, codec });
    for (const chunk of chunks) connection.receive(chunk.slice());
    return connection.takeEvents();
  });
  assert.deepEqual(stories[1], stories[0]);
  assert.equal(stories[0]?.length, 1);
  const [event] = stories[0] ?? [];
  if (event?.type === "fail") assert.ok([1002, 1007, 1008, 1009].includes(event.code));
  else if (event?.type === "message") assert.ok(Buffer.byteLength(event.data) <= maxMessageBytes);
  else assert.fail("a message is told or fails");
}

/** A client's frame, with a mask of zeros. */
function frame(first: number, payload: Uint8Array): Buffer {
  const length = payload.length < 126 ? [128 | payload.length] : [254, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), payload]);
}
