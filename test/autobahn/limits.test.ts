import { afterAll, beforeAll, expect, test } from "vitest";
import { createWebSocketServer, type WebSocketServer } from "../../src/engine/index.ts";
import { RawPeer } from "../raw-peer.ts";
import { cut, type Step, text, binary } from "./case.ts";

const [kib, mib] = [1024, 1024 * 1024];

interface EchoCase {
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
  readonly fragmentBytes?: number;
  readonly pieceBytes?: number;
}

// 9.1 and 9.2: sizes. The suite's 9.3 to 9.6 have 4 MiB in fragments and 1 MiB in pieces; ours have less, in as many.
const sizes = [64 * kib, 256 * kib, mib, 4 * mib, 8 * mib, 16 * mib];
const fragments = [64, 256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 4 * mib];
const pieces = [64, 128, 256, 512, kib, 2 * kib];

const cases: readonly EchoCase[] = [
  ...sizes.map((bytes, index) => ({ id: `${index + 1}`, title: `${bytes} bytes`, bytes })),
  ...fragments.map((fragmentBytes, index) => ({
    id: `${index + 1} in fragments`,
    title: `4 MiB in fragments of ${fragmentBytes}`,
    bytes: 4 * mib,
    fragmentBytes,
  })),
  ...pieces.map((pieceBytes, index) => ({
    id: `${index + 1} in pieces`,
    title: `1 MiB in pieces of ${pieceBytes}`,
    bytes: mib,
    pieceBytes,
  })),
];

let server: WebSocketServer;
let port = 0;

beforeAll(async () => {
  server = createWebSocketServer({
    message: (socket, data) => void socket.send(data),
    maxMessageBytes: 16 * mib,
    maxFragmentCount: 65_536,
    maxQueuedBytes: 64 * mib,
  });
  ({ port } = await server.listen({ port: 0, host: "127.0.0.1" }));
});
afterAll(() => server.close({ graceMs: 0 }));

/** Reads the payload of one unmasked frame as it comes: the peer for small frames would copy it again and again. */
async function readLargeFrame(peer: RawPeer, write: () => void): Promise<{ first: number; payload: Buffer }> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  peer.socket.removeAllListeners("data");
  const isWhole = new Promise<void>((resolve) => {
    peer.socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      byteCount += chunk.length;
      const head = byteCount < 10 ? Buffer.alloc(0) : Buffer.concat(chunks.slice(0, 10)).subarray(0, 10);
      if (head.length === 10 && byteCount >= 10 + Number(head.readBigUInt64BE(2))) resolve();
    });
  });
  write();
  await isWhole;
  const whole = Buffer.concat(chunks);
  return { first: whole[0] ?? 0, payload: whole.subarray(10) };
}

for (const [group, opcode] of [
  ["text", 1],
  ["binary", 2],
] as const) {
  test.each(cases)(`[AB3] Autobahn 9, ${group} $id: $title come back`, async (one) => {
    const payload = Buffer.alloc(one.bytes, opcode === 1 ? "\u00e9" : "\xfe\x00", opcode === 1 ? "utf8" : "latin1");
    const whole: readonly Step[] = [opcode === 1 ? text(payload) : binary(payload)];
    const steps = one.fragmentBytes === undefined ? whole : cut(opcode, payload, one.fragmentBytes);
    const peer = await RawPeer.open(port);
    const bytes = Buffer.concat(steps.map((step) => (step.type === "frame" ? maskedByZeros(step) : Buffer.alloc(0))));
    const { pieceBytes = bytes.length } = one;
    const { first, payload: echoed } = await readLargeFrame(peer, () => {
      for (let at = 0; at < bytes.length; at += pieceBytes) peer.write(bytes.subarray(at, at + pieceBytes));
    });
    expect(first).toBe(0x80 | opcode);
    expect(echoed.equals(payload)).toBe(true);
    peer.destroy();
  });
}

test("[AB3] Autobahn 10.1.1: a text of 65536 bytes in fragments of 1300 comes back", async () => {
  const payload = Buffer.alloc(65_536, "*");
  const peer = await RawPeer.open(port);
  for (const step of cut(1, payload, 1300)) peer.write(step.type === "frame" ? maskedByZeros(step) : "");
  expect((await peer.readFrame()).payload.equals(payload)).toBe(true);
  peer.destroy();
});

function maskedByZeros({ first, payload }: { readonly first: number; readonly payload: Uint8Array }): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 6 : payload.length < 65_536 ? 8 : 14);
  head[0] = first;
  head[1] = 0x80 | (payload.length < 126 ? payload.length : payload.length < 65_536 ? 126 : 127);
  if (head.length === 8) head.writeUInt16BE(payload.length, 2);
  if (head.length === 14) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}
