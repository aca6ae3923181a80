import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { RawPeer, rawFrame } from "../../test/raw-peer.ts";
import { rawAccept, type RawAnswer, serveRaw } from "../../test/raw-server.ts";
import { createWebSocketServer, type ServerOptions } from "../engine/index.ts";
import { type Input, type SessionOptions, startSession } from "./connect-session.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(options: ServerOptions = {}): Promise<URL> {
  const server = createWebSocketServer({ message: (socket, data) => void socket.send(data), ...options });
  cleanUps.push(() => server.close({ graceMs: 0 }));
  return new URL((await server.listen({ port: 0, host: "127.0.0.1" })).url);
}

async function serveBytes(answer: RawAnswer): Promise<URL> {
  const server = await serveRaw(answer);
  cleanUps.push(server.end);
  return new URL(server.url);
}

const unmasked = { maskingKey: undefined };

function linesOf(lines: AsyncIterable<string> | Iterable<string>, end: () => void = () => {}): Input {
  return { type: "lines", lines, end };
}

/** Lines that never end by themselves. */
function createEndless(): { readonly input: Input; readonly wasEnded: () => boolean } {
  let finish: () => void = () => {};
  let wasEnded = false;
  const ended = new Promise<void>((resolve) => (finish = resolve));
  async function* lines(): AsyncGenerator<string> {
    await ended;
    yield* [];
  }
  return {
    input: linesOf(lines(), () => {
      wasEnded = true;
      finish();
    }),
    wasEnded: () => wasEnded,
  };
}

/** Starts a session; what it showed is in `shown`, messages as they were, notes behind a `#`. */
function start(url: URL, options: Partial<SessionOptions> = {}) {
  const shown: (string | Uint8Array)[] = [];
  const session = startSession({
    url,
    connectOptions: {},
    input: linesOf([]),
    waitMs: 0,
    isBinary: false,
    isOne: false,
    showsPings: false,
    hasSlash: false,
    isVerbose: false,
    isQuiet: false,
    decodes: true,
    view: {
      message: (data) => void shown.push(data),
      note: (text) => void shown.push(`# ${text}`),
    },
    ...options,
  });
  return { ...session, shown };
}

test("[CM50] each line is a message, and what comes until the server has closed is shown", async () => {
  const { ended, shown } = start(await serve(), { input: linesOf(["one", "two"]) });
  expect([await ended, shown]).toEqual([0, ["one", "two"]]);
});

test("[CM51] lines are sent as binary where that was asked for, and a stream as one message", async () => {
  const url = await serve();
  const lines = start(url, { input: linesOf(["ü"]), isBinary: true });
  expect([await lines.ended, lines.shown]).toEqual([0, [new Uint8Array(Buffer.from("ü"))]]);
  const stream = start(url, { input: { type: "stream", stream: Readable.from([Buffer.from("a"), Buffer.from("b")]) } });
  expect([await stream.ended, stream.shown]).toEqual([0, [new Uint8Array(Buffer.from("ab"))]]);
});

test("[CM51] with -1 the first message ends it, and no other one is shown", async () => {
  const url = await serve({ open: (socket) => ["first", "second"].forEach((text) => socket.send(text)) });
  const { input } = createEndless();
  const { ended, shown } = start(url, { input, isOne: true });
  expect([await ended, shown]).toEqual([0, ["first"]]);
});

test("[CM51] when all is sent it waits as long as it was told, and not when the server has closed before", async () => {
  const url = await serve({ message: (socket, data) => void setTimeout(() => socket.send(data), 30) });
  const late = start(url, { input: linesOf(["late"]), waitMs: 1_000 });
  while (late.shown.length === 0) await turn();
  late.close();
  expect([await late.ended, late.shown]).toEqual([0, ["late"]]);
  const none = start(url, { input: linesOf(["late"]) });
  expect([await none.ended, none.shown]).toEqual([0, []]);
  const short = start(await serve(), { input: linesOf(["soon"]), waitMs: 50 });
  expect([await short.ended, short.shown]).toEqual([0, ["soon"]]);
});

test("[CM50] lines are taken as fast as the server takes them", async () => {
  let peer: RawPeer | undefined;
  const url = await serveBytes((key, asked) => {
    asked.socket.pause();
    asked.write(rawAccept(key));
    peer = asked;
  });
  let takenCount = 0;
  function* lines(): Generator<string> {
    for (; takenCount < 200; takenCount++) yield "x".repeat(100_000);
  }
  const { ended, close } = start(url, { input: linesOf(lines()), connectOptions: { highWaterBytes: 100_000 } });
  while (takenCount === 0) await turn();
  for (let count = 0; count < 200; count++) await turn();
  expect(takenCount).toBeLessThan(200);
  const heldBack = takenCount;
  peer?.socket.resume();
  while (takenCount === heldBack) await turn();
  close();
  close();
  expect(await ended).toBe(4);
});

test("[CM50] the input is ended when the connection is, be it lines or a stream", async () => {
  const url = await serve({ open: (socket) => socket.close(1000) });
  const { input, wasEnded } = createEndless();
  expect([await start(url, { input }).ended, wasEnded()]).toEqual([0, true]);
  const stream = new Readable({ read() {} });
  expect(await start(url, { input: { type: "stream", stream } }).ended).toBe(0);
  expect(stream.destroyed).toBe(true);
});

