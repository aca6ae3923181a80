import { EventEmitter, once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import {
  type Accept,
  accept,
  connect,
  createWebSocketServer,
  type ServerOptions,
  WebSocket,
  WebSocketStream,
} from "./index.ts";
import { deferred } from "./deferred.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(options: ServerOptions = {}): Promise<string> {
  const server = createWebSocketServer(options);
  cleanups.push(() => server.close({ graceMs: 1 }));
  return (await server.listen({ port: 0 })).url;
}

/** A server that answers a handshake when it is told to. */
class HeldServer {
  readonly asked: string[] = [];
  readonly #asking = new EventEmitter();
  readonly #waiting: (() => void)[] = [];
  url = "";

  static async start(): Promise<HeldServer> {
    const held = new HeldServer();
    held.url = await serve({ upgrade: ({ path }) => held.#hold(path) });
    return held;
  }

  /** The paths of the handshakes that came, when there are so many. */
  async whenAsked(count: number): Promise<readonly string[]> {
    while (this.asked.length < count) await once(this.#asking, "asked");
    return this.asked;
  }

  answer(): void {
    this.#waiting.shift()?.();
  }

  async #hold(path: string): Promise<Accept<undefined>> {
    const turn = deferred();
    this.#waiting.push(turn.resolve);
    this.asked.push(path);
    this.#asking.emit("asked");
    await turn.promise;
    return accept({ data: undefined });
  }
}

/** A whole handshake with another server: what would have come has come. */
async function settle(): Promise<void> {
  await connect(await serve());
}

async function closed(socket: WebSocket): Promise<void> {
  socket.close();
  await once(socket, "close");
}

test("[WW14] one connection at a time is being opened to a host and port, in the order of the calls", async () => {
  const held = await HeldServer.start();
  const first = new WebSocket(`${held.url}1`);
  const second = new WebSocketStream(`${held.url}2`);
  const third = new WebSocket(`${held.url}3`);
  await settle();
  expect(held.asked).toEqual(["/1"]);
  held.answer();
  await once(first, "open");
  expect(await held.whenAsked(2)).toEqual(["/1", "/2"]);
  held.answer();
  await second.opened;
  expect(await held.whenAsked(3)).toEqual(["/1", "/2", "/3"]);
  await closed(third);
});

test("[WW14] a connection that fails lets the next one go", async () => {
  const refusing: Server = createServer((socket) => socket.destroy());
  refusing.listen(0, "127.0.0.1");
  await once(refusing, "listening");
  cleanups.push(() => refusing.close());
  const { port } = refusing.address() as AddressInfo;
  const endings: string[] = [];
  const end = (name: string): Promise<void> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      socket.addEventListener("close", () => {
        endings.push(name);
        resolve();
      });
    });
  await Promise.all([end("first"), end("second")]);
  expect(endings).toEqual(["first", "second"]);
});

test("[WW14] one that is closed while it waits fails at once, and those behind it keep waiting", async () => {
  const held = await HeldServer.start();
  const first = new WebSocket(`${held.url}1`);
  const second = new WebSocket(`${held.url}2`);
  const third = new WebSocket(`${held.url}3`);
  await closed(second);
  await settle();
  expect(held.asked).toEqual(["/1"]);
  held.answer();
  await once(first, "open");
  expect(await held.whenAsked(2)).toEqual(["/1", "/3"]);
  await closed(third);
});

test("[WW14] another host or port, and `connect`, wait for nobody", async () => {
  const held = await HeldServer.start();
  const first = new WebSocket(`${held.url}1`);
  await held.whenAsked(1);
  await once(new WebSocket(await serve()), "open");
  const otherName = new WebSocket(`${held.url.replace("127.0.0.1", "localhost")}2`);
  await held.whenAsked(2);
  connect(`${held.url}3`).catch(() => {}); // the server goes first
  expect(await held.whenAsked(3)).toEqual(["/1", "/2", "/3"]);
  await Promise.all([closed(first), closed(otherName)]);
});
