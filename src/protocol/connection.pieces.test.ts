import { describe, expect, test } from "vitest";
import { bytesOf, connect, told } from "../../test/connection-setup.ts";
import type { MessageCodec } from "./deflate.ts";

describe("in pieces", () => {
  const options = { tellsPieces: true } as const;

  function piece(
    opcode: "text" | "binary",
    data: string | Uint8Array,
    ends: "first" | "last" | "both" | "none",
  ): unknown {
    const isFirst = ends === "first" || ends === "both";
    const isLast = ends === "last" || ends === "both";
    return { type: "piece", opcode, data, isCompressed: false, isFirst, isLast };
  }

  test("[ST1] every chunk of a message is told when it comes, within a frame and across frames", () => {
    const [server, client] = [connect("server", options), connect("client")];
    const frames = [client.sendFragment(Uint8Array.of(1, 2, 3, 4), false), client.sendFragment(Uint8Array.of(5), true)];
    const [first, second] = frames as [Uint8Array, Uint8Array];
    server.receive(first.subarray(0, 8));
    expect(server.takeEvents()).toEqual([piece("binary", Uint8Array.of(1, 2), "first")]);
    expect(server.isMidMessage).toBe(true);
    server.receive(first.subarray(8));
    server.receive(client.sendPing(Uint8Array.of(7)));
    server.receive(second);
    expect(server.takeEvents()).toEqual([
      piece("binary", Uint8Array.of(3, 4), "none"),
      { type: "ping", data: Uint8Array.of(7) },
      piece("binary", Uint8Array.of(5), "last"),
    ]);
    expect(server.isMidMessage).toBe(false);
    server.receive(client.sendText("whole"));
    expect(server.takeEvents()).toEqual([piece("text", "whole", "both")]);
  });

  test("[ST1] fragments of two messages still must not mix", () => {
    const server = connect("server", options);
    server.receive(connect("client").sendFragment("a", false));
    server.receive(connect("client").sendText("b"));
    expect(server.takeEvents().map((event) => event.type)).toEqual(["piece", "fail"]);
  });

  test("[ST2] a text that is not UTF-8 is 1007 at its first wrong byte, in mid-frame", () => {
    const server = connect("server", options);
    server.receive(bytesOf("81 88 00000000 61 62 ff"));
    expect(server.takeEvents().map(told)).toEqual([{ fail: 1007 }]);
  });

  test("[ST3] a compressed message is told as it came, and may have an eighth and 64 bytes more", () => {
    const unreachable = (): never => expect.unreachable();
    const codec: MessageCodec = {
      thresholdBytes: 0,
      deflate: unreachable,
      deflatePieces: unreachable,
      inflate: unreachable,
    };
    const server = connect("server", { ...options, codec, maxMessageBytes: 8 });
    server.receive(bytesOf("41 81 00000000 ff"));
    server.receive(bytesOf("80 81 00000000 fe"));
    expect(server.takeEvents()).toEqual([
      { type: "piece", opcode: "text", data: Uint8Array.of(0xff), isCompressed: true, isFirst: true, isLast: false },
      { type: "piece", opcode: "text", data: Uint8Array.of(0xfe), isCompressed: true, isFirst: false, isLast: true },
    ]);
    server.receive(bytesOf("41 81 00000000 ff"));
    server.receive(bytesOf("80 c8 00000000"));
    server.receive(new Uint8Array(72));
    expect(server.takeEvents().map((event) => event.type)).toEqual(["piece", "piece"]);
    server.receive(bytesOf("41 81 00000000 ff"));
    server.receive(bytesOf("80 c9 00000000"));
    expect(server.takeEvents().map((event) => event.type)).toEqual(["piece", "fail"]);
  });

  test("[ST4] all pieces of a message together have a limit, judged by the header; their number has none", () => {
    const server = connect("server", { ...options, maxMessageBytes: 2 ** 33, maxFragmentCount: 1 });
    const client = connect("client");
    for (let count = 0; count < 2000; count++) server.receive(client.sendFragment(Uint8Array.of(1), false));
    expect(server.takeEvents()).toHaveLength(2000);
    // 2^33 - 2000 more bytes: exactly at the limit.
    server.receive(bytesOf("80 ff 00000001fffff830 00000000"));
    expect(server.state).toBe("open");
    const strict = connect("server", { ...options, maxMessageBytes: 2 ** 33 });
    strict.receive(bytesOf("82 ff 0000000200000001 00000000"));
    expect(strict.takeEvents().map(told)).toEqual([{ fail: 1009 }]);
  });
});
