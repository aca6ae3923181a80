/** The same as in by-name.mts, by what the types of CommonJS have: everything on the class. It is not run. */
// People do write it so.
// oxlint-disable typescript/no-base-to-string
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import WebSocket = require("ws");
import Default, { type RawData, Server, WebSocketServer } from "ws";
import * as All from "ws";

class Rooms extends WebSocket.Server {
  readonly rooms: Map<string, Set<WebSocket>> = new Map();

  constructor(options?: WebSocket.ServerOptions, callback?: () => void) {
    super(options, callback);
    this.on("connection", (socket, request) => this.join(socket, request.url ?? "/"));
  }

  join(socket: WebSocket.WebSocket, room: string): void {
    const sockets = this.rooms.get(room) ?? new Set<WebSocket>();
    this.rooms.set(room, sockets.add(socket));
  }
}

interface Tagged extends WebSocket {
  isAlive: boolean;
}

const listeners: Record<string, (this: WebSocket, data: WebSocket.RawData, isBinary: boolean) => void> = {
  message(data) {
    this.send(data);
  },
};

function handle(socket: WebSocket, request: IncomingMessage): void {
  const tagged = socket as Tagged;
  tagged.isAlive = request.headers.upgrade !== undefined;
  for (const [name, listener] of Object.entries(listeners)) socket.on(name, listener);
  socket.onmessage = ({ data }: WebSocket.MessageEvent) => console.log(data.toString());
  socket.onerror = ({ error, message }: WebSocket.ErrorEvent) => console.log(error.code, message);
}

export const options: WebSocket.ServerOptions = {
  port: 8080,
  verifyClient: ((info, answer) => answer(info.secure)) as WebSocket.VerifyClientCallbackAsync,
};
export const client: WebSocket.ClientOptions = { finishRequest: (request) => void request.end() };
export const rooms: WebSocket.Server = new Rooms({ noServer: true }).on("connection", handle);
export const server: WebSocket.WebSocketServer = new WebSocket.WebSocketServer({ noServer: true });
export const others: readonly WebSocket.Server[] = [new Server(options), new WebSocketServer({ port: 0 })];
export const namespaced: All.Server = new All.WebSocketServer({ noServer: true });
export const duplex: Duplex = WebSocket.createWebSocketStream(new Default("ws://localhost"), { decodeStrings: false });
export const state: boolean = new WebSocket.WebSocket("ws://localhost").readyState === Default.OPEN;
export const raw = (data: RawData): WebSocket.Data => data;
