import { describe, expect, test } from "vitest";
import { bytesOf, connect, expectRefused, hexOf } from "../../test/connection-setup.ts";
import { Connection } from "./connection.ts";

describe("sending", () => {
  test("[FR9] a server does not mask, and never asks for a key", () => {
    const server = new Connection({
      role: "server",
      createMaskingKey: () => {
        throw new Error("A server must not mask");
      },
    });
    expect(hexOf(server.sendText("Hello"))).toBe("810548656c6c6f");
    expect(hexOf(server.sendBinary(bytesOf("00ff")))).toBe("820200ff");
    expect(hexOf(server.sendPing())).toBe("8900");
    expect(hexOf(server.sendPong(bytesOf("61")))).toBe("8a0161");
    expect(hexOf(server.sendClose())).toBe("8800");
  });

  test("[FR9] a client masks each frame with a key of its own, and leaves the caller's bytes as they are", () => {
    const keys = [0x37fa213d, 0x00000001, 0xffffffff];
    const client = connect("client", { createMaskingKey: () => keys.shift() ?? 0 });
    const data = bytesOf("00ff");
    expect(hexOf(client.sendText("Hello"))).toBe("818537fa213d7f9f4d5158");
    expect(hexOf(client.sendBinary(data))).toBe("82820000000100ff");
    expect(hexOf(client.sendBinary(data))).toBe("8282ffffffffff00");
    expect(hexOf(data)).toBe("00ff");
    expect(keys).toEqual([]);
  });

  test("[MS5] a lone surrogate is sent as U+FFFD, as a browser does", () => {
    expect(hexOf(connect("server").sendText("a\ud800b"))).toBe("810561efbfbd62");
  });

  test("[MS6] a message may be sent in pieces, control frames between them", () => {
    const server = connect("server");
    const frames = [server.sendFragment("Hel", false), server.sendPing(), server.sendFragment("lo", true)];
    expect(frames.map(hexOf)).toEqual(["010348656c", "8900", "80026c6f"]);
    const bytes = [bytesOf("01"), bytesOf("02"), bytesOf("")];
    expect(bytes.map((piece, index) => hexOf(server.sendFragment(piece, index === 2)))).toEqual([
      "020101",
      "000102",
      "8000",
    ]);
    expect(hexOf(server.sendFragment("alone", true))).toBe("8105616c6f6e65");
  });

  test("[MS6] a surrogate pair may be cut by two pieces; half a pair at the end is U+FFFD", () => {
    const server = connect("server");
    const pieces = [
      server.sendFragment("a\ud83d", false),
      server.sendFragment("", false),
      server.sendFragment("\ude00", true),
    ];
    expect(pieces.map(hexOf)).toEqual(["010161", "0000", "8004f09f9880"]);
    expect([server.sendFragment("\ud83d", false), server.sendFragment("", true)].map(hexOf)).toEqual([
      "0100",
      "8003efbfbd",
    ]);
    expect(hexOf(server.sendFragment("\ude00\ud83d", true))).toBe("8106efbfbdefbfbd");
  });

  test("[MS6] no message begins, and no kind changes, before the last piece", () => {
    const server = connect("server");
    server.sendFragment("a", false);
    const code = "ERR_MESSAGE_UNFINISHED";
    expectRefused(() => server.sendText("b"), code);
    expectRefused(() => server.sendBinary(bytesOf("62")), code);
    expectRefused(() => server.sendFragment(bytesOf("62"), true), "ERR_PAYLOAD_TYPE");
    server.sendFragment("", true);
    expect(hexOf(server.sendText("b"))).toBe("810162");
  });

  test("[CL8] nothing is sent after the close frame", () => {
    const make = [() => connect("server"), () => connect("client")];
    const sends = [
      (connection: Connection) => connection.sendText(""),
      (connection: Connection) => connection.sendBinary(bytesOf("")),
      (connection: Connection) => connection.sendFragment("", true),
      (connection: Connection) => connection.sendPing(),
      (connection: Connection) => connection.sendPong(),
      (connection: Connection) => connection.sendClose(),
    ];
    for (const connection of make.map((one) => one())) {
      connection.sendClose();
      for (const send of sends) {
        expectRefused(() => send(connection), "ERR_NOT_OPEN");
      }
    }
  });

  test("[CL8] a close frame that may not be sent leaves the connection open", () => {
    const server = connect("server");
    expectRefused(() => server.sendClose(1005), "ERR_CLOSE_CODE");
    expectRefused(() => server.sendClose(1000, "r".repeat(124)), "ERR_CLOSE_REASON");
    expect(server.state).toBe("open");
  });

  test("[FR13] a control frame of 125 bytes is sent, one of 126 is refused", () => {
    const server = connect("server");
    expect(server.sendPing(new Uint8Array(125))).toHaveLength(127);
    expectRefused(() => server.sendPing(new Uint8Array(126)), "ERR_CONTROL_TOO_BIG");
    expectRefused(() => server.sendPong(new Uint8Array(126)), "ERR_CONTROL_TOO_BIG");
  });

  test("[FR13] CVE-2026-45736: what is neither text nor bytes is refused, by every send", () => {
    const server = connect("server");
    const memory = new ArrayBuffer(8);
    const wrong = [
      8,
      "8",
      [1],
      {},
      null,
      memory,
      new SharedArrayBuffer(8),
      new DataView(memory),
      new Float32Array(2),
      new Uint16Array(4),
    ];
    for (const value of wrong as never[]) {
      const sends = [() => server.sendBinary(value), () => server.sendPing(value), () => server.sendPong(value)];
      if (typeof value !== "string") {
        sends.push(
          () => server.sendText(value),
          () => server.sendFragment(value, true),
          () => server.sendClose(1000, value),
        );
      }
      for (const send of sends) expectRefused(send, "ERR_PAYLOAD_TYPE");
    }
    expect(server.state).toBe("open");
  });

  test("[FR13] bytes of shared memory are copied like others", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(7);
    expect(hexOf(connect("server").sendBinary(shared))).toBe("82020707");
  });
});
