import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Connection, type ConnectionEvent, type Role } from "../../src/protocol/index.ts";
import { mutate, type Material } from "./mutate.ts";
import { cutRandomly, type Random } from "./random.ts";
import { readFrames, type ReferenceEvent } from "./reference-frames.ts";
import type { FuzzTarget } from "./target.ts";

// An input's first byte chooses these, so that the mutator and who makes an input smaller choose too.
const roles: readonly Role[] = ["server", "client"];
const widest = { maxMessageBytes: 2 ** 20, maxFragmentCount: 1024 };
const limits = [
  widest,
  { maxMessageBytes: 125, maxFragmentCount: 3 },
  { maxMessageBytes: 126, maxFragmentCount: 1 },
  { maxMessageBytes: 1000, maxFragmentCount: 8 },
];

const vectors = JSON.parse(readFileSync(new URL("../../spec/vectors/frames.json", import.meta.url), "utf8")) as {
  readonly role: Role;
  readonly hex: string;
}[];

/** `00*3 ff` is `000000ff`. */
function parseHex(hex: string): Buffer {
  const parts = hex.split(" ").map((part) => {
    const [digits = "", count = "1"] = part.split("*");
    return digits.repeat(Number(count));
  });
  return Buffer.from(parts.join(""), "hex");
}

const corpus = vectors
  .map(({ role, hex }) => Buffer.concat([Buffer.of(roles.indexOf(role)), parseHex(hex)]))
  .filter((bytes) => bytes.length < 1500);
const words = [
  "80",
  "8180",
  "8900",
  "8800",
  "880203e8",
  "817e",
  "827f",
  "7e007e",
  "ffffffffffffffff",
  "efbfbf",
  "eda080",
]
  .concat(["f48fbfbf", "c3a9", "e282ac", "03ed", "0fa0"])
  .map((hex) => Buffer.from(hex, "hex"));
const material: Material = { corpus, words };

/** Frames, one after the other, of which some have a wrong bit, length, key or end. */
function makeFrames(random: Random): Uint8Array {
  const settings = random.below(8);
  const role = roles[settings & 1];
  const frames = Array.from({ length: 1 + random.below(8) }, () => makeFrame(role === "server", random));
  return Buffer.concat([Buffer.of(settings), ...frames]);
}

function makeFrame(isMasked: boolean, random: Random): Buffer {
  const opcode = random.isOneIn(12) ? random.below(16) : random.pick([0, 0, 0, 1, 1, 2, 8, 9, 9, 10]);
  const isFinal = opcode >= 8 ? !random.isOneIn(20) : random.isOneIn(2);
  const reserved = random.isOneIn(25) ? 1 << (4 + random.below(3)) : 0;
  const payload = makePayload(opcode, random);
  const announcedBytes = random.isOneIn(15) ? random.below(70_000) : payload.length;
  const hasMask = random.isOneIn(40) ? !isMasked : isMasked;
  const key = hasMask ? random.bytes(4) : new Uint8Array();
  return Buffer.concat([
    Buffer.of((isFinal ? 128 : 0) | reserved | opcode),
    makeLength(hasMask ? 128 : 0, announcedBytes, random),
    key,
    payload.map((byte, index) => byte ^ (key[index % 4] ?? 0)),
  ]);
}

/** A length behind its mask bit; once in a while not in its shortest form. */
function makeLength(maskBit: number, announcedBytes: number, random: Random): Buffer {
  const shortest = announcedBytes < 126 ? 0 : announcedBytes < 65536 ? 2 : 8;
  const form = random.isOneIn(20) ? random.pick([0, 2, 8]) : shortest;
  if (form === 0) return Buffer.of(maskBit | (announcedBytes & 127));
  const length = Buffer.alloc(1 + form);
  length[0] = maskBit | (form === 2 ? 126 : 127);
  if (form === 2) length.writeUInt16BE(announcedBytes & 65_535, 1);
  else length.writeBigUInt64BE(BigInt(announcedBytes), 1);
  return length;
}

