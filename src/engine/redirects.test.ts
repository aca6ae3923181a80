import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
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

interface Pointer {
  readonly url: string;
  readonly seen: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly hasCertificate: boolean }[];
}

/** A server that answers `/to` with a WebSocket and everything else with a redirect. */
async function serve(
  redirect: (path: string) => { readonly status?: number; readonly location?: string },
  http: Server = createServer(),
  place: string | number = 0,
): Promise<Pointer> {
  const seen: Pointer["seen"] = [];
  const engine = createWebSocketServer({ origins: "any" });
  http.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {});
    const { url: path = "", headers } = request;
    const certificate = "getPeerCertificate" in socket ? (socket as TLSSocket).getPeerCertificate() : {};
    seen.push({ path, headers, hasCertificate: Object.keys(certificate ?? {}).length > 0 });
    if (path === "/to") return engine.handleUpgrade(request, socket, head as Buffer);
    const { status = 302, location } = redirect(path);
    const header = location === undefined ? "" : `Location: ${location}\r\n`;
    socket.end(`HTTP/1.1 ${status} Found\r\n${header}Content-Length: 4\r\n\r\nover`);
  });
  if (typeof place === "string") http.listen(place);
  else http.listen(place, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(async () => {
    await engine.close({ graceMs: 1 });
    http.close();
  });
  const scheme = "setSecureContext" in http ? "wss" : "ws";
  return {
    url: typeof place === "string" ? "" : `${scheme}://127.0.0.1:${(http.address() as AddressInfo).port}`,
    seen,
  };
}

async function fail(url: string, options?: ConnectOptions): Promise<HandshakeError> {
  return connect(url, options).then(
    () => expect.unreachable("connected"),
    (error: HandshakeError) => error,
  );
}

async function open(url: string, options: ConnectOptions): Promise<void> {
  const socket = await connect(url, options);
  cleanups.push(() => socket.terminate());
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`[CN30] ${status} is not followed by default: the error names the place and has the answer`, async () => {
    const { url } = await serve(() => ({ status, location: "https://user:secret@other.example/ws#x" }));
    const error = await fail(url);
    expect(error).toMatchObject({
      code: "ERR_REDIRECT",
      status,
      message: `Cannot connect: The server answered ${status} and points to wss://other.example/ws, which is not followed: maxRedirects is 0`,
    });
    expect(error.headers).toContainEqual(["Content-Length", "4"]);
    expect(Buffer.from(error.body).toString()).toBe("over");
  });
}

test("[CN30] a 304, or a redirect to nowhere, is a refusal like any other", async () => {
  const { url } = await serve((path) => (path === "/304" ? { status: 304, location: "/to" } : {}));
  for (const path of ["/304", "/nowhere"]) {
    expect((await fail(`${url}${path}`, { maxRedirects: 3 })).code).toBe("ERR_REFUSED");
  }
});

test("[CN31] as many redirects as maxRedirects are followed, relative ones too, and not one more", async () => {
  const { url, seen } = await serve((path) => ({ location: path === "/a/b" ? "c" : "/to" }));
  await open(`${url}/a/b`, { maxRedirects: 2 });
  expect(seen.map(({ path }) => path)).toEqual(["/a/b", "/a/c", "/to"]);
  expect((await fail(`${url}/a/b`, { maxRedirects: 1 })).message).toContain(
    "/to, which is not followed: maxRedirects is 1",
  );
  for (const maxRedirects of [-1, 1.5, Infinity]) {
    await expect(connect(url, { maxRedirects })).rejects.toBeInstanceOf(RangeError);
  }
});

test("[CN32] the same server is told everything again, another one no header of the caller's and no user name", async () => {
  const other = await serve(() => ({}));
  const first = await serve((path) => ({
    location: path === "/" ? "/next" : other.url.replace("ws://", "http://user:pass@") + "/to",
  }));
  const headers = { Authorization: "A", Cookie: "c=1", "X-Api-Key": "k" };
  const told = { authorization: "A", cookie: "c=1", "x-api-key": "k" };
  await open(first.url, { headers, origin: "https://app.example", protocols: ["p"], maxRedirects: 2 });
  expect(first.seen).toMatchObject([{ headers: told }, { path: "/next", headers: told }]);
  const [last] = other.seen;
  for (const name of Object.keys(told)) expect(last?.headers).not.toHaveProperty(name);
  expect(last?.headers).toMatchObject({ origin: "https://app.example", "sec-websocket-protocol": "p" });
  expect(last?.headers.host).toBe(other.url.slice(5));
});

test("[CN32] another server is shown no certificate, and its own is verified as before", async () => {
  const asking = { ...tls, requestCert: true, rejectUnauthorized: false };
  const other = await serve(() => ({}), createHttpsServer(asking));
  const first = await serve(() => ({ location: `${other.url}/to` }), createHttpsServer(asking));
  const options = { tls: { ...tls, ca: tls.cert, servername: "localhost" }, maxRedirects: 1 };
  await open(first.url, options);
  expect([first.seen[0]?.hasCertificate, other.seen[0]?.hasCertificate]).toEqual([true, false]);
  await open(`${first.url}/to`, options);
  expect(first.seen[1]?.hasCertificate).toBe(true);
});

const faults: readonly (readonly [location: string, reason: string])[] = [
  ["ws://127.0.0.1:1/", "it would leave TLS"],
  ["http://127.0.0.1:1/", "it would leave TLS"],
  ["ws+unix:/run/app.sock", "its scheme is not ws or wss"],
  ["ftp://127.0.0.1/", "its scheme is not ws or wss"],
  ["wss://[", "it is not a URL"],
];
for (const [location, reason] of faults) {
  test(`[CN33] from wss: to ${location} nobody goes: ${reason}`, async () => {
    const { url } = await serve(() => ({ location }), createHttpsServer(tls));
    const error = await fail(url, { tls: { ca: tls.cert }, maxRedirects: 5 });
    expect(error.code).toBe("ERR_REDIRECT");
    expect(error.message).toContain(reason);
  });
}

test("[CN34] one deadline holds for all redirects together", async () => {
  const clock = new FakeWheelClock();
  const { url, seen } = await serve(() => {
    clock.advance(400);
    return { location: "/again" };
  });
  const error = await fail(url, {
    maxRedirects: 100,
    handshakeTimeoutMs: 1_000,
    timers: new TimerWheel({ clock }),
  });
  expect(error.code).toBe("ERR_TIMEOUT");
  expect(seen.length).toBeLessThanOrEqual(4);
});

test("[CN10] a Unix socket is connected to by URL or by socketPath, and its redirects stay on it or leave it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const socketPath = join(folder, "app.sock");
  const other = await serve(() => ({}));
  const unix = await serve(
    (path) => ({ location: path === "/off" ? `${other.url}/to` : "/to" }),
    createServer(),
    socketPath,
  );
  await open(`ws+unix:${socketPath}:/to`, {});
  await open("ws://app.example/to", { socketPath });
  await open("ws://app.example/away", { socketPath, maxRedirects: 1 });
  await open("ws://app.example/off", { socketPath, maxRedirects: 1 });
  expect(unix.seen.map(({ path, headers }) => [path, headers.host])).toEqual([
    ["/to", "localhost"],
    ["/to", "app.example"],
    ["/away", "app.example"],
    ["/to", "app.example"],
    ["/off", "app.example"],
  ]);
  expect(other.seen.length).toBe(1);
});
