/** The handshake's matrix of docs/guide/conformance.md, on a server and a client as they run. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import {
  accept,
  connect,
  type ConnectOptions,
  createWebSocketServer,
  type HandshakeError,
  type ServerOptions,
} from "../../src/engine/index.ts";
import { RawPeer, rawFrame, rawHandshake, sampleKey } from "../raw-peer.ts";
import { rawAccept, type RawAnswer, type RawServer, serveRaw } from "../raw-server.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Headers = Readonly<Record<string, string | undefined>>;

const echo: ServerOptions = { message: (socket, data) => void socket.send(data) };

describe.each(["its own port", "somebody's HTTP server"])("a server on %s", (place) => {
  async function listen(options: ServerOptions): Promise<number> {
    const server = createWebSocketServer({ ...echo, ...options });
    if (place === "its own port") {
      cleanups.push(() => server.close({ graceMs: 0 }));
      return (await server.listen({ port: 0, host: "127.0.0.1" })).port;
    }
    const http = createServer({ requireHostHeader: false }).listen(0, "127.0.0.1");
    await once(http, "listening");
    server.attach(http);
    cleanups.push(async () => {
      await server.close({ graceMs: 0 });
      http.closeAllConnections();
      http.close();
    });
    return (http.address() as AddressInfo).port;
  }

  async function ask(request: string | Buffer, options: ServerOptions = {}): Promise<{ head: string; peer: RawPeer }> {
    const peer = await RawPeer.connect(await listen(options));
    cleanups.push(() => peer.destroy());
    peer.write(request);
    return { head: await peer.readHead(), peer };
  }

  /** A head that names neither extension nor subprotocol. */
  const bare = /^(?!.*Sec-WebSocket-(?:Extensions|Protocol))/is;
  const offer = (value: string): Headers => ({ "Sec-WebSocket-Extensions": value });
  const deflating: ServerOptions = { compression: {} };

  test.each<readonly [rule: string, name: string, headers: Headers, options: ServerOptions, head: RegExp]>([
    ["HS8", "Connection as a list", { Connection: "keep-alive, Upgrade" }, {}, bare],
    ["HS8", "Upgrade as a list", { Upgrade: "h2c, websocket" }, {}, bare],
    ["HS8", "the tokens in any case", { Upgrade: "WebSocket", Connection: "upgrade" }, {}, bare],
    ["HS7", "a body of no bytes", { "Content-Length": "0" }, {}, bare],
    ["HS11", "an origin of its own", { Origin: "http://localhost" }, {}, bare],
    ["HS13", "an unknown extension", offer("x-deflate; a=1"), deflating, bare],
    ["PD3", "an unknown parameter", offer("permessage-deflate; x=1"), deflating, bare],
    ["HS13", "a malformed offer", offer("permessage-deflate; ="), deflating, bare],
    [
      "PD3",
      "an offer that cannot be taken before one that can",
      offer("permessage-deflate; server_max_window_bits=16, permessage-deflate; server_max_window_bits=10"),
      deflating,
      /\r\nSec-WebSocket-Extensions: permessage-deflate[^\r]*server_max_window_bits=10/,
    ],
    [
      "HS13",
      "a quoted value",
      offer('permessage-deflate; server_max_window_bits="1\\0"'),
      deflating,
      /server_max_window_bits=10/,
    ],
    [
      "HS12",
      "one subprotocol that both know",
      { "Sec-WebSocket-Protocol": "a, b" },
      { protocols: ["b"] },
      /\r\nSec-WebSocket-Protocol: b\r\n/,
    ],
  ])("[%s] takes %s, and the frame in the same packet", async (_rule, _name, headers, options, shape) => {
    const { head, peer } = await ask(
      Buffer.concat([Buffer.from(rawHandshake({ headers })), rawFrame(1, "early")]),
      options,
    );
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).toMatch(shape);
    expect(await peer.readText()).toBe("early");
  });

  test("[HS12] names no subprotocol where none is common to both, and none that only the client knows", async () => {
    for (const protocols of [undefined, ["c"]]) {
      const { head } = await ask(
        rawHandshake({ headers: { "Sec-WebSocket-Protocol": "a, b" } }),
        protocols === undefined ? {} : { protocols },
      );
      expect(head).toMatch(/^HTTP\/1\.1 101 /);
      expect(head).not.toContain("Sec-WebSocket-Protocol");
    }
  });

  test("[PD2] answers client_max_window_bits only where it was offered", async () => {
    const answers = ["permessage-deflate", "permessage-deflate; client_max_window_bits"].map(async (offer) => {
      const headers = { "Sec-WebSocket-Extensions": offer };
      return (await ask(rawHandshake({ headers }), { compression: { peerWindowBits: 10 } })).head;
    });
    const [without, within] = await Promise.all(answers);
    expect(without).toContain("\r\nSec-WebSocket-Extensions: permessage-deflate");
    expect(without).not.toContain("client_max_window_bits");
    expect(within).toContain("client_max_window_bits=10");
  });

  const twice = (name: string, value: string): string =>
    rawHandshake().replace("\r\n\r\n", `\r\n${name}: ${value}\r\n\r\n`);
  const posted = rawHandshake({ line: "POST / HTTP/1.1", headers: { "Content-Length": "0" } });
  const version = /\r\nSec-WebSocket-Version: 13\r\n/;

  test.each<readonly [rule: string, name: string, request: string, status: number, head: RegExp]>([
    ["HS4", "POST", posted, 405, /\r\nAllow: GET\r\n/],
    ["HS3", "HTTP/1.0", rawHandshake({ line: "GET / HTTP/1.0" }), 505, bare],
    ["HS6", "no Host", rawHandshake({ headers: { Host: undefined } }), 400, bare],
    ["HS6", "two Hosts", twice("Host", "localhost"), 400, bare],
    ["HS6", "a malformed Host", rawHandshake({ headers: { Host: "a b" } }), 400, bare],
    ["HS9", "version 14", rawHandshake({ headers: { "Sec-WebSocket-Version": "14" } }), 426, version],
    ["HS9", "version 8", rawHandshake({ headers: { "Sec-WebSocket-Version": "8" } }), 426, version],
    ["HS9", "no version", rawHandshake({ headers: { "Sec-WebSocket-Version": undefined } }), 426, version],
    ["HS9", "two versions", twice("Sec-WebSocket-Version", "13"), 400, bare],
    ["HS10", "no key", rawHandshake({ headers: { "Sec-WebSocket-Key": undefined } }), 400, bare],
    [
      "HS10",
      "a key of 15 bytes",
      rawHandshake({ headers: { "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAA" } }),
      400,
      bare,
    ],
    ["HS10", "tail bits", rawHandshake({ headers: { "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAB==" } }), 400, bare],
    ["HS10", "two keys", twice("Sec-WebSocket-Key", sampleKey), 400, bare],
    ["HS7", "a body", `${rawHandshake({ headers: { "Content-Length": "5" } })}\x81\x85abc`, 400, bare],
    [
      "HS7",
      "chunks",
      `${rawHandshake({ headers: { "Transfer-Encoding": "chunked" } })}5\r\nabcde\r\n0\r\n\r\n`,
      400,
      bare,
    ],
    ["HS12", "a subprotocol twice", rawHandshake({ headers: { "Sec-WebSocket-Protocol": "a, a" } }), 400, bare],
    ["HS11", "a foreign origin", rawHandshake({ headers: { Origin: "https://evil.example" } }), 403, bare],
    ["HS11", "the origin null", rawHandshake({ headers: { Origin: "null" } }), 403, bare],
    [
      "HS5",
      "another host's target (GHSA-c4j6-fc7j-m34r)",
      rawHandshake({ line: "GET http://evil.example/ HTTP/1.1" }),
      400,
      bare,
    ],
  ])("[%s, EN3] refuses %s with a whole answer, then ends", async (_rule, _name, request, status, shape) => {
    const { head, peer } = await ask(request + rawHandshake());
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toMatch(shape);
    expect(head).toMatch(/\r\nConnection: close(, Upgrade)?\r\n/);
    const body = await peer.readToEnd();
    expect(body.length).toBe(Number(/\r\nContent-Length: (\d+)\r\n/i.exec(head)?.[1]));
    expect(body.length).toBeGreaterThan(10); // and no second answer behind it
  });

  test("[EN7] CVE-2026-1527: a line end in what the application answers is a 500, and no header", async () => {
    const { head } = await ask(rawHandshake(), {
      upgrade: () => accept({ data: undefined, headers: { "X-Name": "a\r\nSet-Cookie: b" } }),
      error: () => {},
    });
    expect(head).toMatch(/^HTTP\/1\.1 500 /);
    expect(head).not.toContain("Set-Cookie");
  });
});

