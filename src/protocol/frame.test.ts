import fc from "fast-check";
import { expect, test } from "vitest";
import { applyMask, encodeFrame, frameHeaderBytes, opcodes, writeFrameHeader, type FrameHeader } from "./frame.ts";

function headerOf(header: FrameHeader): string {
  const bytes = new Uint8Array(frameHeaderBytes(header.payloadBytes, header.maskingKey !== undefined));
  expect(writeFrameHeader(bytes, 0, header)).toBe(bytes.length);
  return Buffer.from(bytes).toString("hex");
}

const text = { fin: true, rsv1: false, opcode: opcodes.text } as const;

test("[FR9] a length is written in its shortest form", () => {
  const headers = [
    [0, "8100"],
    [125, "817d"],
    [126, "817e007e"],
    [65535, "817effff"],
    [65536, "817f0000000000010000"],
    [2 ** 32 + 5, "817f0000000100000005"],
    [Number.MAX_SAFE_INTEGER, "817f001fffffffffffff"],
  ] as const;
  for (const [payloadBytes, hex] of headers) expect(headerOf({ ...text, payloadBytes })).toBe(hex);
});

test("[FR9] the masking key stands behind the length, its most significant byte first", () => {
  const maskingKey = 0xf1e2d3c4;
  expect(headerOf({ ...text, maskingKey, payloadBytes: 5 })).toBe("8185f1e2d3c4");
  expect(headerOf({ ...text, maskingKey, payloadBytes: 126 })).toBe("81fe007ef1e2d3c4");
  expect(headerOf({ ...text, maskingKey: maskingKey | 0, payloadBytes: 65536 })).toBe("81ff0000000000010000f1e2d3c4");
});

test("[FR9] FIN, RSV1 and the opcode share the first byte", () => {
  expect(headerOf({ fin: false, rsv1: false, opcode: opcodes.continuation, payloadBytes: 0 })).toBe("0000");
  expect(headerOf({ fin: false, rsv1: true, opcode: opcodes.binary, payloadBytes: 0 })).toBe("4200");
  expect(headerOf({ fin: true, rsv1: true, opcode: opcodes.pong, payloadBytes: 0 })).toBe("ca00");
});

test("[FR9] a header is written where it is wanted, and nothing else is touched", () => {
  const slab = new Uint8Array(8).fill(0xee);
  expect(writeFrameHeader(slab, 3, { ...text, payloadBytes: 300 })).toBe(7);
  expect(Buffer.from(slab).toString("hex")).toBe("eeeeee817e012cee");
});

test("[FR9] a whole frame is the header and a copy of the payload, masked if there is a key", () => {
  const payload = new TextEncoder().encode("Hello");
  expect(Buffer.from(encodeFrame({ ...text, payload })).toString("hex")).toBe("810548656c6c6f");
  const masked = encodeFrame({ ...text, payload, maskingKey: 0x37fa213d });
  expect(Buffer.from(masked).toString("hex")).toBe("818537fa213d7f9f4d5158");
  expect(Buffer.from(payload).toString()).toBe("Hello");
});

test("[FR10] masking is the RFC's byte rule at any length, place, alignment and phase, and touches nothing else", () => {
  const lengths = fc.oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 180, max: 210 }),
    fc.integer({ min: 0, max: 2000 }),
  );
  const places = fc.record({
    offset: fc.nat(7),
    start: fc.nat(7),
    length: lengths,
    phase: fc.nat(2 ** 30),
    key: fc.integer(),
  });
  fc.assert(
    fc.property(places, ({ offset, start, length, phase, key }) => {
      const memory = Uint8Array.from({ length: offset + start + length + 8 }, (_none, index) => (index * 31) & 0xff);
      const before = memory.slice();
      applyMask(memory.subarray(offset), start, start + length, key, phase);
      const keyBytes = [key >>> 24, key >>> 16, key >>> 8, key].map((byte) => byte & 0xff);
      for (let at = 0; at < length; at++) {
        const index = offset + start + at;
        before[index] = (before[index] as number) ^ (keyBytes[(phase + at) % 4] as number);
      }
      expect(Buffer.compare(memory, before)).toBe(0);
    }),
  );
});

test("[FR10] masking twice with one key gives the bytes back; the phase is 0 if not given", () => {
  for (const length of [3, 500]) {
    const bytes = new Uint8Array(length).fill(0x61);
    applyMask(bytes, 0, length, 0x37fa213d);
    expect([...bytes.subarray(0, 3)]).toEqual([0x61 ^ 0x37, 0x61 ^ 0xfa, 0x61 ^ 0x21]);
    applyMask(bytes, 0, length, 0x37fa213d, 4);
    expect(bytes.every((byte) => byte === 0x61)).toBe(true);
  }
});
