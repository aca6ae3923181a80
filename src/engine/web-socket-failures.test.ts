import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import {
  accept,
  type CloseEvent,
  createWebSocketServer,
  type FailureEvent,
  type ServerOptions,
  WebSocket,
  type WebSocketOptions,
} from "./index.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(options: ServerOptions = {}): Promise<string> {
  const server = createWebSocketServer({ message: (socket, data) => void socket.send(data), ...options });
  cleanups.push(() => server.close({ graceMs: 1 }));
  return (await server.listen({ port: 0 })).url;
}

async function open(options?: WebSocketOptions, server?: ServerOptions): Promise<WebSocket> {
  const socket = new WebSocket(await serve(server), [], options);
  await once(socket, "open");
  return socket;
}

/** What the connection ends with: `error`, if there is one, and `close`. */
function ending(socket: WebSocket): Promise<readonly (string | number | boolean)[]> {
  const seen: string[] = [];
  for (const type of ["open", "message"]) socket.addEventListener(type, () => seen.push(type));
  socket.addEventListener("error", ({ message }: FailureEvent) => seen.push(`error: ${message}`));
  return new Promise((resolve) => {
    socket.addEventListener("close", ({ code, wasClean }: CloseEvent) => resolve([...seen, code, wasClean]));
  });
}

test("[WW2] a server that chooses none of the subprotocols has failed the connection", async () => {
  const socket = new WebSocket(await serve(), ["a", "b"]);
  expect(await ending(socket)).toEqual([
    "error: Cannot connect: the server has chosen none of the subprotocols",
    1006,
    false,
  ]);
  expect([socket.readyState, socket.protocol]).toEqual([3, ""]);
});

test("[WW4] a Blob that cannot be read fails the connection, and what was sent behind it never leaves", async () => {
  const folder = mkdtempSync(join(tmpdir(), "blob-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "file");
  writeFileSync(file, "1234");
  const blob = await openAsBlob(file);
  writeFileSync(file, "changed since");
  const got: unknown[] = [];
  const socket = await open({}, { message: (_socket, data) => got.push(data) });
  socket.send(blob);
  socket.send("behind");
  expect(await ending(socket)).toEqual(["error: The connection was terminated", 1006, false]);
  expect([socket.bufferedAmount, got]).toEqual([10, []]);
});

test("[WW6] maxQueuedBytes may wait; one byte more closes the connection, with an error event", async () => {
  const queue = { maxQueuedBytes: 1000, highWaterBytes: 1000 };
  const fits = await open(queue);
  fits.send(new Uint8Array(1000 - 8)); // and a header of 8 bytes
  await once(fits, "message");
  expect(fits.readyState).toBe(1);
  const socket = await open(queue);
  const ended = ending(socket);
  socket.send(new Uint8Array(1001 - 8));
  expect(socket.readyState).toBe(2);
  expect(await ended).toEqual(["error: More than 1000 bytes were waiting to be read", 1013, true]);
});

test("[WW8] close() between the server's answer and the open event fails the connection", async () => {
  const url = await serve({ open: (server) => void server.send("never told") });
  const states: number[] = [];
  const close = (event: unknown): void => {
    if ((event as { role: string }).role !== "client") return;
    states.push(socket.readyState);
    socket.close(3000);
    states.push(socket.readyState);
  };
  subscribe("switchboard:open", close);
  cleanups.push(() => unsubscribe("switchboard:open", close));
  const socket = new WebSocket(url);
  expect(await ending(socket)).toEqual(["error: The connection was terminated", 1006, false]);
  expect([...states, socket.readyState]).toEqual([0, 2, 3]);
});

test.each([
  ["us%er:p%C3%BC", "us%er:pü"],
  ["u%20s:%", "u s:%"],
])("[WW11] percent-encoding that is none stays in Authorization: %s", async (user, credentials) => {
  const seen: unknown[] = [];
  const url = await serve({
    upgrade({ headers }) {
      seen.push(headers["authorization"]);
      return accept();
    },
  });
  await once(new WebSocket(url.replace("//", `//${user}@`)), "open");
  expect(seen).toEqual([`Basic ${Buffer.from(credentials).toString("base64")}`]);
});

test("[WW13] compression is offered as browsers do, and extensions are what the server answered", async () => {
  const offers: unknown[] = [];
  const server: ServerOptions = {
    compression: { thresholdBytes: 0 },
    upgrade({ headers }) {
      offers.push(headers["sec-websocket-extensions"]);
      return accept();
    },
  };
  const socket = new WebSocket(await serve(server));
  expect(socket.extensions).toBe("");
  await once(socket, "open");
  expect(socket.extensions).toBe("permessage-deflate; server_no_context_takeover");
  for (let count = 0; count < 2; count++) {
    socket.send("ab".repeat(5000));
    const [{ data }] = (await once(socket, "message")) as [MessageEvent];
    expect(data).toBe("ab".repeat(5000));
  }
  expect((await open({ compression: false }, server)).extensions).toBe("");
  expect((await open({ compression: { windowBits: 12 } }, server)).extensions).toContain("client_max_window_bits=12");
  expect(offers).toEqual([
    "permessage-deflate; client_max_window_bits",
    undefined,
    "permessage-deflate; client_no_context_takeover; client_max_window_bits=12",
  ]);
});
