import { afterEach, describe, expect, test } from "vitest";
import { createMaskingKey } from "../../src/engine/masking-keys.ts";
import { connect, createWebSocketServer, type ServerOptions } from "../../src/engine/index.ts";
import { Connection } from "../../src/protocol/index.ts";
import { RawPeer, rawFrame, rawHandshake } from "../raw-peer.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** An echo, and its port. */
async function listen(options: ServerOptions = {}): Promise<number> {
  const server = createWebSocketServer({ message: (socket, data) => void socket.send(data), ...options });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  cleanups.push(() => server.close({ graceMs: 0 }));
  return port;
}

async function open(port: number): Promise<RawPeer> {
  const peer = await RawPeer.open(port);
  cleanups.push(() => peer.destroy());
  return peer;
}

/** The code of the close frame that answers these bytes; and the server still serves others. */
async function closeCodeFor(bytes: Uint8Array, options: ServerOptions = {}): Promise<number> {
  const port = await listen(options);
  const peer = await open(port);
  peer.write(bytes);
  let frame = await peer.readFrame();
  while (frame.opcode !== 8) frame = await peer.readFrame();
  await expectAlive(port);
  return frame.payload.readUInt16BE();
}

async function expectAlive(port: number): Promise<void> {
  const other = await open(port);
  other.write(rawFrame(1, "alive"));
  expect(await other.readText()).toBe("alive");
}

/** The status that answers this request; and the server still serves others. */
async function statusFor(request: string): Promise<string> {
  const port = await listen();
  const peer = await RawPeer.connect(port);
  cleanups.push(() => peer.destroy());
  peer.write(request);
  const head = await peer.readHead();
  await expectAlive(port);
  return head.slice(9, 12);
}

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(" ", ""), "hex");

