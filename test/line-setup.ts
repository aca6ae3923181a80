/** A line of a server, with a raw peer at its other end. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach } from "vitest";
import { deferred } from "../src/engine/deferred.ts";
import {
  type CloseInfo,
  createWebSocketServer,
  type ServerOptions,
  type ServerSocket,
  TimerWheel,
} from "../src/engine/index.ts";
import { FakeWheelClock } from "./fake-wheel-clock.ts";
import { RawPeer } from "./raw-peer.ts";

export const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

export interface Setup {
  readonly clock: FakeWheelClock;
  readonly peer: RawPeer;
  /** The server's side of `peer`. */
  readonly line: ServerSocket;
  /** The transport of `line`. */
  readonly transport: Socket;
  readonly port: number;
  readonly sockets: ReadonlySet<ServerSocket>;
  /** What `close` was told, when it is. */
  readonly closed: Promise<CloseInfo>;
}

/** A server, and one raw peer that has shaken hands with it. */
export async function setUp(options: ServerOptions = {}): Promise<Setup> {
  const clock = new FakeWheelClock();
  const opened = deferred<ServerSocket>();
  const closed = deferred<CloseInfo>();
  const server = createWebSocketServer({
    timers: new TimerWheel({ clock }),
    ...options,
    open(socket) {
      opened.resolve(socket);
      return options.open?.(socket);
    },
    close(socket, info) {
      closed.resolve(info);
      return options.close?.(socket, info);
    },
  });
  const transports: Socket[] = [];
  const http = createServer().on("connection", (socket) => transports.push(socket));
  server.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const peer = await RawPeer.open(port);
  cleanups.push(() => {
    peer.destroy();
    for (const socket of transports) socket.destroy();
    http.close();
  });
  const [transport] = transports;
  if (transport === undefined) throw new Error("Cannot set up: no connection was made");
  return { clock, peer, line: await opened.promise, transport, port, sockets: server.sockets, closed: closed.promise };
}

/** Collects what `message` is told, and says when a given text came. */
export function collect(): {
  messages: (string | Uint8Array)[];
  message: (socket: ServerSocket, data: string | Uint8Array) => void;
  until: (last: string) => Promise<void>;
} {
  const messages: (string | Uint8Array)[] = [];
  const waiting = new Map<string, () => void>();
  return {
    messages,
    message(_socket, data) {
      messages.push(data);
      if (typeof data === "string") waiting.get(data)?.();
    },
    until: (last) => new Promise((resolve) => waiting.set(last, resolve)),
  };
}

/** A peer that does not read, and sends until its side is full. */
export async function fill({ peer, line }: Setup, untilBytes: number): Promise<void> {
  peer.socket.pause();
  while (line.bufferedBytes < untilBytes && line.state === "open") {
    line.send(new Uint8Array(64 * 1024));
    await turn();
  }
}
