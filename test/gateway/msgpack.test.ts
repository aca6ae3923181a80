/** The gateway and its client over MessagePack, beside clients that speak JSON. */
import { build } from "esbuild";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { type ClientSocket, connect as dial } from "../../src/engine/index.ts";
import { memoryBroker } from "../../src/brokers/index.ts";
import type { Client } from "../../src/client/index.ts";
import { connect } from "../../src/client-node/index.ts";
import { msgpack } from "../../src/client/msgpack.ts";
import { binary, channel, createGateway, ephemeral, event, latest, rpc } from "../../src/server/index.ts";
import {
  decodeServerMsgpack,
  msgpackSubprotocol,
  packRequest,
  type ServerMessage,
  subprotocols,
} from "../../src/wire/index.ts";
import { browserTest } from "../chromium.ts";

const board = channel("board/:id", {
  events: {
    update: event(binary()),
    note: event(z.object({ text: z.string(), at: z.number() })),
    pointer: ephemeral(binary()),
    cursor: latest(binary(), { by: (bytes) => String(bytes[0]) }),
  },
  calls: { add: rpc(z.array(z.number()), (numbers) => Promise.resolve(numbers.reduce((sum, one) => sum + one, 0))) },
  presence: true,
});
const makeGateway = () => createGateway({ channels: { board }, broker: memoryBroker() });
type BoardGateway = ReturnType<typeof makeGateway>;

const running: { close(): unknown }[] = [];

async function start(): Promise<{ gateway: BoardGateway; url: string }> {
  const gateway = makeGateway();
  running.push({ close: () => gateway.close({ graceMs: 1 }) });
  const { url } = await gateway.listen({ port: 0 });
  return { gateway, url };
}

function open(url: string, codec?: typeof msgpack): Client<BoardGateway> {
  const client = connect<BoardGateway>(url, codec === undefined ? {} : { codec });
  running.push(client);
  return client;
}

afterEach(async () => {
  await Promise.all(
    running
      .splice(0)
      .toReversed()
      .map((one) => one.close()),
  );
});

const bytes = new Uint8Array([0, 1, 2, 254, 255, 195, 40]);

test("[WM10] those who speak JSON and those who speak MessagePack are in one channel, and get the same", async () => {
  const { url } = await start();
  const rooms = [open(url), open(url, msgpack)].map((client) => client.board({ id: "1" }));
  const [json, packed] = rooms as [(typeof rooms)[0], (typeof rooms)[0]];
  const heard: unknown[][] = [[], []];
  for (const [index, room] of rooms.entries()) {
    room.update.on(({ data, offset }) => heard[index]?.push([offset, [...data]]));
    room.note.on(({ data, offset }) => heard[index]?.push([offset, data]));
  }
  const all = Promise.all(
    rooms
      .map((room) => room.note[Symbol.asyncIterator]())
      .map(async (loop) => {
        for (;;) {
          const next = await loop.next();
          if (next.value?.data.text === "end") return;
        }
      }),
  );
  await Promise.all(rooms.map((room) => room.history()));
  await packed.update.send(bytes);
  await json.update.send(bytes);
  await packed.note.send({ text: "ä\n😀", at: -0.1 });
  await json.note.send({ text: "end", at: 2 ** 40 });
  await all;
  expect(heard[1]).toEqual(heard[0]);
  expect(heard[0]).toEqual([
    [1, [...bytes]],
    [2, [...bytes]],
    [3, { text: "ä\n😀", at: -0.1 }],
    [4, { text: "end", at: 2 ** 40 }],
  ]);
  const pages = await Promise.all(rooms.map((room) => room.history()));
  expect(pages[1]?.messages.map(({ data }) => data)).toEqual(pages[0]?.messages.map(({ data }) => data));
});

test("[WM10] calls, newest values, ephemeral events, presence and refusals go over MessagePack too", async () => {
  const { gateway, url } = await start();
  const [room, other] = [open(url, msgpack), open(url, msgpack)].map((client) => client.board({ id: "1" }));
  if (room === undefined || other === undefined) throw new Error("There are two");
  const pointer = other.pointer[Symbol.asyncIterator]().next();
  await Promise.all([room.history(), other.history()]);
  expect(await room.add.call([1, 2.5])).toBe(3.5);
  await room.pointer.send(bytes);
  expect((await pointer).value?.data).toEqual(bytes);
  const cursor = room.cursor[Symbol.asyncIterator]().next();
  await gateway.tell({ channel: "board", params: { id: "1" }, event: "cursor", data: bytes });
  expect((await cursor).value).toMatchObject({ key: "0", data: bytes });
  // Told at most four times a second.
  await new Promise<void>((resolve) => {
    if (room.presence.count === 2) resolve();
    room.presence.on(({ count }) => (count === 2 ? resolve() : undefined));
  });
  await expect(room.note.send({ text: 1 } as never)).rejects.toMatchObject({ code: "BAD_DATA" });
});

