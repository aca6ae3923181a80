import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { constants, createSecureServer, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import { cleanups, deferred, fail, open, reset, serve, serveRaw, tls, trusting } from "../../test/http2-servers.ts";
import { accept, TimerWheel } from "./index.ts";

test("[HT30] the request has everything that HTTP/1.1's has, and the answer is taken over", async () => {
  const seen: unknown[] = [];
  const { url } = await serve({
    protocols: ["v1"],
    compression: { thresholdBytes: 0 },
    origins: ["https://app.example"],
    upgrade(request) {
      seen.push(request.path, request.query.get("q"), request.host, request.headers.authorization);
      return accept({ data: undefined });
    },
  });
  const told = deferred<unknown>();
  const socket = await open(`${url}path?q=1`, {
    protocols: ["v0", "v1"],
    origin: "https://app.example",
    headers: { Authorization: "Bearer x" },
    compression: { thresholdBytes: 0 },
    message: (_socket, data) => told.resolve(data),
  });
  expect(seen).toEqual(["/path", "1", new URL(url).host, "Bearer x"]);
  expect(socket.protocol).toBe("v1");
  const text = "compressed ".repeat(1000);
  socket.send(text);
  expect(await told.promise).toBe(text);
});

test("[HT30] :scheme says whether there is TLS, and there is no key", async () => {
  const asked: IncomingHttpHeaders[] = [];
  const url = await serveRaw((stream, headers) => {
    asked.push(headers);
    stream.respond({ ":status": 200 });
  });
  await open(url);
  expect(asked[0]).toMatchObject({ ":scheme": "http", ":protocol": "websocket", "sec-websocket-version": "13" });
  expect(asked[0]).not.toHaveProperty("sec-websocket-key");
});

test("[HT34] a server without SETTINGS_ENABLE_CONNECT_PROTOCOL is not asked", async () => {
  let askedCount = 0;
  const url = await serveRaw(() => askedCount++, { enableConnectProtocol: false });
  expect(await fail(url)).toMatchObject({
    code: "ERR_NO_HTTP2",
    message: `Cannot connect to ${url} over HTTP/2: the server does not take WebSockets there (no SETTINGS_ENABLE_CONNECT_PROTOCOL)`,
  });
  expect(askedCount).toBe(0);
});

for (const ALPNProtocols of [["http/1.1"], undefined]) {
  test(`[HT34] over TLS, a server that speaks ${ALPNProtocols?.[0] ?? "no ALPN"} is no HTTP/2 server`, async () => {
    const ended = deferred<void>();
    const server = createTlsServer({ ...tls, ...(ALPNProtocols ? { ALPNProtocols } : {}) }, (socket) => {
      socket.on("error", () => {});
      socket.resume();
      socket.once("close", () => ended.resolve());
    });
    server.on("tlsClientError", () => ended.resolve()); // "no application protocol" ends it too
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    expect(await fail(`wss://127.0.0.1:${port}/`, { tls: trusting })).toMatchObject({
      code: "ERR_NO_HTTP2",
      message: `Cannot connect to wss://127.0.0.1:${port}/ over HTTP/2: the server did not choose h2 (ALPN)`,
    });
    await ended.promise; // no socket is left
  });
}

test("[HT34] the caller's tls has no say in ALPN", async () => {
  const { url } = await serve({}, createSecureServer(tls));
  expect((await open(url, { tls: { ...trusting, ALPNProtocols: ["http/1.1"] } })).state).toBe("open");
});

test("[HT34] a server of HTTP/1.1 on a plain port rejects with ERR_NETWORK, and says why", async () => {
  const server = createHttpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  const error = await fail(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  expect(error.code).toBe("ERR_NETWORK");
  expect(error.cause).toBeInstanceOf(Error);
});

test("[HT35] a refusal rejects with status, headers and body, and the session lives on", async () => {
  const { url, sessionCount } = await serve({ path: "/ws" });
  const error = await fail(url);
  expect(error).toMatchObject({
    code: "ERR_REFUSED",
    status: 404,
    message: "Cannot connect: The server answered 404, not 200",
  });
  expect(error.headers).toContainEqual(["content-type", "text/plain; charset=utf-8"]);
  expect(Buffer.from(error.body).toString()).toBe("Nothing is here\n");
  await open(`${url}ws`);
  expect(sessionCount()).toBe(1);
});

for (const [bytes, kept] of [
  [65_536, 65_536],
  [65_537, 65_536],
  [1_000_000, 65_536],
] as const) {
  test(`[HT35] of a refusal's body of ${bytes} bytes ${kept} are kept, though it does not end`, async () => {
    const url = await serveRaw((stream) => {
      stream.respond({ ":status": 403, "set-cookie": ["a=1", "b=2"] });
      stream.write(Buffer.alloc(bytes, 7));
    });
    const error = await fail(url);
    expect([error.status, error.body.length, error.body.at(-1)]).toEqual([403, kept, 7]);
    expect(error.headers).toContainEqual(["set-cookie", "b=2"]);
  });
}

test("[HT35] a refusal whose stream is reset has as much of its body as came", async () => {
  const url = await serveRaw((stream, _headers, socket) => {
    stream.respond({ ":status": 403 });
    stream.write("part", () => setImmediate(() => reset(stream, socket, constants.NGHTTP2_CANCEL)));
  });
  const error = await fail(url);
  expect([error.code, error.status, Buffer.from(error.body).toString()]).toEqual(["ERR_REFUSED", 403, "part"]);
});

for (const [name, headers] of [
  ["a subprotocol that was not offered", { "sec-websocket-protocol": "other" }],
  ["an extension that was not offered", { "sec-websocket-extensions": "foo" }],
  ["parameters that do not answer the offer", { "sec-websocket-extensions": "permessage-deflate; nonsense" }],
] as const) {
  test(`[HT35] ${name} rejects with ERR_RESPONSE, and the stream is reset with CANCEL`, async () => {
    const reset = deferred<number | undefined>();
    const url = await serveRaw((stream) => {
      stream.respond({ ":status": 200, ...headers });
      stream.once("close", () => reset.resolve(stream.rstCode));
    });
    expect(await fail(url, { protocols: ["mine"], compression: {} })).toMatchObject({
      code: "ERR_RESPONSE",
      status: 200,
    });
    expect(await reset.promise).toBe(constants.NGHTTP2_CANCEL);
  });
}

test("[HT35] another 2xx than 200 is no open connection", async () => {
  const url = await serveRaw((stream) => stream.respond({ ":status": 204 }, { endStream: true }));
  expect(await fail(url)).toMatchObject({ code: "ERR_REFUSED", status: 204 });
});

for (const [code, name] of [
  [constants.NGHTTP2_CANCEL, "The stream was reset with CANCEL"],
  [constants.NGHTTP2_REFUSED_STREAM, "The stream was reset with REFUSED_STREAM"],
] as const) {
  test(`[HT36] a reset with ${code} instead of an answer rejects with ERR_NETWORK, which says so`, async () => {
    let streamCount = 0;
    const url = await serveRaw((stream, _headers, socket) => {
      streamCount++;
      reset(stream, socket, code);
    });
    const error = await fail(url);
    // The session goes on: whoever refuses a stream of it means that one.
    expect([error.code, error.message, streamCount]).toEqual(["ERR_NETWORK", `Cannot connect: ${name}`, 1]);
  });
}

test("[HT36] an attempt that is given up resets its stream with CANCEL; others on the session do not notice", async () => {
  const clock = new FakeWheelClock();
  const timers = new TimerWheel({ clock });
  const controller = new AbortController();
  const reset = deferred<number | undefined>();
  const aborted = deferred<number | undefined>();
  const url = await serveRaw((stream, headers) => {
    if (headers[":path"] === "/") return stream.respond({ ":status": 200 });
    if (headers[":path"] === "/late") {
      stream.once("close", () => reset.resolve(stream.rstCode));
      clock.advance(10_200);
    } else {
      stream.once("close", () => aborted.resolve(stream.rstCode));
      controller.abort();
    }
  });
  const socket = await open(url);
  expect((await fail(`${url}late`, { timers })).code).toBe("ERR_TIMEOUT");
  expect((await fail(`${url}aborted`, { signal: controller.signal })).code).toBe("ERR_ABORTED");
  expect([await reset.promise, await aborted.promise]).toEqual([constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
  expect(socket.state).toBe("open");
});
