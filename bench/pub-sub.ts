import { accept, createWebSocketServer, type CompressionOptions, type WebSocketServer } from "switchboard/engine";

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
  } = {},
): WebSocketServer<string> {
  const server = createWebSocketServer<string>({
    ...options,
    origins: "any",
    upgrade: (request) => accept({ data: request.path }),
    open(socket) {
      if (socket.data === "/sub") socket.subscribe("all");
    },
    message(socket, data) {
      if (socket.data === "/pub") server.publish("all", data);
      else socket.send(data);
    },
  });
  return server;
}
