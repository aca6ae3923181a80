import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RawPeer } from "../raw-peer.ts";
import { binary, cut, type Step, text } from "./case.ts";
import { type Echo, roles } from "./echo.ts";

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

/** The limits these cases need: the defaults are lower. */
const limits = { maxMessageBytes: 16 * mib, maxFragmentCount: 65_536, maxQueuedBytes: 64 * mib };

/** Reads one frame with a long length as it comes: the peer for small frames would copy it again and again. */
async function readLargeFrame(peer: RawPeer, write: () => void): Promise<{ first: number; payload: Buffer }> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  let frameBytes = Infinity;
  peer.socket.removeAllListeners("data");
  const isWhole = new Promise<void>((resolve) => {
    peer.socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      byteCount += chunk.length;
      if (frameBytes === Infinity && byteCount >= 10) {
        const head = Buffer.concat(chunks);
        frameBytes = headBytes(head) + Number(head.readBigUInt64BE(2));
      }
      if (byteCount >= frameBytes) resolve();
    });
  });
  write();
  await isWhole;
  const whole = Buffer.concat(chunks);
  const payload = whole.subarray(headBytes(whole));
  if (isMasked(whole)) unmask(payload, whole.subarray(10, 14));
  return { first: whole[0] ?? 0, payload };
}

function isMasked(frame: Buffer): boolean {
  return ((frame[1] ?? 0) & 0x80) !== 0;
}

function headBytes(frame: Buffer): number {
  return isMasked(frame) ? 14 : 10;
}

function unmask(payload: Buffer, key: Buffer): void {
  for (let index = 0; index < payload.length; index++) payload[index] = (payload[index] ?? 0) ^ (key[index & 3] ?? 0);
}

/** A frame's bytes; a client's is masked with zeros, so that its payload need not be copied. */
function frameOf(step: Step, masks: boolean): Buffer {
  if (step.type !== "frame") return Buffer.alloc(0);
  const { first, payload } = step;
  const lengthBytes = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + lengthBytes + (masks ? 4 : 0));
  head[0] = first;
  head[1] = (masks ? 0x80 : 0) | (lengthBytes === 0 ? payload.length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) head.writeUInt16BE(payload.length, 2);
  if (lengthBytes === 8) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

describe.each(roles)("a $role", ({ start }) => {
  let echo: Echo;

  beforeAll(async () => {
    echo = await start(limits);
  });
  afterAll(() => echo.close());

  for (const [group, opcode] of [
    ["text", 1],
    ["binary", 2],
  ] as const) {
    test.each(cases)(`[AB3] Autobahn 9, ${group} $id: $title come back`, async (one) => {
      const payload = Buffer.alloc(one.bytes, opcode === 1 ? "\u00e9" : "\xfe\x00", opcode === 1 ? "utf8" : "latin1");
      const whole: readonly Step[] = [opcode === 1 ? text(payload) : binary(payload)];
      const steps = one.fragmentBytes === undefined ? whole : cut(opcode, payload, one.fragmentBytes);
      const { peer, masks } = await echo.open();
      const bytes = Buffer.concat(steps.map((step) => frameOf(step, masks)));
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
    const { peer, masks } = await echo.open();
    for (const step of cut(1, payload, 1300)) peer.write(frameOf(step, masks));
    expect((await peer.readFrame()).payload.equals(payload)).toBe(true);
    peer.destroy();
  });
});
