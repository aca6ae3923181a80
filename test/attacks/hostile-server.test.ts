/** Known attacks, by a server on a client as it runs; each time another connection of the same process goes on. */
import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import {
  type CloseInfo,
  connect,
  type ConnectOptions,
  createWebSocketServer,
  type HandshakeError,
  TimerWheel,
} from "../../src/engine/index.ts";
import { FakeWheelClock } from "../fake-wheel-clock.ts";
import { RawPeer, rawFrame } from "../raw-peer.ts";
import { rawAccept, type RawAnswer, type RawServer, serveRaw } from "../raw-server.ts";

const [key, cert] = ["key", "cert"].map((name) =>
  readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url)),
);
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(answer: RawAnswer): Promise<RawServer> {
  const server = await serveRaw(answer);
  cleanups.push(server.end);
  return server;
}

const unmasked = { maskingKey: undefined };
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(" ", ""), "hex");

/** How a client ends that is sent these bytes behind the 101, and what its close frame said; others are served on. */
async function endOf(
  bytes: Uint8Array,
  options: ConnectOptions & { readonly extensions?: string } = {},
): Promise<{ readonly info: CloseInfo; readonly code: number; readonly frames: number }> {
  let peer: RawPeer | undefined;
  const server = await serve((given, answered) => {
    peer = answered;
    answered.write(
      Buffer.concat([Buffer.from(rawAccept(given, { "Sec-WebSocket-Extensions": options.extensions })), bytes]),
    );
  });
  const other = await serve((given, answered) => {
    answered.write(rawAccept(given));
    void answered.readText().then((text) => answered.write(rawFrame(1, text, unmasked)));
  });
  let hear: (data: unknown) => void = () => {};
  const heard = new Promise<unknown>((resolve) => {
    hear = resolve;
  });
  const bystander = await connect(other.url, { message: (_socket, data) => hear(data) });
  cleanups.push(() => bystander.terminate());
  const ended = new Promise<CloseInfo>((resolve, reject) => {
    connect(server.url, { ...options, close: (_socket, info) => resolve(info) }).catch(reject);
  });
  const closeFrame = (async () => {
    while (peer === undefined) await new Promise((resolve) => setImmediate(resolve));
    for (let frames = 0; ; frames++) {
      const frame = await peer.readFrame();
      expect(frame.isMasked).toBe(true);
      if (frame.opcode !== 8) continue;
      peer.socket.end();
      return { code: frame.payload.readUInt16BE(), frames };
    }
  })();
  const [info, { code, frames }] = await Promise.all([ended, closeFrame]);
  bystander.send("alive");
  expect(await heard).toBe("alive");
  return { info, code, frames };
}

async function fail(url: string, options?: ConnectOptions): Promise<HandshakeError> {
  return connect(url, options).then(
    () => expect.unreachable("connected"),
    (error: HandshakeError) => error,
  );
}

test("[KA1] CVE-2026-12151 (undici): a message in more fragments than the limit ends a client with 1008", async () => {
  const flood = Buffer.concat([hex("0100"), ...Array.from({ length: 1024 }, () => hex("0000"))]);
  expect(await endOf(flood)).toMatchObject({ code: 1008, info: { code: 1008, by: "us" } });
});

test.each([
  ["2^53 + 1", "82 7f 0020000000000001", 1009],
  ["2^63 - 1", "82 7f 7fffffffffffffff", 1009],
  ["2^64 - 1", "82 7f ffffffffffffffff", 1002],
  ["a sum of 2^63 + 1", "02 02 6162 80 7f 7fffffffffffffff", 1009],
])("[KA2] CVE-2026-1528 (undici): a length of %s ends a client by its header", async (_name, bytes, code) => {
  expect(await endOf(hex(bytes))).toMatchObject({ code, info: { code, by: "us" } });
});

test("[KA2] CVE-2016-10542 (ws), CVE-2020-27813 (gorilla): a message above the default limit is refused by its header", async () => {
  expect(await endOf(hex("82 7f 0000000000100001"))).toMatchObject({ code: 1009 });
});

test.each([
  ["a masked frame", "81 85"],
  ["a reserved bit", "c1 00"],
  ["a reserved opcode", "83 00"],
  ["a length that has a shorter form", "82 7e 007d"],
  ["a ping in fragments", "09 00"],
  ["a ping of 126 bytes", "89 7e 007e"],
  ["a continuation of nothing", "80 00"],
  ["a close code that nobody may send", "88 02 03ee"],
])("[KA4] uWebSockets#691: %s ends a client with 1002", async (_name, bytes) => {
  expect(await endOf(hex(bytes))).toMatchObject({ code: 1002, info: { code: 1002 } });
});