function makePayload(opcode: number, random: Random): Uint8Array {
  const byteCount = random.pick([0, 1, 2, 3, 60, 124, 125, 126, 127, 300]);
  if (opcode === 8 && !random.isOneIn(3)) {
    const code = random.pick([
      1000, 1001, 1003, 1004, 1005, 1006, 1007, 1011, 1014, 1015, 1016, 2999, 3000, 4999, 5000,
    ]);
    return Buffer.concat([Buffer.of(code >> 8, code & 255), makeText(Math.min(byteCount, 120), random)]);
  }
  return random.isOneIn(3) ? random.bytes(byteCount) : makeText(byteCount, random);
}

/** Mostly UTF-8, cut at any byte. */
function makeText(byteCount: number, random: Random): Buffer {
  const alphabet = random.isOneIn(2) ? ["a", "B", "7"] : ["a", "é", "€", "𝄞", "\u{10ffff}", "\ufeff", "\0", "\ud7ff"];
  return Buffer.from(Array.from({ length: byteCount }, () => random.pick(alphabet)).join("")).subarray(0, byteCount);
}

/** The engine of all connections after their handshake, in both roles, against {@link readFrames}. */
export const frames: FuzzTarget = {
  name: "frames",
  makeInput: (random) => (random.isOneIn(3) ? mutate(material, random) : makeFrames(random)),
  check(input, random) {
    const settings = input[0] ?? 0;
    const role = roles[settings & 1] ?? "server";
    const options = { role, ...(limits[(settings >> 1) & 3] ?? widest) } as const;
    const bytes = input.slice(1);
    const expected = readFrames(Buffer.from(bytes), options);
    for (const chunks of [[bytes.slice()], cutRandomly(bytes, random), cutRandomly(bytes, random)]) {
      const connection = new Connection({ ...options, ...keys });
      const { events, output } = receiveAll(connection, chunks);
      assert.deepEqual(events.map(toReference), expected);
      checkOwnership(events);
      checkOutput(role, output, expected);
    }
  },
};

const keys = { createMaskingKey: (): number => 0x37fa213d };

function receiveAll(
  connection: Connection,
  chunks: readonly Uint8Array[],
): { events: ConnectionEvent[]; output: Uint8Array[] } {
  const events: ConnectionEvent[] = [];
  const output: Uint8Array[] = [];
  for (const chunk of chunks) {
    connection.receive(chunk);
    events.push(...connection.takeEvents());
    output.push(...connection.takeOutput());
    chunk.fill(0xaa); // nothing may refer to it any more
  }
  return { events, output };
}

function toReference(event: ConnectionEvent): ReferenceEvent {
  if (event.type === "fail") return { type: "fail", code: event.code };
  if (event.type === "close") return event;
  if (event.type === "piece" || event.type === "bytes") throw new Error(`Nobody asked for ${event.type}`);
  if (event.type !== "message") return { type: event.type, data: Buffer.from(event.data) };
  if (event.opcode === "text") return { type: "text", data: event.data };
  return { type: "binary", data: Buffer.from(event.data) };
}

/** What is handed over holds itself and no more: so a peer can pin no more than the limits let it say. */
function checkOwnership(events: readonly ConnectionEvent[]): void {
  for (const event of events) {
    if (event.type === "close" || event.type === "fail" || typeof event.data === "string") continue;
    assert.equal(event.data.buffer.byteLength, event.data.byteLength);
  }
}

/** The other role reads our output as pongs to its pings, in order, and then our close frame exactly when the story has ended. */
function checkOutput(role: Role, output: readonly Uint8Array[], story: readonly ReferenceEvent[]): void {
  const peer = new Connection({ role: role === "server" ? "client" : "server", ...keys });
  const { events } = receiveAll(
    peer,
    output.map((frame) => frame.slice()),
  );
  const end = story.find((event) => event.type === "close" || event.type === "fail");
  const close = events.at(-1)?.type === "close" ? events.at(-1) : undefined;
  assert.equal((close as { code?: number } | undefined)?.code, end?.code);
  const pings = story.flatMap((event) => (event.type === "ping" ? [event.data.toString("hex")] : []));
  const pongs = close === undefined ? events : events.slice(0, -1);
  const answered = pongs.map((event) => {
    assert.equal(event.type, "pong");
    return Buffer.from((event as { data: Uint8Array }).data).toString("hex");
  });
  assert.equal(answered.at(-1), pings.at(-1), "the newest ping is always answered");
  let from = 0;
  for (const pong of answered) {
    from = pings.indexOf(pong, from) + 1;
    assert.notEqual(from, 0, "a pong answers a ping that came, in order");
  }
}
