import { expect, test } from "vitest";
import { describePayload, type FrameAnatomy, type FramePart, readFrames } from "./anatomy.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function only(hex: string): FrameAnatomy {
  const [frame, ...more] = readFrames(bytes(hex));
  expect(more).toEqual([]);
  return frame as FrameAnatomy;
}

function part(frame: FrameAnatomy, name: FramePart["name"]): FramePart {
  return frame.parts.find((one) => one.name === name) as FramePart;
}

test("[LB11] the RFC's unmasked Hello has two bytes of header", () => {
  const frame = only("810548656c6c6f");
  expect(frame).toMatchObject({
    opcode: "text",
    isFinal: true,
    isMasked: false,
    headerBytes: 2,
    payloadBytes: 5,
    isWhole: true,
  });
  expect(frame.parts.map(({ name, bits, from, to }) => [name, bits, from, to])).toEqual([
    ["FIN", "1", 0, 1],
    ["RSV", "000", 0, 1],
    ["opcode", "0001", 0, 1],
    ["MASK", "0", 1, 2],
    ["length", "0000101", 1, 2],
    ["payload", undefined, 2, 7],
  ]);
  expect(describePayload(frame)).toBe("Hello");
});

test("[LB11] the RFC's masked Hello is unmasked, and its key is shown", () => {
  const frame = only("818537fa213d7f9f4d5158");
  expect(describePayload(frame)).toBe("Hello");
  expect(part(frame, "masking key")).toMatchObject({ from: 2, to: 6, value: "37 fa 21 3d" });
  expect(part(frame, "payload")).toMatchObject({ from: 6, to: 11 });
});

test("[LB11] the three forms of the length", () => {
  expect(only(`827d${"00".repeat(125)}`)).toMatchObject({ headerBytes: 2, payloadBytes: 125 });
  const medium = only(`827e0100${"00".repeat(256)}`);
  expect(medium).toMatchObject({ headerBytes: 4, payloadBytes: 256 });
  expect(part(medium, "length").value).toBe("126: the next 2 bytes say");
  expect(part(medium, "extended length")).toMatchObject({ from: 2, to: 4, value: "256" });
  const long = only(`827f0000000000010000${"00".repeat(65_536)}`);
  expect(long).toMatchObject({ headerBytes: 10, payloadBytes: 65_536, isWhole: true });
  expect(part(long, "extended length")).toMatchObject({ from: 2, to: 10, value: "65,536" });
});

test("[LB11] frames follow one another, and the last may be cut off anywhere", () => {
  const stream = bytes("8900" + "010348656c" + "80026c6f");
  expect(readFrames(stream).map(({ opcode, isFinal }) => [opcode, isFinal])).toEqual([
    ["ping", true],
    ["text", false],
    ["continuation", true],
  ]);
  for (let cut = 0; cut < stream.length; cut++) {
    const whole = readFrames(stream.subarray(0, cut)).filter((frame) => frame.isWhole);
    expect(whole).toHaveLength([2, 7].filter((end) => cut >= end).length);
  }
  expect(readFrames(bytes("81fe01"))).toEqual([]);
});

test("[LB11] what a frame says: a close code and reason, text, bytes as numbers, an opcode without a meaning", () => {
  expect(describePayload(only("880403e86279"))).toBe("1000 by");
  expect(describePayload(only("8800"))).toBe("");
  expect(describePayload(only("8203000aff"))).toBe("00 0a ff");
  expect(only("8300").opcode).toBe("reserved (3)");
  expect(part(only("c100"), "RSV").value).toBe("100: an extension uses them");
});