describe("against a running server", () => {
  test("[KA1] CVE-2026-48779 (ws): a message in more fragments than the limit is 1008, empty ones too", async () => {
    const flood = Buffer.concat([
      rawFrame(1, "", { isFinal: false }),
      ...Array.from({ length: 1024 }, () => rawFrame(0, "", { isFinal: false })),
    ]);
    expect(await closeCodeFor(flood)).toBe(1008);
  });

  test.each([
    ["2^63 - 1", "ff 7fffffffffffffff", 1009],
    ["2^53 + 1", "ff 0020000000000001", 1009],
    ["2^63", "ff 8000000000000000", 1002],
    ["2^64 - 1", "ff ffffffffffffffff", 1002],
  ])(
    "[KA2] CVE-2020-27813 (gorilla), CVE-2026-1528 (undici): a length of %s is refused by its header",
    async (_name, length, code) => {
      expect(await closeCodeFor(hex(`82 ${length} 00000000`))).toBe(code);
    },
  );

  test("[KA2] CVE-2020-27813 (gorilla), CVE-2026-12151 (undici): a sum over fragments that would overflow is refused", async () => {
    const first = rawFrame(2, "ab", { isFinal: false });
    expect(await closeCodeFor(Buffer.concat([first, hex("80 ff 7fffffffffffffff 00000000")]))).toBe(1009);
  });

  test("[KA3] CVE-2024-37890 (ws): more headers than Node keeps, with Upgrade behind them, are refused", async () => {
    const many = Array.from({ length: 2100 }, (_, number) => `x${number}: 1`).join("\r\n");
    const request = rawHandshake().replace("Upgrade: websocket\r\n", `${many}\r\nUpgrade: websocket\r\n`);
    expect(await statusFor(request)).toMatch(/^4/);
  });

  test("[KA3] CVE-2021-32640 (ws), CVE-2020-7662 (websocket-extensions): headers of spaces and open quotes are read in one pass", async () => {
    const spaces = { "Sec-WebSocket-Protocol": `a${" ".repeat(12_000)}b` };
    expect(await statusFor(rawHandshake({ headers: spaces }))).toBe("400");
    const quotes = { "Sec-WebSocket-Extensions": `a; b="${'\\"'.repeat(6000)}` };
    expect(await statusFor(rawHandshake({ headers: quotes }))).toBe("101");
  });

  test("[KA3] ws 3.3.1: extensions and parameters named like Object.prototype's are names like any other", async () => {
    const value =
      'constructor; __proto__; toString="x", x; y=",permessage-deflate", permessage-deflate; hasOwnProperty';
    expect(await statusFor(rawHandshake({ headers: { "Sec-WebSocket-Extensions": value } }))).toBe("101");
  });

  test("[KA3] Granian's abort: a subprotocol beyond ASCII is refused", async () => {
    expect(await statusFor(rawHandshake({ headers: { "Sec-WebSocket-Protocol": "caf\u00e9" } }))).toBe("400");
  });

  test("[KA3] CVE-2018-12541 (Vert.x): a request with a body is refused, however large it says it is", async () => {
    expect(await statusFor(rawHandshake({ headers: { "Content-Length": "1000000000" } }))).toBe("400");
    expect(await statusFor(rawHandshake({ headers: { "Transfer-Encoding": "chunked" } }))).toBe("400");
  });

  test("[KA4] uWebSockets#691: an unmasked frame is refused after two bytes, before its payload is taken for a key", async () => {
    expect(await closeCodeFor(hex("81 05"))).toBe(1002);
  });

  test("[KA4] CVE-2026-54466 (faye): a draft-76 frame is no frame", async () => {
    expect(await closeCodeFor(hex("00 ffffffff ff"))).toBe(1002);
    expect(await closeCodeFor(hex("80 ffffffffffffffffff 7f"))).toBe(1002);
  });

  test("[KA5] coder 129d303: pongs that nobody asked for, and the same one again, do no harm", async () => {
    const port = await listen();
    const peer = await open(port);
    peer.write(Buffer.concat([...Array.from({ length: 5000 }, () => rawFrame(10, "same")), rawFrame(1, "on")]));
    expect(await peer.readText()).toBe("on");
  });

  test("[KA5] a flood of pings is answered within a bound, and ended with 1008", async () => {
    const flood = Buffer.concat(Array.from({ length: 20_000 }, () => rawFrame(9)));
    expect(await closeCodeFor(flood)).toBe(1008);
  });

  test("[KA6] bytes behind a refused upgrade are never read as another request", async () => {
    const port = await listen();
    const peer = await RawPeer.connect(port);
    cleanups.push(() => peer.destroy());
    peer.write(rawHandshake({ headers: { "Sec-WebSocket-Key": "bad" } }) + rawHandshake());
    const answer = await peer.readToEnd();
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  test("[KA6] cross-site hijacking: another origin, null among them, is refused unless it is allowed", async () => {
    for (const origin of ["http://evil.example", "null", "http://localhost.evil.example"]) {
      expect(await statusFor(rawHandshake({ headers: { Origin: origin } }))).toBe("403");
    }
    expect(await statusFor(rawHandshake({ headers: { Origin: "http://localhost" } }))).toBe("101");
  });
});

describe("a client", () => {
  /** What a client does with these frames of a server. */
  function receive(bytes: Uint8Array, options: { readonly maxFragmentCount?: number } = {}) {
    const client = new Connection({ role: "client", createMaskingKey: () => 0, ...options });
    client.receive(bytes);
    return client.takeEvents();
  }

  test("[KA1] CVE-2026-12151 (undici): a message in more fragments than the limit is 1008", () => {
    const flood = Buffer.concat([hex("0100"), ...Array.from({ length: 1024 }, () => hex("0000"))]);
    expect(receive(flood)).toMatchObject([{ type: "fail", code: 1008 }]);
  });

  test("[KA2] CVE-2026-1528 (undici): a length that no integer holds fails the connection and throws nothing", () => {
    expect(receive(hex("827f 7fffffffffffffff"))).toMatchObject([{ type: "fail", code: 1009 }]);
    expect(receive(hex("827f ffffffffffffffff"))).toMatchObject([{ type: "fail", code: 1002 }]);
  });

  test("[KA7] CVE-2016-10518 (ws): numbers and arrays are no payload, so no uninitialised memory is sent", async () => {
    const client = await connect(`ws://127.0.0.1:${await listen()}/`);
    for (const wrong of [100, [1, 2], { length: 100 }, new Float32Array(4), undefined, null]) {
      expect(() => client.send(wrong as never)).toThrow(/string|Uint8Array|payload/i);
    }
    client.terminate();
  });

  test("[KA7] CVE-2026-45736 (ws): a close reason that is no string is refused, and nothing is sent", async () => {
    const client = await connect(`ws://127.0.0.1:${await listen()}/`);
    expect(() => client.close(1000, new Float32Array(20) as never)).toThrow(
      "Cannot send Float32Array as text: give a string",
    );
    expect(client.state).toBe("open");
    client.terminate();
  });

  test("[KA8] CWE-338: of a thousand masking keys no two are the same", () => {
    const client = new Connection({ role: "client", createMaskingKey });
    const keys = Array.from({ length: 1000 }, () => Buffer.from(client.sendText("x").subarray(2, 6)).toString("hex"));
    expect(new Set(keys).size).toBe(1000);
  });
});
