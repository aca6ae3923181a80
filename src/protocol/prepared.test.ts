import { expect, test } from "vitest";
import { prepareMessage } from "./prepared.ts";

test("[FR14] a prepared message is the frame a server would send", () => {
  const text = prepareMessage("Hello");
  expect(text).toMatchObject({ type: "prepared", opcode: "text" });
  expect(Buffer.from(text.frame).toString("hex")).toBe("810548656c6c6f");
  const bytes = new Uint8Array([0, 255]);
  const binary = prepareMessage(bytes);
  bytes.fill(1);
  expect(binary.opcode).toBe("binary");
  expect(Buffer.from(binary.frame).toString("hex")).toBe("820200ff");
});

test("[FR14] what was received as bytes is prepared with its type, as a copy", () => {
  const data = new TextEncoder().encode("Hello");
  const text = prepareMessage({ type: "bytes", opcode: "text", data });
  const binary = prepareMessage({ type: "bytes", opcode: "binary", data });
  data.fill(0);
  expect(text.opcode).toBe("text");
  expect(Buffer.from(text.frame).toString("hex")).toBe("810548656c6c6f");
  expect(Buffer.from(binary.frame).toString("hex")).toBe("820548656c6c6f");
});

test("[FR14] it cannot be changed into another, nor made from what is neither text nor bytes", () => {
  expect(Object.isFrozen(prepareMessage(""))).toBe(true);
  for (const wrong of [1, undefined, null, new Float32Array(1), { type: "bytes", opcode: "text" }] as never[]) {
    expect(() => prepareMessage(wrong)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD_TYPE" }));
  }
});

test("[PD14] it is compressed once for each kind of receiver, on first need", () => {
  let count = 0;
  const shorten = { deflate: (message: Uint8Array) => (count++, message.subarray(0, 2)) };
  const refuse = { deflate: () => (count++, undefined) };
  const text = prepareMessage("Hello");
  expect(count).toBe(0);
  expect(Buffer.from(text.payload).toString()).toBe("Hello");
  for (const _receiver of [1, 2, 3]) {
    expect(text.compressedFrame(shorten)).toEqual(Uint8Array.of(0xc1, 2, 0x48, 0x65));
    expect(text.compressedFrame(refuse)).toBeUndefined();
  }
  expect(count).toBe(2);
  expect(text.compressedFrame(shorten)).toBe(text.compressedFrame(shorten));
  expect(prepareMessage(Uint8Array.of(7, 8, 9)).compressedFrame(shorten)).toEqual(Uint8Array.of(0xc2, 2, 7, 8));
});
