import type { ClientRequest, IncomingMessage } from "node:http";
import type { RawData } from "./payload.ts";

/** What a {@link WebSocket} emits, as `ws` does. */
export interface WebSocketEvents {
  open: [];
  /** Text comes as a `Buffer` too: look at `isBinary`. */
  message: [data: RawData, isBinary: boolean];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** The code and the reason of the peer's close frame: 1005 if it had none, 1006 if there was no frame. */
  close: [code: number, reason: Buffer];
  error: [error: Error];
  upgrade: [response: IncomingMessage];
  "unexpected-response": [request: ClientRequest, response: IncomingMessage];
  redirect: [url: string, request: ClientRequest];
}