describe("a client", () => {
  async function serve(answer: RawAnswer): Promise<RawServer> {
    const server = await serveRaw(answer);
    cleanups.push(server.end);
    return server;
  }

  async function fail(url: string, options?: ConnectOptions): Promise<HandshakeError> {
    return connect(url, options).then(
      () => expect.unreachable("connected"),
      (error: HandshakeError) => error,
    );
  }

  const offering: ConnectOptions = { protocols: ["mine"], compression: { peerWindowBits: 12 } };

  test.each<readonly [rule: string, name: string, headers: Headers]>([
    ["HC4", "Upgrade in any case", { Upgrade: "WebSocket" }],
    ["HC5", "Connection as a list", { Connection: "keep-alive, upgrade" }],
    ["HC7", "the subprotocol it offered", { "Sec-WebSocket-Protocol": "mine" }],
    [
      "HC8",
      "the extension it offered",
      { "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=12" },
    ],
  ])("[%s] takes %s, and the frame in the same packet", async (_rule, _name, headers) => {
    const { url } = await serve((key, peer) => {
      peer.write(
        Buffer.concat([Buffer.from(rawAccept(key, headers)), rawFrame(1, "early", { maskingKey: undefined })]),
      );
    });
    const heard = await new Promise<unknown>((resolve, reject) => {
      connect(url, { ...offering, message: (_socket, data) => resolve(data) }).then(
        (socket) => cleanups.push(() => socket.terminate()),
        reject,
      );
    });
    expect(heard).toBe("early");
  });

  const bits = "; server_max_window_bits=12";
  const other = "AAAAAAAAAAAAAAAAAAAAAA==";
  const deflate = (parameters: string): Headers => ({ "Sec-WebSocket-Extensions": `permessage-deflate${parameters}` });

  test.each<readonly [rule: string, name: string, answer: (key: string) => string, status: number]>([
    ["HC3", "HTTP/1.0", (key) => rawAccept(key, {}, "HTTP/1.0 101 Switching Protocols"), 101],
    ["HC4", "no Upgrade", (key) => rawAccept(key, { Upgrade: undefined }), 101],
    ["HC5", "Connection: close", (key) => rawAccept(key, { Connection: "close" }), 101],
    ["HC6", "another key's Accept", () => rawAccept(other), 101],
    ["HC6", "no Accept", (key) => rawAccept(key, { "Sec-WebSocket-Accept": undefined }), 101],
    ["HC7", "a subprotocol in another case", (key) => rawAccept(key, { "Sec-WebSocket-Protocol": "Mine" }), 101],
    ["HC7", "two subprotocols", (key) => rawAccept(key, { "Sec-WebSocket-Protocol": ["mine", "mine"] }), 101],
    ["HC8", "an extension twice", (key) => rawAccept(key, deflate(`${bits}, permessage-deflate${bits}`)), 101],
    ["HC8", "another extension", (key) => rawAccept(key, { "Sec-WebSocket-Extensions": "x-deflate" }), 101],
    ["PD5", "a parameter twice", (key) => rawAccept(key, deflate(bits + bits)), 101],
    ["PD5", "an unknown parameter", (key) => rawAccept(key, deflate(`${bits}; x`)), 101],
    [
      "PD5",
      "a window of 16 bits (CVE-2026-2229)",
      (key) => rawAccept(key, deflate("; server_max_window_bits=16")),
      101,
    ],
    [
      "PD5",
      "a window of 1e1 bits (CVE-2026-2229)",
      (key) => rawAccept(key, deflate("; server_max_window_bits=1e1")),
      101,
    ],
    ["PD5", "a wider window than it asked for", (key) => rawAccept(key, deflate("; server_max_window_bits=13")), 101],
    ["HC12", "no HTTP", () => "SSH-2.0-OpenSSH_9.2\r\n\r\n", 0],
  ])("[%s, EN61] refuses %s, and the socket is gone", async (_rule, _name, answer, status) => {
    let left: Promise<string> | undefined;
    const { url } = await serve((key, peer) => {
      peer.write(answer(key));
      left = peer.readToEnd();
    });
    expect(await fail(url, offering)).toMatchObject({ code: "ERR_RESPONSE", status });
    expect(await left).toBe("");
  });

  test.each([200, 400, 401, 403, 407, 426, 503])(
    "[HC10, EN61] hands out the answer %d with its headers and the start of its body",
    async (status) => {
      const { url } = await serve((_key, peer) =>
        peer.write(`HTTP/1.1 ${status} No\r\nX-Why: this\r\nContent-Length: 70000\r\n\r\n${"x".repeat(70_000)}`),
      );
      const error = await fail(url);
      expect(error).toMatchObject({ code: "ERR_REFUSED", status });
      expect(error.headers).toContainEqual(["X-Why", "this"]);
      expect(error.body.length).toBe(65_536);
    },
  );

  test("[CN30] follows no redirect that it was not told to follow", async () => {
    const { url, heads } = await serve((_key, peer) =>
      peer.write("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"),
    );
    expect(await fail(url)).toMatchObject({ code: "ERR_REDIRECT", status: 302 });
    expect(heads.length).toBe(1);
  });

  test("[HC1] asks with a key of 16 bytes that no other attempt had", async () => {
    const { url, heads } = await serve((_key, peer) => peer.write("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"));
    for (let count = 0; count < 20; count++) await fail(url);
    const keys = heads.map((head) => /Sec-WebSocket-Key: (.*)\r\n/.exec(head)?.[1] ?? "");
    expect(keys.every((key) => Buffer.from(key, "base64").length === 16)).toBe(true);
    expect(new Set(keys).size).toBe(20);
  });

  test("[EN66] CVE-2026-1527 (undici): no header, subprotocol or origin of the caller's can end a line", async () => {
    const { url, heads } = await serve(() => {});
    const line = "a\r\nX-Smuggled: 1";
    for (const options of [
      { headers: { "X-A": line } },
      { headers: { [line]: "1" } },
      { protocols: [line] },
      { origin: line },
    ]) {
      await expect(connect(url, options)).rejects.toMatchObject({ name: "ProtocolError" });
    }
    expect(heads).toEqual([]);
  });
});
