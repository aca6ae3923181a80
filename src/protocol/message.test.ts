import { isUtf8 } from "node:buffer";
import { describe, expect, test } from "vitest";
import { applyMask } from "./frame.ts";
import {
  isMessageBytes,
  type MessagePorts,
  PartialMessage,
  readBytes,
  readMessage,
  readText,
  type ReceivedMessage,
} from "./message.ts";

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

const ports: MessagePorts = {
  decodeText: (bytes, start, end) => Buffer.from(bytes.subarray(start, end)).toString(),
  isUtf8,
  allocate: (byteCount) => new Uint8Array(byteCount),
  unmask: applyMask,
};

/** A message of one-piece fragments, the last of them final. */
function assemble(isText: boolean, hexes: readonly string[]): ReceivedMessage | undefined {
  const message = new PartialMessage(isText, false, ports);
  for (const [index, hex] of hexes.entries()) {
    const bytes = bytesOf(hex);
    message.beginFrame(bytes.length, index === hexes.length - 1);
    if (!message.append(bytes, 0, bytes.length)) return undefined;
  }
  return message.finish();
}

describe("in one piece", () => {
  test("[MS3] a text is read if it is UTF-8", () => {
    expect(readText(bytesOf("ffe282acff"), 1, 4, ports)).toBe("€");
    expect(readText(bytesOf("ffe282acff"), 1, 3, ports)).toBeUndefined();
    expect(readMessage("text", bytesOf("61"), 0, 1, ports)).toEqual({ type: "message", opcode: "text", data: "a" });
    expect(readMessage("text", bytesOf("ff"), 0, 1, ports)).toBeUndefined();
    const long = "€".repeat(30);
    const bytes = Buffer.from(`.${long}.`);
    expect(readText(bytes, 1, 91, ports)).toBe(long);
    expect(readText(bytes, 1, 90, ports)).toBeUndefined();
  });

  test("[MS3] what is known to be ASCII is not looked at again", () => {
    const asked = { ...ports, isUtf8: () => expect.unreachable() };
    expect(readMessage("ascii", bytesOf("6162"), 1, 2, asked)).toEqual({ type: "message", opcode: "text", data: "b" });
    expect(readBytes("ascii", bytesOf("6162"), 1, 2, asked)).toEqual({
      type: "bytes",
      opcode: "text",
      data: bytesOf("62"),
    });
  });

  test("[MS9] as bytes it is a view, and a text is UTF-8", () => {
    const chunk = bytesOf("61e282acff");
    expect(readBytes("text", chunk, 0, 4, ports)).toEqual({ type: "bytes", opcode: "text", data: bytesOf("61e282ac") });
    expect(readBytes("text", chunk, 0, 5, ports)).toBeUndefined();
    const binary = readBytes("binary", chunk, 4, 5, ports);
    expect(binary).toEqual({ type: "bytes", opcode: "binary", data: bytesOf("ff") });
    expect(binary?.data.buffer).toBe(chunk.buffer);
  });

  test("[MS9] only what is told as bytes is taken for it", () => {
    const data = bytesOf("61");
    expect(["text", "binary"].map((opcode) => isMessageBytes({ type: "bytes", opcode, data }))).toEqual([true, true]);
    const others = [
      undefined,
      null,
      "bytes",
      data,
      { type: "prepared", opcode: "text", data },
      { type: "bytes", opcode: "ping", data },
      { type: "bytes", opcode: "text", data: "a" },
    ];
    expect(others.filter(isMessageBytes)).toEqual([]);
  });

  test("[MS7] binary data is a copy, exactly as long as the message", () => {
    const chunk = Buffer.from("00ff0102", "hex");
    const message = readMessage("binary", chunk, 1, 3, ports);
    chunk.fill(0);
    expect(message).toEqual({ type: "message", opcode: "binary", data: bytesOf("ff01") });
  });
});

describe("in many pieces", () => {
  test("[MS1] fragments are joined in order, empty ones among them", () => {
    expect(assemble(true, ["48", "", "656c6c", "6f"])).toEqual({ type: "message", opcode: "text", data: "Hello" });
    expect(assemble(false, ["", "01", "0203", ""])).toEqual({
      type: "message",
      opcode: "binary",
      data: bytesOf("010203"),
    });
    expect(assemble(false, [""])).toEqual({ type: "message", opcode: "binary", data: new Uint8Array(0) });
  });

  test("[MS4] a text may cut a character between pieces, not at its end", () => {
    expect(assemble(true, ["e2", "82", "ac"])).toMatchObject({ data: "€" });
    expect(assemble(true, ["e2", "82"])).toBeUndefined();
    expect(assemble(false, ["e2", "82"])).toMatchObject({ data: bytesOf("e282") });
  });

  test("[MS9] as bytes it is told with its type, unless a text is cut at its end", () => {
    for (const [isText, hex, told] of [
      [true, "c3a4", { type: "bytes", opcode: "text", data: bytesOf("c3a4") }],
      [true, "c3", undefined],
      [false, "c3", { type: "bytes", opcode: "binary", data: bytesOf("c3") }],
    ] as const) {
      const message = new PartialMessage(isText, false, ports);
      message.append(bytesOf(hex), 0, hex.length / 2);
      expect(message.finishBytes()).toEqual(told);
    }
  });

  test("[MS3] a text fails with the piece that has the bad byte, a binary message never", () => {
    const text = new PartialMessage(true, false, ports);
    expect(text.append(bytesOf("61e2"), 0, 2)).toBe(true);
    expect(text.append(bytesOf("61"), 0, 1)).toBe(false);
    const binary = new PartialMessage(false, false, ports);
    expect(binary.append(bytesOf("ffff"), 0, 2)).toBe(true);
  });

  test("[LM2] frames are counted when they begin, bytes when they arrive", () => {
    const message = new PartialMessage(false, false, ports);
    message.beginFrame(3, false);
    expect(message).toMatchObject({ fragmentCount: 1, byteCount: 0 });
    message.append(bytesOf("0102"), 0, 2);
    message.append(bytesOf("03"), 0, 1);
    message.beginFrame(0, true);
    expect(message).toMatchObject({ fragmentCount: 2, byteCount: 3 });
  });

  test("[MS7] data whose length was known before is handed over without another copy, and owns its whole buffer", () => {
    const message = new PartialMessage(false, false, ports);
    message.beginFrame(5, true);
    message.append(bytesOf("0102"), 0, 2);
    message.append(bytesOf("03"), 0, 1);
    message.append(bytesOf("0405"), 0, 2);
    const event = message.finish();
    expect(event).toEqual({ type: "message", opcode: "binary", data: bytesOf("0102030405") });
    const joined = assemble(false, ["01", "02", "03"]);
    const endedLate = assemble(false, ["01", "02", "03", ""]);
    for (const one of [event, joined, endedLate]) {
      if (one?.opcode !== "binary") throw new Error("A binary message was expected");
      expect(one.data.buffer.byteLength).toBe(one.data.length);
    }
  });

  test("[PD9] the bytes of a compressed text are no text yet", () => {
    const message = new PartialMessage(true, true, ports);
    message.beginFrame(1, false);
    expect(message.append(bytesOf("ffff"), 0, 1)).toBe(true);
    expect(message).toMatchObject({ isText: true, isCompressed: true });
    expect(message.takeBytes()).toEqual(bytesOf("ff"));
  });
});
