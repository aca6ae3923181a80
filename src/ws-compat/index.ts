import { extension } from "./extension.ts";
import { PerMessageDeflate } from "./permessage-deflate.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import { createWebSocketStream } from "./stream.ts";
import { subprotocol } from "./subprotocol.ts";
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
export type { ExtensionOffers, ExtensionParameters } from "./extension.ts";
export type { SendOptions } from "./outgoing.ts";
export type { AcceptedParameters, PerMessageDeflateOptions } from "./permessage-deflate.ts";
export type { ReceiverOptions } from "./receiver.ts";
export type { FrameOptions, GenerateMask } from "./sender.ts";
export type { WebSocketEvents } from "./web-socket-events.ts";
export { createWebSocketStream, extension, PerMessageDeflate, Receiver, Sender, subprotocol };

/** The module as `ws` has it: the class, with everything else on it. */
export const WebSocket: typeof Socket & {
  readonly Server: typeof WebSocketServer;
  readonly WebSocketServer: typeof WebSocketServer;
  readonly WebSocket: typeof Socket;
  readonly createWebSocketStream: typeof createWebSocketStream;
  readonly extension: typeof extension;
  readonly PerMessageDeflate: typeof PerMessageDeflate;
  readonly Receiver: typeof Receiver;
  readonly Sender: typeof Sender;
  readonly subprotocol: typeof subprotocol;
} = Object.assign(Socket, {
  Server: WebSocketServer,
  WebSocketServer,
  WebSocket: Socket,
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
});
/** A socket of either side. */
export type WebSocket = Socket;

// `import WebSocket from "ws"` and `require("ws")` are how nearly all of its users write it.
// oxlint-disable-next-line import/no-default-export
export { WebSocket as default };
export { WebSocket as "module.exports" };
