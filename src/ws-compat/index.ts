import { extension } from "./extension.ts";
import { PerMessageDeflate } from "./permessage-deflate.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import { createWebSocketStream } from "./stream.ts";
import { subprotocol } from "./subprotocol.ts";
import { WebSocket } from "./web-socket.ts";
import { WebSocketServer } from "./web-socket-server.ts";

export type { BinaryType, SendData } from "./payload.ts";
export type { ExtensionOffers, ExtensionParameters } from "./extension.ts";
export type { SendOptions } from "./outgoing.ts";
export type { AcceptedParameters, PerMessageDeflateSettings } from "./permessage-deflate.ts";
export type { ReceiverOptions } from "./receiver.ts";
export type { FrameOptions, GenerateMask } from "./sender.ts";
export type {
  AddressInfo,
  CertMeta,
  ClientOptions,
  CloseEvent,
  Data,
  ErrorEvent,
  Event,
  EventListenerOptions,
  FinishRequestCallback,
  MessageEvent,
  PerMessageDeflateOptions,
  RawData,
  ServerOptions,
  VerifyClientCallbackAsync,
  VerifyClientCallbackSync,
} from "./types-of-ws.ts";
export type { WebSocketEvents } from "./web-socket-events.ts";
export type { VerifyAnswer, VerifyInfo, WebSocketServerEvents } from "./web-socket-server.ts";
export { createWebSocketStream, extension, PerMessageDeflate, Receiver, Sender, subprotocol, WebSocketServer };
export { WebSocketServer as Server };

// Everything of the module is on the class, which says so itself.
Object.assign(WebSocket, {
  Server: WebSocketServer,
  WebSocketServer,
  WebSocket,
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
});

// By a star, so that a program's `declare module "switchboard/ws" { interface WebSocket { … } }` adds to the class.
export * from "./web-socket.ts";
// `import WebSocket from "ws"` and `require("ws")` are how nearly all of its users write it.
// oxlint-disable-next-line import/no-default-export
export { WebSocket as default };
export { WebSocket as "module.exports" };
