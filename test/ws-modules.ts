/** `ws` and our drop-in for it: one program runs on both, and what passes on one only is a difference nobody wrote down. */
import { once } from "node:events";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import * as ours from "../src/ws-compat/index.ts";

export type WsModule = typeof ours.WebSocket;

/** The types of the drop-in stand for both. */
export const wsModules: readonly (readonly [name: string, Ws: WsModule])[] = [
  ["ws", createRequire(import.meta.url)("ws") as WsModule],
  ["switchboard/ws", ours.WebSocket],
];

export interface ServedWs {
  readonly server: ours.WebSocketServer;
  readonly port: number;
  readonly url: string;
}

/** A server that listens until the test is over. */
export async function serveWs(Ws: WsModule, options: ours.ServerOptions = {}): Promise<ServedWs> {
  const server = new Ws.WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  onTestFinished(() => {
    for (const client of server.clients ?? []) client.terminate();
    server.close();
  });
  if (!server.address()) await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `ws://127.0.0.1:${port}` };
}
