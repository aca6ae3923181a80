import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bytesOf, connect, feed, hexOf, told } from "../../test/connection-setup.ts";
import { cuts } from "../testing/index.ts";
import type { Role } from "./connection-options.ts";
import { Connection } from "./connection.ts";
import type { InflateResult, MessageCodec } from "./deflate.ts";

describe("compressed messages", () => {
  /** What is compressed with no memory of earlier messages. */
  const codec: MessageCodec = {
    thresholdBytes: 10,
    deflate: (message) => deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4),
    deflatePieces: () => (piece, isFinal) => {
      const flushed = deflateRawSync(piece, { finishFlush: constants.Z_SYNC_FLUSH });
      return isFinal ? flushed.subarray(0, -4) : flushed;
    },
    inflate: (compressed, limitBytes) => {
      const data = inflateRawSync(Buffer.concat([compressed, bytesOf("0000ffff")]), {
        finishFlush: constants.Z_SYNC_FLUSH,
      });
      return data.length > limitBytes ? { type: "fault", fault: "tooBig" } : { type: "inflated", data };
    },
  };

  function connectWith(role: Role, result: InflateResult): Connection {
    return connect(role, { codec: { ...codec, inflate: () => result } });
  }

  test("[PD8] RFC 7692 §7.2.3.1: Hello in one frame and in two, in every cut", () => {
    for (const hex of [
      "c1 07 f248cdc9c90700",
      "41 03 f248cd 80 04 c9c90700",
      "41 00 89 00 00 03 f248cd 80 04 c9c90700",
    ]) {
      for (const { name, chunks } of cuts(bytesOf(hex))) {
        const client = connect("client", { codec });
        const { events } = feed(client, chunks);
        expect(events.at(-1), name).toEqual({ type: "message", opcode: "text", data: "Hello" });
        expect(client.state).toBe("open");
      }
    }
  });

  test("[PD8] a message that is not marked is taken as it is, before and after one that is", () => {
    const client = connect("client", { codec });
    const { events } = feed(client, [bytesOf("8101 61 c2 07 f248cdc9c90700 01 01 62 80 01 63")]);
    expect(events.map(told)).toEqual([{ text: "a" }, { binary: "48656c6c6f" }, { text: "bc" }]);
  });

  test("[PD7] RSV1 on a continuation, or where nothing was negotiated, is 1002", () => {
    const mid = feed(connect("client", { codec }), [bytesOf("41 03 f248cd c0 04 c9c90700")]);
    expect(mid.events.map(told)).toEqual([{ fail: 1002 }]);
    const without = feed(connect("client"), [bytesOf("c1 07 f248cdc9c90700")]);
    expect(without.events.map(told)).toEqual([{ fail: 1002 }]);
  });

  test.each([
    ["tooBig", 1009],
    ["corrupt", 1007],
    ["tooManyStreams", 1008],
    ["overloaded", 1013],
  ] as const)("[PD10] a message that is %s fails the connection with %i", (fault, code) => {
    const { events } = feed(connectWith("client", { type: "fault", fault }), [bytesOf("c1 01 00 8101 61")]);
    expect(events.map(told)).toEqual([{ fail: code }]);
  });

  test("[PD9] a text is checked after inflating: 1007", () => {
    const inflated = { type: "inflated", data: bytesOf("e282") } as const;
    const { events } = feed(connectWith("client", inflated), [bytesOf("c1 01 00")]);
    expect(events.map(told)).toEqual([{ fail: 1007 }]);
    expect(feed(connectWith("client", inflated), [bytesOf("c2 01 00")]).events.map(told)).toEqual([{ binary: "e282" }]);
  });

  test("[PD11] the limit holds for what is inflated, and, with room for what cannot be compressed, for the wire", () => {
    const limitsSeen: number[] = [];
    const inflate = (_bytes: Uint8Array, limitBytes: number): InflateResult => {
      limitsSeen.push(limitBytes);
      return { type: "inflated", data: bytesOf("61*8") };
    };
    const maxMessageBytes = 8; // on the wire: 8 + 1 + 64
    const client = connect("client", { maxMessageBytes, codec: { ...codec, inflate } });
    expect(feed(client, [bytesOf("c2 49 00*73 42 40 00*64 80 09 00*9")]).events).toHaveLength(2);
    expect(limitsSeen).toEqual([8, 8]);
    for (const hex of ["c2 4a", "42 40 00*64 80 0a", "82 09"]) {
      const tooBig = connect("client", { maxMessageBytes, codec });
      expect(feed(tooBig, [bytesOf(hex)]).events.map(told), hex).toEqual([{ fail: 1009 }]);
    }
  });

  test("[PD12] CVE-2018-1000518: a bomb within the limit on the wire stops at the limit", () => {
    const bomb = codec.deflate(new Uint8Array(2 ** 20)) as Uint8Array;
    const server = connect("server", { maxMessageBytes: 2 ** 20 - 1, codec });
    const client = connect("client", { codec: { ...codec, deflate: () => bomb } });
    server.receive(client.sendBinary(new Uint8Array(1), { compress: true }));
    expect(server.takeEvents().map(told)).toEqual([{ fail: 1009 }]);
  });

  test("[PD13] a long message is sent compressed, a short one is not, and each as it is asked for", () => {
    const server = connect("server", { codec });
    const long = "Hello".repeat(10);
    expect(server.sendText(long)[0]).toBe(0xc1);
    expect(server.sendBinary(new Uint8Array(10))[0]).toBe(0xc2);
    expect(server.sendText("Hello")[0]).toBe(0x81);
    expect(hexOf(server.sendText("Hello", { compress: true }))).toBe("c107f248cdc9c90700");
    expect(server.sendBinary(new Uint8Array(10), { compress: false })[0]).toBe(0x82);
    expect(connect("server").sendText(long, { compress: true })[0]).toBe(0x81);
    expect(server.sendFragment(long, false)[0]).toBe(0x01);
  });

  test("[PD23] fragments are compressed where the first is sent so: RSV1 on it alone, and the peer has one message", () => {
    for (const [from, to] of [
      ["server", "client"],
      ["client", "server"],
    ] as const) {
      const [sender, receiver] = [connect(from, { codec }), connect(to, { codec })];
      const frames = [
        sender.sendFragment("Gr\ud83d", false, { compress: true }),
        sender.sendFragment("\ude00", false),
        sender.sendPing(),
        sender.sendFragment("", true),
      ];
      expect(frames.map(([first]) => first)).toEqual([0x41, 0x00, 0x89, 0x80]);
      for (const frame of frames) receiver.receive(frame);
      expect(receiver.takeEvents().at(-1)).toEqual({ type: "message", opcode: "text", data: "Gr😀" });
      expect(sender.sendFragment(Uint8Array.of(1), true)[0]).toBe(0x82);
    }
    expect(connect("server").sendFragment("a", true, { compress: true })[0]).toBe(0x81);
  });

  test("[PD8] what a client sends compressed is masked, and read by a server", () => {
    const client = connect("client", { codec });
    const server = connect("server", { codec });
    server.receive(client.sendText("é".repeat(100)));
    expect(server.takeEvents()).toEqual([{ type: "message", opcode: "text", data: "é".repeat(100) }]);
  });
});
