import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { serve } from "../serve.ts";

// Without takeover, as Switchboard is by default; with it ws is not faster by much, and holds a context for each connection.
const perMessageDeflate = process.argv.includes("--deflate") && { serverNoContextTakeover: true };
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate });
const subscribers = new Set<WebSocket>();

server.on("connection", (socket, request) => {
  socket.binaryType = "nodebuffer";
  if (request.url === "/sub") subscribers.add(socket);
  socket.on("close", () => subscribers.delete(socket));
  socket.on("message", (data, isBinary) => {
    // Text as a string, as Switchboard hands it over.
    const message = isBinary ? data : (data as Buffer).toString();
    if (request.url !== "/pub") socket.send(message);
    else for (const subscriber of subscribers) subscriber.send(message);
  });
});

await serve(async () => {
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
});
