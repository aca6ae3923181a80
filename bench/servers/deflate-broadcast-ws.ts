import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { serve } from "../serve.ts";

// Without takeover, as Switchboard is by default; with it ws is not faster by much, and holds a context for each connection.
const perMessageDeflate = { serverNoContextTakeover: process.env["CONTEXT_TAKEOVER"] !== "1" };
const receivers = new Set<WebSocket>();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate });
server.on("connection", (socket, request) => {
  if (request.url === "/sub") {
    receivers.add(socket);
    socket.on("close", () => receivers.delete(socket));
    return;
  }
  socket.binaryType = "nodebuffer";
  socket.on("message", (data) => {
    for (const receiver of receivers) receiver.send((data as Buffer).toString());
  });
});

await serve(async () => {
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
});
