import fc from "fast-check";
import { expect, test } from "vitest";
import { frameHeaderBytes, opcodes, writeFrameHeader } from "./frame.ts";
import { FrameHeaderReader, isControl } from "./frame-header-reader.ts";

/** Feeds a header byte by byte, and tells after how many bytes it stopped, and with what. */
function read(
  isMasked: boolean,
  hex: string,
  isCompressible = false,
): { reader: FrameHeaderReader; takenBytes: number } {
  const reader = new FrameHeaderReader({ isMasked, isCompressible });
  let takenBytes = 0;
  for (const byte of Buffer.from(hex, "hex")) takenBytes += reader.read(Uint8Array.of(byte), 0);
  return { reader, takenBytes };
}

test("[FR1] what was written is read again, in any cut, and nothing behind it is taken", () => {
  const opcode = fc.constantFrom(opcodes.continuation, opcodes.text, opcodes.binary);
  const payloadBytes = fc.oneof(fc.nat(200), fc.integer({ min: 65000, max: 66000 }), fc.maxSafeNat());
  const header = fc.record({ fin: fc.boolean(), rsv1: fc.boolean(), opcode, payloadBytes });
  fc.assert(
    fc.property(header, fc.option(fc.integer(), { nil: undefined }), fc.nat(14), (any, maskingKey, cut) => {
      const given = { ...any, rsv1: any.rsv1 && any.opcode !== opcodes.continuation };
      const bytes = new Uint8Array(frameHeaderBytes(given.payloadBytes, maskingKey !== undefined) + 1);
      const end = writeFrameHeader(bytes, 0, { ...given, maskingKey });
      const reader = new FrameHeaderReader({ isMasked: maskingKey !== undefined, isCompressible: true });
      const firstBytes = Math.min(cut, end);
      expect(reader.read(bytes.subarray(0, firstBytes), 0)).toBe(firstBytes);
      expect(reader.isComplete).toBe(firstBytes === end);
      expect(reader.read(bytes, firstBytes)).toBe(end);
      expect(reader).toMatchObject({ isComplete: true, isFinal: given.fin, opcode: given.opcode, fault: undefined });
      expect(reader.isCompressed).toBe(given.rsv1);
      expect(reader.payloadBytes).toBe(given.payloadBytes);
      expect(reader.maskingKey).toBe(maskingKey ?? 0);
    }),
  );
});

test("[FR1] one reader reads one header after the other", () => {
  const reader = new FrameHeaderReader({ isMasked: true, isCompressible: false });
  expect(reader.isEmpty).toBe(true);
  const bytes = Buffer.from("81fe012c01020304" + "098005060708".replace("09", "89"), "hex");
  expect(reader.read(bytes, 0)).toBe(8);
  expect(reader).toMatchObject({ isEmpty: false, opcode: 1, payloadBytes: 300, maskingKey: 0x01020304 });
  reader.reset();
  expect(reader).toMatchObject({ isEmpty: true, isComplete: false });
  expect(reader.read(bytes, 8)).toBe(14);
  expect(reader).toMatchObject({ opcode: 9, payloadBytes: 0, maskingKey: 0x05060708 });
});

test("[FR2] a length that has a shorter form is a fault with its last byte", () => {
  for (const [hex, bytes] of [
    ["827e0000", 4],
    ["827e007d", 4],
    ["827f0000000000000000", 10],
    ["827f000000000000ffff", 10],
  ] as const) {
    const { reader, takenBytes } = read(false, hex + "ff");
    expect(reader.fault).toBe("A length must be written in its shortest form");
    expect(takenBytes).toBe(bytes);
  }
  for (const hex of ["827e007e", "827f0000000000010000"]) expect(read(false, hex).reader.fault).toBeUndefined();
});

test("[FR3] the most significant bit of a 64-bit length is a fault with the length's first byte", () => {
  const { reader, takenBytes } = read(false, "827f80" + "00".repeat(7));
  expect(reader.fault).toBe("The most significant bit of a 64-bit length must be 0");
  expect(takenBytes).toBe(3);
  // The other two forms may have it.
  expect(read(false, "827effff").reader).toMatchObject({ fault: undefined, payloadBytes: 65535 });
});

test("[FR4] a wrong mask bit is a fault with the second byte, for both roles", () => {
  expect(read(true, "8105ff")).toMatchObject({
    takenBytes: 2,
    reader: { fault: "A frame from a client must be masked" },
  });
  expect(read(false, "8185ff")).toMatchObject({
    takenBytes: 2,
    reader: { fault: "A frame from a server must not be masked" },
  });
});

test("[FR5] any RSV bit is a fault with the first byte", () => {
  for (const hex of ["c1", "a1", "91", "f1", "40", "ca"]) {
    expect(read(true, hex + "80")).toMatchObject({ takenBytes: 1, reader: { fault: expect.stringContaining("RSV") } });
  }
});

test("[FR6] a reserved opcode is a fault with the first byte; the six others are not", () => {
  const faulty = Array.from(
    { length: 16 },
    (_none, opcode) => read(false, (0x80 | opcode).toString(16)).reader.fault !== undefined,
  );
  expect(faulty.flatMap((isFaulty, opcode) => (isFaulty ? [] : [opcode]))).toEqual([0, 1, 2, 8, 9, 10]);
});

test("[FR7] a control frame that is fragmented or announces more than 125 bytes is a fault", () => {
  for (const opcode of [8, 9, 10]) {
    expect(isControl(opcode)).toBe(true);
    expect(read(false, `0${opcode.toString(16)}`)).toMatchObject({
      takenBytes: 1,
      reader: { fault: expect.stringContaining("fragmented") },
    });
    for (const length of [126, 127]) {
      const { reader, takenBytes } = read(false, `8${opcode.toString(16)}${length.toString(16)}00`);
      expect(reader.fault).toBe(
        `A control frame must not have more than 125 bytes of payload, as with length ${length}`,
      );
      expect(takenBytes).toBe(2);
    }
    expect(read(false, `8${opcode.toString(16)}7d`).reader).toMatchObject({ fault: undefined, isComplete: true });
  }
  for (const opcode of [0, 1, 2]) expect(isControl(opcode)).toBe(false);
});

test("[CL3] a close frame that announces one byte is a fault; a ping is not", () => {
  expect(read(false, "880103")).toMatchObject({
    takenBytes: 2,
    reader: { fault: "A close frame must not have one byte" },
  });
  for (const hex of ["8902", "8802", "8901", "8101"]) expect(read(false, hex).reader.fault).toBeUndefined();
});

test("[PD7] RSV1 marks the first frame of a message where compression was negotiated, and nothing else", () => {
  for (const hex of ["c1", "41", "c2", "42"]) {
    expect(read(false, hex, true).reader).toMatchObject({ isCompressed: true, fault: undefined });
    expect(read(false, hex).reader.fault).toBe("RSV1 must be 0: no compression is negotiated");
  }
  for (const hex of ["c0", "40", "c8", "c9", "ca"]) {
    expect(read(false, hex, true).reader.fault).toBe("RSV1 must be 0 but on the first frame of a message");
  }
  for (const hex of ["a1", "91", "e1", "d1"]) {
    expect(read(false, hex, true).reader.fault).toBe(
      "RSV2 and RSV3 must be 0: no extension that uses them is negotiated",
    );
  }
});
