import { createWebSocketStream } from "./stream.ts";
import { WebSocket as Socket } from "./web-socket.ts";
import { WebSocketServer } from "./web-socket-server.ts";

export type { ClientOptions } from "./client-handshake.ts";
export type { BinaryType, RawData, SendData } from "./payload.ts";
export {
  WebSocketServer,
  type ServerOptions,
  type VerifyAnswer,
  type VerifyInfo,
  type WebSocketServerEvents,
} from "./web-socket-server.ts";
export type { SendOptions, WebSocketEvents } from "./web-socket.ts";
export { createWebSocketStream };

/** The module as `ws` has it: the class, with everything else on it. */
export const WebSocket: typeof Socket & {
  readonly Server: typeof WebSocketServer;
  readonly WebSocketServer: typeof WebSocketServer;
  readonly WebSocket: typeof Socket;
  readonly createWebSocketStream: typeof createWebSocketStream;
} = Object.assign(Socket, { Server: WebSocketServer, WebSocketServer, WebSocket: Socket, createWebSocketStream });
/** A socket of either side. */
export type WebSocket = Socket;

// `import WebSocket from "ws"` and `require("ws")` are how nearly all of its users write it.
// oxlint-disable-next-line import/no-default-export
export { WebSocket as default };
export { WebSocket as "module.exports" };
