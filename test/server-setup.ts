/** Engines on ports and HTTP servers, and peers of bare bytes. */
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import { createWebSocketServer, type ServerOptions } from "../src/engine/index.ts";
import { rawHandshake, RawPeer } from "./raw-peer.ts";

export const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** An HTTP server that listens, with the engines that `attachAll` puts on it. */
export async function serveHttp(attachAll: (http: HttpServer) => void): Promise<number> {
  const http = createServer((_request, response) => response.end("an ordinary answer"));
  attachAll(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(() => {
    http.close();
    http.closeAllConnections();
  });
  return (http.address() as AddressInfo).port;
}

export function createEngine<Data = undefined>(
  options: ServerOptions<Data> = {},
): ReturnType<typeof createWebSocketServer<Data>> {
  const engine = createWebSocketServer<Data>(options as ServerOptions<Data> & { upgrade: never });
  cleanups.push(() => engine.close({ graceMs: 1 }));
  return engine;
}

export async function ask(port: number, bytes: string | Uint8Array): Promise<string> {
  const peer = await RawPeer.connect(port);
  cleanups.push(() => peer.destroy());
  peer.write(bytes);
  return peer.readToEnd();
}

export async function open(port: number, options?: Parameters<typeof rawHandshake>[0]): Promise<RawPeer> {
  const peer = await RawPeer.open(port, options);
  cleanups.push(() => peer.destroy());
  return peer;
}
