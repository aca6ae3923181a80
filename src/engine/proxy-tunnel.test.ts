import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import { connect, type ConnectOptions, createWebSocketServer, type HandshakeError, TimerWheel } from "./index.ts";

const [key, cert] = ["key", "cert"].map((name) =>
  readFileSync(new URL(`../../test/fixtures/tls/${name}.pem`, import.meta.url)),
);
const tls = { key: key!, cert: cert! };
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(isSecure: boolean, seen: (string | undefined)[] = []): Promise<string> {
  const server = createWebSocketServer({
    upgrade(request) {
      seen.push(request.headers["proxy-authorization"], request.headers["authorization"]);
      return { type: "accept", data: undefined, headers: [], protocol: undefined };
    },
    message: (socket, data) => void socket.send(data),
  });
  cleanups.push(() => server.close({ graceMs: 1 }));
  return (await server.listen({ port: 0, ...(isSecure ? { tls } : {}) })).url;
}

interface RunningProxy {
  readonly url: string;
  /** The head of each CONNECT, and the first bytes that went through. */
  readonly asked: { readonly target: string; readonly authorization: string | undefined }[];
  readonly firstBytes: Buffer[];
}

async function runProxy(http: Server): Promise<RunningProxy> {
  const asked: RunningProxy["asked"] = [];
  const firstBytes: Buffer[] = [];
  http.on("connect", (request: IncomingMessage, socket: Duplex) => {
    asked.push({ target: request.url ?? "", authorization: request.headers["proxy-authorization"] });
    const [host = "", port] = (request.url ?? "").split(/:(?=\d+$)/);
    const server = connectTcp({ host, port: Number(port) }, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.once("data", (chunk: Buffer) => firstBytes.push(chunk));
      socket.pipe(server).pipe(socket);
    });
    for (const end of [socket, server]) end.on("error", () => {});
    cleanups.push(() => (socket.destroy(), server.destroy()));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(() => void http.close());
  return { url: `127.0.0.1:${(http.address() as AddressInfo).port}`, asked, firstBytes };
}

async function echoThrough(url: string, options: ConnectOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connect(url, { ...options, message: (_socket, data) => resolve(data) }).then((socket) => {
      cleanups.push(() => socket.terminate());
      socket.send("through");
    }, reject);
  });
}

async function fail(url: string, options: ConnectOptions): Promise<HandshakeError> {
  return connect(url, options).then(
    () => expect.unreachable("connected"),
    (error: HandshakeError) => error,
  );
}

test("[CN20] ws: goes through a tunnel, and the proxy's credentials go to the proxy alone", async () => {
  const seen: (string | undefined)[] = [];
  const url = await serve(false, seen);
  const proxy = await runProxy(createHttpServer());
  expect(await echoThrough(url, { proxy: `http://us%40er:pass@${proxy.url}`, headers: { Authorization: "A" } })).toBe(
    "through",
  );
  const authorization = `Basic ${Buffer.from("us@er:pass").toString("base64")}`;
  expect(proxy.asked).toEqual([{ target: new URL(url).host, authorization }]);
  expect(seen).toEqual([undefined, "A"]);
});