test("[KA5] coder 129d303: pongs without end do a client no harm; pings without end are answered within a bound, then 1008", async () => {
  const pongs = Array.from({ length: 5000 }, () => rawFrame(10, "same", unmasked));
  const pings = Array.from({ length: 20_000 }, () => rawFrame(9, "", unmasked));
  const { code, frames } = await endOf(Buffer.concat([...pongs, ...pings]));
  expect(code).toBe(1008);
  expect(frames).toBeLessThan(1000);
});

test("[KA9] CVE-2026-1526 (undici), CVE-2018-1000518 (websockets): what inflates to more than the limit ends a client with 1009", async () => {
  const bomb = deflateRawSync(Buffer.alloc(64 * 2 ** 20), { finishFlush: 2 }).subarray(0, -4);
  const options = { compression: {}, extensions: "permessage-deflate" };
  const compressed = rawFrame(2, bomb, unmasked);
  compressed[0] = 0xc2;
  expect(await endOf(compressed, options)).toMatchObject({ code: 1009 });
  const first = rawFrame(2, bomb.subarray(0, 1000), { ...unmasked, isFinal: false });
  first[0] = 0x42;
  const rest = rawFrame(0, bomb.subarray(1000), unmasked);
  expect(await endOf(Buffer.concat([first, rest]), options)).toMatchObject({ code: 1009 });
});

test("[KA3] CVE-2023-43669 (tungstenite): a head of any length and any number of lines is given up at the limit", async () => {
  const heads: readonly ((given: string) => string)[] = [
    (given) => rawAccept(given, { "X-Long": "x".repeat(20_000) }),
    (given) => rawAccept(given, { "X-Many": Array.from({ length: 200 }, () => "1") }),
    () => "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(2000),
    (given) => rawAccept(given, { "Sec-WebSocket-Protocol": `${" ".repeat(16_000)},a` }),
  ];
  for (const head of heads) {
    const { url } = await serve((given, peer) => peer.write(head(given)));
    expect((await fail(url, { protocols: ["a"] })).code).toBe("ERR_RESPONSE");
  }
});

test("[KA3] ws#1235: an extension or a parameter named like Object.prototype's is one that was not offered", async () => {
  for (const extension of ["constructor", "__proto__", "permessage-deflate; toString", 'x; y=",permessage-deflate"']) {
    const { url } = await serve((given, peer) =>
      peer.write(rawAccept(given, { "Sec-WebSocket-Extensions": extension })),
    );
    expect((await fail(url, { compression: {} })).code).toBe("ERR_RESPONSE");
  }
});

test("[KA10] an answer that comes a byte at a time is waited for until the deadline, and no longer", async () => {
  const clock = new FakeWheelClock();
  const asked: RawPeer[] = [];
  const { url } = await serve((_given, peer) => {
    asked.push(peer);
    peer.write("HTTP/1.1 101 S");
  });
  const failing = fail(url, { timers: new TimerWheel({ clock }), handshakeTimeoutMs: 5_000 });
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(4_000);
  asked[0]?.write("w");
  clock.advance(1_200);
  expect((await failing).code).toBe("ERR_TIMEOUT");
  expect(await asked[0]?.readToEnd()).toBe("");
});

test("[KA11] ws 6946f5fe, d68ba9e1, bc8bd34e; websockets 16.1: a redirect takes no credentials along to another server", async () => {
  const thief = await serve((given, peer) => peer.write(rawAccept(given)));
  const { url } = await serve((_given, peer) =>
    peer.write(`HTTP/1.1 307 Go\r\nLocation: ${thief.url}\r\nContent-Length: 0\r\n\r\n`),
  );
  const headers = { Authorization: "Bearer secret", Cookie: "id=secret", "X-Api-Key": "secret" };
  expect((await fail(url, { headers })).code).toBe("ERR_REDIRECT");
  const socket = await connect(url, { headers, maxRedirects: 1 });
  cleanups.push(() => socket.terminate());
  expect(thief.heads).toHaveLength(1);
  expect(thief.heads[0]).not.toContain("secret");
});

test("[KA12] CVE-2020-15133 (faye): a certificate for another name is refused, though its authority is known", async () => {
  const server = createWebSocketServer();
  const { port } = await server.listen({ port: 0, tls: { key: key!, cert: cert! } });
  cleanups.push(() => server.close({ graceMs: 0 }));
  const url = `wss://127.0.0.1:${port}`;
  const error = await fail(url, { tls: { ca: cert!, servername: "bank.example" } });
  expect([error.code, (error.cause as NodeJS.ErrnoException).code]).toEqual([
    "ERR_NETWORK",
    "ERR_TLS_CERT_ALTNAME_INVALID",
  ]);
  const socket = await connect(url, { tls: { ca: cert! } });
  expect(socket.state).toBe("open");
  socket.terminate();
});