test("[WM10] a client whose line broke resumes over MessagePack where it was", async () => {
  const { gateway, url } = await start();
  const client = open(url, msgpack);
  const room = client.board({ id: "1" });
  const loop = room.update[Symbol.asyncIterator]();
  const first = loop.next();
  await room.history();
  await room.update.send(new Uint8Array([1]));
  await first;
  await gateway.disconnect({ userId: client.user?.id ?? "", code: 4000 });
  await gateway.publish({ channel: "board", params: { id: "1" }, event: "update", data: new Uint8Array([2]) });
  expect((await loop.next()).value).toMatchObject({ offset: 2, data: new Uint8Array([2]) });
});

/** A line that is spoken by hand. */
async function line(url: string): Promise<{ socket: ClientSocket; next(): Promise<ServerMessage> }> {
  const waiting: ServerMessage[] = [];
  let wake: () => void = () => undefined;
  const socket = await dial(url, {
    protocols: [msgpackSubprotocol],
    message: (_socket, data) => {
      for (const one of decodeServerMsgpack(data as Uint8Array)) if (one.type === "message") waiting.push(one.message);
      wake();
    },
  });
  running.push({ close: () => socket.terminate() });
  return {
    socket,
    async next() {
      while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift() as ServerMessage;
    },
  };
}

test("[WM8] a text frame on a line of MessagePack is refused, and the line stays", async () => {
  const { url } = await start();
  const { next, socket } = await line(url);
  expect(await next()).toMatchObject({ type: "hello", version: 1 });
  socket.send('{"type":"ping"}');
  expect(await next()).toMatchObject({ type: "error", code: "BAD_MESSAGE" });
  socket.send(packRequest(JSON.stringify({ type: "auth", id: 1, device: "a".repeat(32) }), false));
  expect(await next()).toMatchObject({ type: "authenticated", id: 1 });
});

test("[WM9] a client that offers both codecs speaks JSON", async () => {
  const { url } = await start();
  const socket = await dial(url, { protocols: Object.values(subprotocols).toReversed() });
  expect(socket.protocol).toBe(subprotocols.json);
  socket.terminate();
});

browserTest("[WM10] the client of a real browser speaks MessagePack", async (browser) => {
  const { gateway, url } = await start();
  const { outputFiles } = await build({
    stdin: {
      contents: 'export { connect } from "./src/client/index.ts"; export { msgpack } from "./src/client/msgpack.ts";',
      resolveDir: process.cwd(),
    },
    bundle: true,
    format: "iife",
    globalName: "switchboard",
    write: false,
  });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`${url.replace("ws:", "http:")}healthz`);
    await page.addScriptTag({ content: outputFiles[0]?.text ?? "" });
    const frames: (string | Buffer)[] = [];
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => frames.push(payload));
      socket.on("framereceived", ({ payload }) => frames.push(payload));
    });
    const heard = page.evaluate(talk, url);
    const room = open(url).board({ id: "1" }, { recent: 1 });
    for await (const { data } of room.update) {
      expect([...data]).toEqual([1, 2, 255]);
      break;
    }
    await gateway.publish({ channel: "board", params: { id: "1" }, event: "update", data: bytes });
    expect(await heard).toEqual([[1, 2, 255], [...bytes]]);
    expect(frames.length).toBeGreaterThan(5);
    expect(frames.every((frame) => typeof frame !== "string")).toBe(true);
  } finally {
    await context.close();
  }
});

/** Runs in the page: sends bytes, and gives what it hears. */
async function talk(url: string): Promise<readonly number[][]> {
  const { connect: connectPage, msgpack: codec } = (
    globalThis as unknown as { switchboard: { connect: typeof connect; msgpack: typeof msgpack } }
  ).switchboard;
  const client = connectPage<BoardGateway>(url, { codec });
  const room = client.board({ id: "1" });
  const heard: number[][] = [];
  const loop = room.update[Symbol.asyncIterator]();
  const first = loop.next();
  await room.history();
  await room.update.send(new Uint8Array([1, 2, 255]));
  for (let next = await first; ; next = await loop.next()) {
    heard.push([...next.value.data]);
    if (heard.length === 2) break;
  }
  await client.close();
  return heard;
}