test("[CN20] any 2xx of the proxy opens the tunnel; credentials may be escaped in its URL", async () => {
  let authorization: string | undefined;
  const proxy = createHttpServer();
  proxy.on("connect", (request: IncomingMessage, socket: Duplex) => {
    authorization = request.headers["proxy-authorization"];
    const server = connectTcp(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 299 Why not\r\n\r\n");
      socket.pipe(server).pipe(socket);
    });
    for (const end of [socket, server]) end.on("error", () => {});
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  cleanups.push(() => void proxy.close());
  const host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  expect(await echoThrough(await serve(false), { proxy: `http://a%40b:c%3Ad@${host}` })).toBe("through");
  expect(authorization).toBe(`Basic ${Buffer.from("a@b:c:d").toString("base64")}`);
});

test("[CN20] a name without a port is asked for with one, and an address of IPv6 in brackets", async () => {
  const http = createHttpServer();
  const targets: string[] = [];
  http.on("connect", (request: IncomingMessage, socket: Duplex) => {
    targets.push(request.url ?? "");
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(() => http.close());
  const proxy = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  for (const url of ["ws://server.example/", "wss://server.example/", "ws://[::1]:81/"]) await fail(url, { proxy });
  expect(targets).toEqual(["server.example:80", "server.example:443", "[::1]:81"]);
});

test("[CN21] wss: runs TLS inside the tunnel", async () => {
  const proxy = await runProxy(createHttpServer());
  const url = (await serve(true)).replace("127.0.0.1", "localhost");
  expect(await echoThrough(url, { proxy: `http://${proxy.url}`, tls: { ca: tls.cert } })).toBe("through");
  expect(proxy.firstBytes[0]?.[0]).toBe(22); // a TLS handshake record
  expect((await fail(url, { proxy: `http://${proxy.url}` })).code).toBe("ERR_NETWORK"); // nobody vouches for the certificate
});

test("[CN21] a proxy of https: has its own TLS, outside", async () => {
  const proxy = await runProxy(createHttpsServer(tls));
  const options = { proxy: `https://${proxy.url}`, proxyTls: { ca: tls.cert } };
  expect(await echoThrough(await serve(false), options)).toBe("through");
  expect(await echoThrough(await serve(true), { ...options, tls: { ca: tls.cert } })).toBe("through");
  const error = await fail(await serve(false), { ...options, proxyTls: {} });
  expect([error.code, (error.cause as NodeJS.ErrnoException).code]).toEqual([
    "ERR_PROXY",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
  ]);
});

/** A proxy of bare bytes. */
async function runRawProxy(
  answer: (socket: Socket) => void,
): Promise<{ readonly host: string; readonly ended: Promise<unknown> }> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  const ended = once(server, "connection").then(([socket]) => once(socket as Socket, "close"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, ended };
}

const refusals: readonly (readonly [name: string, answer: (socket: Socket) => void, status: number, reason: RegExp])[] =
  [
    [
      "407",
      (socket) =>
        socket.write("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\nSign in"),
      407,
      /answered 407 to CONNECT server\.example:80/,
    ],
    ["101", (socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"), 101, /answered 101/],
    ["no HTTP", (socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n\r\n"), 0, /gave no answer in HTTP/],
    [
      "a head of more than 16 KiB",
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(16 * 1024)}`),
      0,
      /a head of more than 16384 bytes/,
    ],
    ["an early end", (socket) => socket.end("HTTP/1.1 20"), 0, /ended the connection/],
    ["a reset", (socket) => socket.resetAndDestroy(), 0, /cannot be reached/],
  ];
for (const [name, answer, status, reason] of refusals) {
  test(`[CN22] ${name} of the proxy rejects with ERR_PROXY, which names the proxy without its credentials`, async () => {
    const proxy = await runRawProxy(answer);
    const error = await fail("ws://server.example/", { proxy: `http://user:secret@${proxy.host}` });
    expect([error.code, error.status]).toEqual(["ERR_PROXY", status]);
    expect(error.message).toContain(`Cannot connect: proxy http://${proxy.host} `);
    expect(error.message).toMatch(reason);
    expect(error.message).not.toContain("secret");
    await proxy.ended;
  });
}

test("[CN22] the proxy's answer is handed on: headers, and as much of the body as came with them", async () => {
  const answer = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\nSign in";
  const proxy = await runRawProxy((socket) => socket.write(answer));
  const error = await fail("ws://server.example/", { proxy: `http://${proxy.host}` });
  expect(error.headers).toEqual([["Proxy-Authenticate", "Basic"]]);
  expect(Buffer.from(error.body).toString()).toBe("Sign in");
});

test("[CN22] a proxy that is not there is named too", async () => {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const error = await fail("ws://server.example/", { proxy: `http://127.0.0.1:${port}` });
  expect(error.code).toBe("ERR_PROXY");
  expect(error.message).toMatch(new RegExp(`proxy http://127.0.0.1:${port} cannot be reached: .*ECONNREFUSED`));
  expect((error.cause as NodeJS.ErrnoException).code).toBe("ECONNREFUSED");
});

test("[CN22] a proxy that says nothing is left at the deadline, and no socket stays", async () => {
  const clock = new FakeWheelClock();
  const proxy = await runRawProxy(() => clock.advance(10_200));
  const error = await fail("ws://server.example/", {
    proxy: `http://${proxy.host}`,
    timers: new TimerWheel({ clock }),
  });
  expect(error.code).toBe("ERR_TIMEOUT");
  await proxy.ended;
});

test("[CN23] a proxy's URL of another scheme, and a proxy to a Unix socket, are refused", async () => {
  await expect(connect("ws://server.example/", { proxy: "socks5://127.0.0.1:1080" })).rejects.toThrow(
    "Cannot connect through socks5://127.0.0.1:1080: a proxy's scheme must be http or https",
  );
  await expect(connect("ws+unix:/run/app.sock", { proxy: "http://127.0.0.1:1" })).rejects.toThrow(
    "Cannot connect to /run/app.sock through a proxy",
  );
});
