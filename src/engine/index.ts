export { adoptSocket, refuseSocket, type AdoptedSocket, type AdoptOptions } from "./adopt-socket.ts";
export type { AnyHttpServer } from "./attachments.ts";
export type { CloseInfo, PeerClose } from "./close-info.ts";
export type { ServerCounters, SocketCounters } from "./counters.ts";
export type { Codec } from "./codec.ts";
export { createCodec, type CompressionOptions } from "./compression.ts";
export { CompressionBudget, type CompressionBudgetOptions } from "./compression-budget.ts";
export { connect, type ConnectOptions } from "./connect.ts";
export type {
  BackpressureDiagnostics,
  CloseDiagnostics,
  CompressionDiagnostics,
  HandshakeDiagnostics,
  OpenDiagnostics,
} from "./diagnostics.ts";
export type { TapOptions, TappedFrame } from "./frame-tap.ts";
export { HandshakeError, type HandshakeErrorCode, type HandshakeErrorDetails } from "./errors.ts";
export type { SocketHandlers } from "./handlers.ts";
export type { LineLimits } from "./limits.ts";
export type { LineHooks } from "./line-options.ts";
export type { ListenAddress, ListenOptions } from "./listener.ts";
export type { MessageStream } from "./message-stream.ts";
export type { OriginPolicy } from "./origin-policy.ts";
export { createWebSocketServer } from "./server.ts";
export type { ClientSocket, EngineSocket, ServerSocket } from "./sockets.ts";
export { StreamError, type StreamErrorCode } from "./stream-error.ts";
export type { MessageData } from "./queue-message.ts";
export type { MessageSource, SendStreamOptions } from "./stream-sender.ts";
export { tapFrames } from "./tap-frames.ts";
export { TimerWheel, type WheelClock, type WheelTimer } from "./timer-wheel.ts";
export {
  accept,
  reject,
  type Accept,
  type AcceptOptions,
  type Reject,
  type ResponseHeaders,
  type UpgradeRequest,
} from "./upgrade.ts";
export { CloseEvent, type CloseEventInit } from "./close-event.ts";
export type { EventHandler } from "./event-handler.ts";
export { FailureEvent } from "./failure-event.ts";
export type { SendData } from "./web-socket-arguments.ts";
export { WebSocketError, type WebSocketCloseInfo } from "./web-socket-error.ts";
export {
  WebSocketStream,
  type WebSocketOpenInfo,
  type WebSocketStreamOptions,
  type WritableMessage,
} from "./web-socket-stream.ts";
export type { CloseServerOptions, PublishOptions, ServerOptions, WebSocketServer } from "./web-socket-server.ts";
export { WebSocket, type WebSocketEventMap, type WebSocketListener, type WebSocketOptions } from "./web-socket.ts";
// What an engine's user needs of the protocol; the handshake and the frames for one who shakes hands by himself.
export {
  acceptValue,
  applyMask,
  Connection,
  type ConnectionEvent,
  type DeflateParameters,
  frameHeaderBytes,
  type Header,
  type HandshakeRequest,
  isCloseCode,
  type MessageBytes,
  opcodes,
  type Opcode,
  prepareMessage,
  type PreparedMessage,
  ProtocolError,
  type ProtocolErrorCode,
  readHandshake,
  type Refusal,
  type Role,
  writeAccept,
  writeFrameHeader,
  type SendOptions,
} from "../protocol/index.ts";
