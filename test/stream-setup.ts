import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import {
  type CloseInfo,
  createWebSocketServer,
  type ServerOptions,
  type ServerSocket,
  TimerWheel,
} from "../src/engine/index.ts";
import { deferred } from "../src/engine/deferred.ts";
import { FakeWheelClock } from "./fake-wheel-clock.ts";
import { RawPeer } from "./raw-peer.ts";

/** A server and one raw peer that has shaken hands with it. */
export interface StreamSetup {
  readonly clock: FakeWheelClock;
  readonly peer: RawPeer;
  /** The server's side of `peer`. */
  readonly line: ServerSocket;
  /** The transport of `line`. */
  readonly transport: Socket;
  readonly url: string;
  /** What `close` was told, when it is. */
  readonly closed: Promise<CloseInfo>;
  readonly end: () => void;
}

export async function setUpStreams(options: ServerOptions): Promise<StreamSetup> {
  const clock = new FakeWheelClock();
  const opened = deferred<ServerSocket>();
  const closed = deferred<CloseInfo>();
  const server = createWebSocketServer({
    timers: new TimerWheel({ clock }),
    ...options,
    open: opened.resolve,
    close: (_socket, info) => closed.resolve(info),
  });
  const transports: Socket[] = [];
  const http = createServer().on("connection", (socket) => transports.push(socket));
  server.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const peer = await RawPeer.open(port);
  function end(): void {
    peer.destroy();
    for (const socket of transports) socket.destroy();
    http.close();
  }
  const line = await opened.promise;
  const [transport] = transports;
  if (transport === undefined) throw new Error("Cannot set up: no connection was made");
  return { clock, peer, line, transport, url: `ws://127.0.0.1:${port}`, closed: closed.promise, end };
}
