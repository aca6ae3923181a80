import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CloseInfo, connect } from "../../engine/index.ts";
import { serveLab, type ServedLab } from "../lab-command.ts";
import type { AttemptResult, Attempt, PoisonReplay, RaceAnswer, TraceEntry } from "./messages.ts";
import { RawPeer, rawFrame, rawHandshake } from "../../../test/raw-peer.ts";

const lab = "0123456789abcdef";
let served: ServedLab;
let origin: string;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  served = await serveLab({ host: "127.0.0.1", port: 0 });
  origin = new URL(served.url).origin;
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await served.close();
});

/** Follows what the lab tells of its session. */
async function watch(
  name = lab,
): Promise<{ readonly entries: TraceEntry[]; until(type: string, count?: number): Promise<TraceEntry> }> {
  const abort = new AbortController();
  cleanups.push(() => abort.abort());
  const response = await fetch(`${origin}/lab/api/trace?lab=${name}`, { signal: abort.signal });
  const entries: TraceEntry[] = [];
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  const read = async (): Promise<void> => {
    const { value, done } = await reader.read();
    if (done) throw new Error("The trace has ended");
    text += decoder.decode(value, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    entries.push(...events.map((event) => JSON.parse(event.slice("data: ".length)) as TraceEntry));
  };
  const find = (type: string, count: number): TraceEntry | undefined =>
    entries.filter((entry) => entry.type === type)[count - 1];
  return {
    entries,
    async until(type, count = 1) {
      while (find(type, count) === undefined) await read();
      return find(type, count) as TraceEntry;
    },
  };
}

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

function deferred<Value>(): Deferred<Value> {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function lineUrl(query = ""): string {
  return `${origin.replace("http", "ws")}/lab/line?lab=${lab}${query}`;
}

async function post<Answer>(
  call: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${origin}/lab/api/${call}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ lab, ...body }),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

function bytesOf(entry: TraceEntry | undefined): string {
  return entry?.type === "bytes" ? Buffer.from(entry.bytes, "base64").toString("latin1") : "";
}

async function rawPeer(): Promise<RawPeer> {
  const socket = connectTcp(Number(new URL(origin).port), "127.0.0.1");
  await once(socket, "connect");
  cleanups.push(() => socket.destroy());
  return new RawPeer(socket);
}

test("[LB4] every byte of the handshake is told as it came, spaces and case too", async () => {
  const trace = await watch();
  const peer = await rawPeer();
  const { host } = new URL(origin);
  const request = rawHandshake({ line: `GET /lab/line?lab=${lab} HTTP/1.1`, headers: { Host: host } }).replace(
    "Upgrade: websocket",
    "uPGRADE:   websocket",
  );
  peer.write(request);
  await trace.until("switched");
  const [connected, came, went] = trace.entries;
  expect(connected).toMatchObject({ type: "connected", isSecure: false, isExact: true, atMs: 0 });
  expect(came).toMatchObject({ type: "bytes", direction: "in", part: "http" });
  expect(bytesOf(came)).toBe(request);
  expect(bytesOf(went)).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
});

test("[LB4] a request behind another one on its connection is told as put together", async () => {
  const trace = await watch();
  const peer = await rawPeer();
  const { host } = new URL(origin);
  peer.write(`GET /lab/api/race HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await peer.readText();
  peer.write(rawHandshake({ line: `GET /lab/line?lab=${lab} HTTP/1.1`, headers: { Host: host } }));
  await trace.until("switched");
  expect(trace.entries[0]).toMatchObject({ type: "connected", isExact: false });
  expect(bytesOf(trace.entries[1])).toContain(`Host: ${host}\r\n`);
});

test("[LB5] frames are told as they came, mask and all, and are echoed; what they mean is told too", async () => {
  const trace = await watch();
  const peer = await rawPeer();
  const { host } = new URL(origin);
  const frame = rawFrame(1, "Hello");
  peer.write(
    Buffer.concat([
      Buffer.from(rawHandshake({ line: `GET /lab/line?lab=${lab} HTTP/1.1`, headers: { Host: host } })),
      frame,
    ]),
  );
  expect(await trace.until("event")).toMatchObject({ what: "message", detail: "Hello" });
  await trace.until("bytes", 4);
  const frames = trace.entries.filter((entry) => entry.type === "bytes" && entry.part === "frames");
  expect(frames.map(bytesOf)).toEqual([frame.toString("latin1"), "\x81\x05Hello"]);
  peer.write(rawFrame(1, "Hello", { maskingKey: undefined }));
  expect(await trace.until("event", 2)).toMatchObject({ what: "fail" });
  expect(await trace.until("ended")).toMatchObject({ by: "us" });
});

test("[LB5] the server speaks unasked where the page wants it: text, a ping, a close", async () => {
  await watch();
  const said: unknown[] = [];
  const { promise, resolve } = deferred<CloseInfo>();
  await connect(lineUrl(), {
    message: (_, data) => void said.push(data),
    ping: (_, data) => void said.push(Buffer.from(data).toString()),
    close: (_, info) => resolve(info),
  });
  await post("push", { push: { type: "text", text: "unasked" } });
  await post("push", { push: { type: "ping", text: "are you there" } });
  await post("push", { push: { type: "close", code: 3000, reason: "enough" } });
  expect(await promise).toMatchObject({ code: 3000, reason: "enough", wasClean: true });
  expect(said).toEqual(["unasked", "are you there"]);
});

test("[LB5] what may not be pushed is told, and the connection stays", async () => {
  await watch();
  expect(await post("push", { push: { type: "text", text: "x" } })).toEqual({
    status: 409,
    body: { error: "Cannot push: no connection is open" },
  });
  const socket = await connect(lineUrl());
  cleanups.push(() => socket.terminate());
  const close = (code: unknown, reason = ""): Promise<{ body: { error: string } }> =>
    post("push", { push: { type: "close", code, reason } });
  expect((await close(1005)).body.error).toBe("Cannot close with 1005: give 1000, 1001 or 3000 to 4999");
  expect((await close(2999)).body.error).toContain("2999");
  expect((await close(5000)).body.error).toContain("5000");
  expect((await close(1000, "é".repeat(62))).body.error).toContain("more than 123 bytes");
  expect((await post<{ error: string }>("push", { push: { type: "morse" } })).body.error).toContain('{"type":"morse"}');
  expect(socket.state).toBe("open");
});

test.each([
  ["wrong-accept", "Sec-WebSocket-Accept"],
  ["no-upgrade", "Upgrade"],
  ["status-200", "200"],
  ["unasked-protocol", "morse"],
  ["unasked-extension", "permessage-morse"],
])("[LB6] the misdeed %s is one that a strict client refuses for its own reason", async (misdeed, words) => {
  await watch();
  await expect(connect(lineUrl(`&misdeed=${misdeed}`), { protocols: ["lab"] })).rejects.toThrow(words);
});

test.each([
  ["masked-frame", 1002],
  ["reserved-bit", 1002],
  ["reserved-opcode", 1002],
  ["bad-utf8", 1007],
  ["long-ping", 1002],
  ["split-ping", 1002],
  ["bad-close-code", 1002],
])("[LB6] the misdeed %s opens, and a strict client ends it with %i", async (misdeed, code) => {
  const trace = await watch();
  const { promise, resolve } = deferred<CloseInfo>();
  await connect(lineUrl(`&misdeed=${misdeed}`), { close: (_, info) => resolve(info) });
  expect(await promise).toMatchObject({ code, wasClean: false });
  expect(await trace.until("event")).toMatchObject({ what: "close", detail: expect.stringContaining(String(code)) });
});

test.each(["wrong-accept", "no-upgrade", "unasked-extension"])(
  "[LB6] the misdeed %s is one fault: the subprotocol is right",
  async (misdeed) => {
    const trace = await watch();
    await connect(lineUrl(`&misdeed=${misdeed}`), { protocols: ["lab"] }).catch(() => {});
    await trace.until("switched");
    expect(bytesOf(trace.entries[2])).toContain("Sec-WebSocket-Protocol: lab\r\n");
  },
);

test("[LB7] a page of another origin gets 403 on the line, and its posts too; so does what is no JSON", async () => {
  const trace = await watch();
  const stranger = "https://stranger.example";
  await expect(connect(lineUrl(), { origin: stranger })).rejects.toMatchObject({ status: 403 });
  expect(await trace.until("refused")).toMatchObject({ status: 403, reason: expect.stringContaining(stranger) });
  expect((await post("poison", {}, { Origin: stranger })).status).toBe(403);
  expect((await post("poison", {}, { Origin: origin })).status).toBe(200);
  expect((await post("poison", {}, { "Content-Type": "text/plain" })).status).toBe(415);
});

test("[LB7] there is nothing else: 404 to other paths, calls and races, 400 to a broken or too long body", async () => {
  await expect(connect(`${origin.replace("http", "ws")}/ws`)).rejects.toMatchObject({ status: 404 });
  expect((await post("morse", {})).status).toBe(404);
  expect((await fetch(`${origin}/lab/api/morse`)).status).toBe(404);
  expect((await fetch(`${origin}/lab/api/race?race=none`)).status).toBe(404);
  const send = async (body: string): Promise<number> =>
    (await fetch(`${origin}/lab/api/poison`, { method: "POST", headers: { "Content-Type": "application/json" }, body }))
      .status;
  expect(await send("{")).toBe(400);
  expect(await send("7")).toBe(400);
  expect(await send(`{"a":"${"x".repeat(64 * 1024)}"}`)).toBe(400);
});

const attempt: Attempt = {
  method: "GET",
  version: "HTTP/1.1",
  headers: [
    ["Host", "lab.example"],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ["Sec-WebSocket-Version", "13"],
  ],
  frames: "",
};

async function attemptOf(change: Partial<Attempt>): Promise<{ readonly text: string; readonly endedBy: string }> {
  const { body } = await post<AttemptResult>("attempt", { attempt: { ...attempt, ...change } });
  return { text: Buffer.from(body.response, "base64").toString("latin1"), endedBy: body.endedBy };
}

test("[LB8] an attempt is made on a real connection to this server, and its answer is shown", async () => {
  const { text } = await attemptOf({ frames: "88820000000003e8" });
  expect(text).toMatch(/^HTTP\/1.1 101 /);
  expect(text.slice(text.indexOf("\r\n\r\n") + 4)).toBe("\x88\x02\x03\xe8");
  expect(await attemptOf({ method: "POST" })).toMatchObject({
    text: expect.stringMatching(/^HTTP\/1.1 405 /),
    endedBy: "server",
  });
  const unmasked = await attemptOf({ frames: "8100" });
  expect(unmasked.text).toContain("\x88");
  expect((await post("attempt", { attempt: { ...attempt, method: 7 } })).status).toBe(400);
});

test("[LB9] the messages of a race are pushed as they are said, and answered to polls, each once, with what the polls cost", async () => {
  await watch();
  const pushed: string[] = [];
  const { promise, resolve } = deferred<void>();
  const socket = await connect(lineUrl(), {
    message(_, data) {
      pushed.push(String(data));
      if (pushed.length === 20) resolve();
    },
  });
  cleanups.push(() => socket.terminate());
  expect((await post("race", {})).status).toBe(200);
  await promise;
  const poll = async (after: number): Promise<RaceAnswer> =>
    (await (await fetch(`${origin}/lab/api/race?race=${lab}&after=${after}`)).json()) as RaceAnswer;
  const all = await poll(0);
  expect(all.messages.map((message) => JSON.stringify(message))).toEqual(pushed);
  expect(all).toMatchObject({ isOver: true, requestCount: 0, byteCount: 0 });
  const rest = await poll(18);
  expect(rest.messages.map(({ index }) => index)).toEqual([18, 19]);
  expect(rest.requestCount).toBe(1);
  expect(rest.byteCount).toBeGreaterThan(JSON.stringify(all).length);
});

test("[LB9] a race needs a connection", async () => {
  expect(await post("race", {})).toEqual({ status: 409, body: { error: "Cannot start: no connection is open" } });
});

test("[LB1] [LB2] the page has both attacks played, defended and not", async () => {
  const play = async (attack: string, isDefended: boolean): Promise<boolean> =>
    (await post<PoisonReplay>("poison", { attack, isDefended })).body.isPoisoned;
  expect([await play("masking", false), await play("masking", true)]).toEqual([true, false]);
  expect([await play("accept", false), await play("accept", true)]).toEqual([true, false]);
});

test("[LB10] a page that comes back is told everything again; a name that is none, or one page too many, is refused", async () => {
  const first = await watch();
  const socket = await connect(lineUrl());
  cleanups.push(() => socket.terminate());
  await first.until("switched");
  const second = await watch();
  await second.until("switched");
  expect(second.entries.map(({ type }) => type)).toEqual(first.entries.map(({ type }) => type));
  expect((await fetch(`${origin}/lab/api/trace?lab=short`)).status).toBe(429);
  for (let page = 1; page < 100; page++) await watch(`page-${String(page).padStart(16, "0")}`);
  expect((await fetch(`${origin}/lab/api/trace?lab=one-page-too-many`)).status).toBe(429);
});

test("[LB10] the page's next connection ends the one before, and closing the lab ends all, watched or not, with 1001", async () => {
  await watch();
  const endings: Promise<CloseInfo>[] = [];
  const open = async (query: string): Promise<void> => {
    const { promise, resolve } = deferred<CloseInfo>();
    endings.push(promise);
    await connect(`${origin.replace("http", "ws")}/lab/line${query}`, { close: (_, info) => resolve(info) });
  };
  await open(`?lab=${lab}`);
  await open(`?lab=${lab}`);
  expect(await endings[0]).toMatchObject({ code: 1001, wasClean: true });
  await open("");
  await served.close();
  expect(await Promise.all(endings)).toMatchObject(Array.from({ length: 3 }, () => ({ code: 1001, wasClean: true })));
  served = await serveLab({ host: "127.0.0.1", port: 0 });
});
