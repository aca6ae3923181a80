/** The types of `@types/ws` by their names there. With them a program written to those compiles against ours as it is. */
export type { AddressInfo } from "node:net";
export type { CertMeta, ClientOptions, FinishRequestCallback } from "./client-handshake.ts";
export type {
  CloseEvent,
  ErrorEvent,
  Event,
  EventListenerOptions,
  MessageEvent,
  WebSocketEventMap,
} from "./event-listeners.ts";
export type { Data, RawData } from "./payload.ts";
export type { PerMessageDeflateOptions } from "./permessage-deflate.ts";
export type {
  ServerOptions,
  VerifyClientCallbackAsync,
  VerifyClientCallbackSync,
  WebSocketServer as Server,
} from "./web-socket-server.ts";
export type { WebSocket as WebSocketOfModule } from "./web-socket.ts";