test("[CM50] a line that comes after the end is not sent and does no harm", async () => {
  const url = await serve({ message: (socket) => socket.close(4001, "Enough") });
  let goOn: () => void = () => {};
  async function* lines(): AsyncGenerator<string> {
    yield "one";
    await new Promise<void>((resolve) => (goOn = resolve));
    yield "two";
    yield "three";
  }
  const { ended, shown } = start(url, { input: linesOf(lines(), () => goOn()) });
  expect([await ended, shown]).toEqual([4, ['# Closed with 4001 "Enough" by the server']]);
});

test.each([
  [1000, 0],
  [1001, 0],
  [1011, 4],
  [4000, 4],
])("[CM52] after %d the exit code is %d", async (code, exitCode) => {
  const { input } = createEndless();
  const { ended, shown } = start(await serve({ open: (socket) => socket.close(code) }), { input });
  expect(await ended).toBe(exitCode);
  expect(shown).toEqual(exitCode === 0 ? [] : [`# Closed with ${code} by the server`]);
});

test("[CM52] a close frame without a code is 0, an end without a close frame is 4", async () => {
  const closing = await serveBytes((key, peer) => {
    peer.write(Buffer.concat([Buffer.from(rawAccept(key)), rawFrame(8, "", unmasked)]));
    peer.socket.end();
  });
  expect(await start(closing, { input: createEndless().input }).ended).toBe(0);
  const ending = await serveBytes((key, peer) => peer.socket.end(rawAccept(key)));
  const lost = start(ending, { input: createEndless().input });
  expect(await lost.ended).toBe(4);
  expect(lost.shown).toEqual([
    '# Closed with 1006 "The peer ended the connection without a close frame" by the network',
  ]);
});

test("[CM52] a refusal is told with its headers and the first 20 lines of its body; with -q in one line", async () => {
  const body = Array.from({ length: 25 }, (_, line) => `line ${line}`).join("\n");
  const url = await serveBytes((_key, peer) =>
    peer.write(`HTTP/1.1 403 Forbidden\r\nX-Why: this\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
  );
  const told = start(url);
  expect(await told.ended).toBe(1);
  expect(told.shown).toEqual([
    "# error: Cannot connect: The server answered 403, not 101",
    "# < X-Why: this",
    `# < Content-Length: ${body.length}`,
    ...body
      .split("\n")
      .slice(0, 20)
      .map((line) => `# ${line}`),
    `# hint: "switchboard inspect ${url.href}" says why`,
  ]);
  const quiet = start(url, { isQuiet: true });
  expect([await quiet.ended, quiet.shown]).toEqual([1, ["# error: Cannot connect: The server answered 403, not 101"]]);
});

test("[CM52] an attempt that is given up says nothing", async () => {
  let isAsked = false;
  const url = await serveBytes(() => (isAsked = true));
  const { ended, shown, close } = start(url);
  while (!isAsked) await turn();
  close();
  expect([await ended, shown]).toEqual([1, []]);
});

test("[CM52] the first close is one in order, the second does not wait", async () => {
  let isOpen = false;
  const url = await serveBytes((key, peer) => {
    peer.write(rawAccept(key)); // and no answer to anything
    isOpen = true;
  });
  const { ended, close } = start(url, { input: createEndless().input, isVerbose: true });
  while (!isOpen) await turn();
  for (let count = 0; count < 50; count++) await turn();
  close();
  close();
  expect(await ended).toBe(4);
});

test("[CM55] what goes well is told with -v, what goes wrong unless -q, a connection that fails always", async () => {
  const url = await serve({ protocols: ["chat"], message: (socket) => socket.close(4000) });
  const verbose = start(url, { isVerbose: true, connectOptions: { protocols: ["chat"] } });
  await verbose.ended;
  expect(verbose.shown).toEqual([
    `# Connected to ${url.href} (127.0.0.1, subprotocol chat)`,
    "# Closed with 1000 by us",
  ]);
  const quiet = start(url, { isQuiet: true, input: linesOf(["x"]), waitMs: 10_000 });
  expect([await quiet.ended, quiet.shown]).toEqual([4, []]);
});

test("[CM55] -P tells pings and pongs", async () => {
  const url = await serve({
    open: (socket) => socket.ping(Buffer.from("who\n")),
    pong: (socket) => socket.close(1000),
  });
  const told = start(url, { showsPings: true, hasSlash: true, input: linesOf(["/ping me"]), waitMs: 10_000 });
  expect(await told.ended).toBe(0);
  expect(told.shown).toContain('# Received ping "who\\n"');
  const silent = start(url, { input: createEndless().input });
  expect([await silent.ended, silent.shown]).toEqual([0, []]);
});

test("[CM55] --slash: /ping pings, /close closes with its code and reason, what may not be sent is told, and so is another name", async () => {
  const heard: string[] = [];
  const url = await serve({
    ping: (_socket, data) => void heard.push(`ping ${Buffer.from(data).toString()}`),
    message: (_socket, data) => void heard.push(String(data)),
    close: (_socket, { code, reason }) => void heard.push(`close ${code} ${reason}`),
  });
  const lines = ["/ping you", "/close 1005", "/shout", "no command", "/close 3000 Good bye", "never"];
  const { ended, shown } = start(url, { hasSlash: true, input: linesOf(lines) });
  expect(await ended).toBe(4);
  while (heard.length < 3) await turn();
  expect(heard).toEqual(["ping you", "no command", "close 3000 Good bye"]);
  expect(shown).toEqual([
    expect.stringContaining("1005"),
    "# There is no /shout: /ping [data], /close [code] [reason], /help",
    '# Closed with 3000 "Good bye" by us',
  ]);
  const without = start(await serve(), { input: linesOf(["/close"]) });
  expect([await without.ended, without.shown]).toEqual([0, ["/close"]]);
});
