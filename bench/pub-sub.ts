import {
  accept,
  type CompressionOptions,
  createWebSocketServer,
  type MessageData,
  type ServerSocket,
  type WebSocketServer,
} from "switchboard/engine";

/**
 * The server of every suite, ours: what comes on `/pub` goes, type unchanged, to every connection on `/sub`; on any other path
 * it is sent back.
 */
export function createPubSubServer(
  options: {
    readonly maxMessageBytes?: number;
    readonly maxFragmentCount?: number;
    readonly compression?: CompressionOptions;
    readonly directIo?: boolean;
    /** What messages come as: bytes for one callback, as uWebSockets.js gives them, or strings and arrays to keep. Default bytes. */
    readonly handler?: "messageBytes" | "message";
  } = {},
): WebSocketServer<string> {
  const { handler = "messageBytes", ...others } = options;
  const pass = (socket: ServerSocket<string>, data: MessageData): void => {
    if (socket.data === "/pub") server.publish("all", data);
    else socket.send(data);
  };
  const server = createWebSocketServer<string>({
    ...others,
    origins: "any",
    upgrade: (request) => accept({ data: request.path }),
    open(socket) {
      if (socket.data === "/sub") socket.subscribe("all");
    },
    [handler]: pass,
  });
  return server;
}
