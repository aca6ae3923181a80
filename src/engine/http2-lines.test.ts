import { once } from "node:events";
import { type ClientHttp2Session, constants, createSecureServer, createServer } from "node:http2";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import {
  deferred,
  okFrame,
  open,
  reset,
  resetFrame,
  serve,
  serveBytes,
  serveRaw,
  settingsAck,
  settingsFrame,
  tls,
  trusting,
} from "../../test/http2-servers.ts";
import { type CloseInfo, TimerWheel } from "./index.ts";

for (const [name, create, options] of [
  ["h2c, known beforehand", () => createServer(), {}],
  ["TLS", () => createSecureServer(tls), { tls: trusting }],
  ["TLS with HTTP/1.1 beside", () => createSecureServer({ ...tls, allowHTTP1: true }), { tls: trusting }],
] as const) {
  test(`[HT30] connect talks and closes over HTTP/2: ${name}`, async () => {
    const serverClosed = deferred<CloseInfo>();
    const { url } = await serve({ close: (_socket, info) => serverClosed.resolve(info) }, create());
    const sent = ["text", Uint8Array.of(1, 2), "ü".repeat(100_000)];
    const heard: unknown[] = [];
    const closed = deferred<CloseInfo>();
    const socket = await open(url, {
      ...options,
      message(self, data) {
        heard.push(data);
        if (heard.length === 3) self.close(4000, "done");
      },
      close: (_socket, info) => closed.resolve(info),
    });
    expect([socket.state, socket.remoteAddress]).toEqual(["open", "127.0.0.1"]);
    for (const data of sent) expect(socket.send(data)).toBe(true);
    expect(await closed.promise).toEqual({ code: 4000, reason: "done", by: "us", wasClean: true });
    expect(await serverClosed.promise).toEqual({ code: 4000, reason: "done", by: "peer", wasClean: true });
    expect(heard).toEqual(sent);
  });
}

for (const [code, reason] of [
  [constants.NGHTTP2_CANCEL, "The stream was reset with CANCEL"],
  [constants.NGHTTP2_NO_ERROR, "The peer ended the connection without a close frame"],
  [constants.NGHTTP2_INTERNAL_ERROR, "The stream was reset with INTERNAL_ERROR"],
] as const) {
  test(`[HT37] a stream that ends with ${code} is told by network with 1006: ${reason}`, async () => {
    const closed = deferred<CloseInfo>();
    let end: () => void = () => {};
    const url = await serveRaw((stream, _headers, socket) => {
      stream.respond({ ":status": 200 });
      end = () => (code === constants.NGHTTP2_NO_ERROR ? stream.end() : reset(stream, socket, code));
    });
    await open(url, { close: (_socket, info) => closed.resolve(info) });
    end();
    expect(await closed.promise).toEqual({ code: 1006, reason, by: "network", wasClean: false });
  });
}

test("[HT37] once both close frames are there the client ends its stream, and waits for no server to do so first", async () => {
  const closed = deferred<CloseInfo>();
  const url = await serveRaw((stream) => {
    stream.respond({ ":status": 200 });
    stream.once("data", () => stream.write(Buffer.from([0x88, 2, 0x03, 0xe8])));
    stream.on("end", () => stream.end());
  });
  const timers = new TimerWheel({ clock: new FakeWheelClock() }); // no deadline passes
  const socket = await open(url, { timers, close: (_socket, info) => closed.resolve(info) });
  socket.close();
  expect(await closed.promise).toEqual({ code: 1000, reason: "", by: "us", wasClean: true });
});

test("[HT37] a session that breaks tells all its sockets, and the next connect has a new one", async () => {
  const http = createServer();
  const { url, sessionCount } = await serve({}, http);
  const server = once(http, "session");
  const told = [deferred<CloseInfo>(), deferred<CloseInfo>()];
  for (const { resolve } of told) await open(url, { close: (_socket, info) => resolve(info) });
  const [session] = (await server) as [ClientHttp2Session];
  session.destroy();
  for (const { promise } of told) expect(await promise).toMatchObject({ code: 1006, by: "network" });
  await open(url);
  expect(sessionCount()).toBe(2);
});

test("[HT37] terminate resets with CANCEL, and the session's other sockets live on", async () => {
  const closed = deferred<CloseInfo>();
  const told = deferred<unknown>();
  const { url } = await serve({ close: (_socket, info) => closed.resolve(info) });
  const one = await open(url);
  const other = await open(url, { message: (_socket, data) => told.resolve(data) });
  one.terminate();
  expect(await closed.promise).toMatchObject({ code: 1006, by: "network" });
  other.send("still here");
  expect(await told.promise).toBe("still here");
});

test("[HT37] a server that does not read makes send return false, and drain follows when it reads", async () => {
  const drained = deferred<void>();
  let receivedBytes = 0;
  const { url, engine } = await serve({
    open: (socket) => socket.pause(),
    message: (_socket, data) => void (receivedBytes += data.length),
  });
  const socket = await open(url, { highWaterBytes: 100_000, drain: () => drained.resolve() });
  const other = await open(url);
  let sentBytes = 16_384;
  while (socket.send(new Uint8Array(16_384))) sentBytes += 16_384;
  expect(socket.bufferedBytes).toBeGreaterThan(100_000);
  expect(other.bufferedBytes).toBe(0);
  for (const paused of engine.sockets) paused.resume();
  await drained.promise;
  while (receivedBytes < sentBytes) await turn();
  expect(receivedBytes).toBe(sentBytes);
});

test("[HT37] a stream that is reset together with its answer is told to a line that is there", async () => {
  const closed = deferred<CloseInfo>();
  const gone = resetFrame(constants.NGHTTP2_CANCEL);
  const { url } = await serveBytes([settingsFrame, Buffer.concat([settingsAck, okFrame, gone])]);
  await open(url, { close: (_socket, info) => closed.resolve(info) });
  expect(await closed.promise).toMatchObject({ code: 1006, reason: "The stream was reset with CANCEL", by: "network" });
});
