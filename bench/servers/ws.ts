import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { serve } from "../serve.ts";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.binaryType = "nodebuffer";
  // Text as a string, as Switchboard hands it over.
  socket.on("message", (data, isBinary) => socket.send(isBinary ? data : (data as Buffer).toString()));
});

await serve(async () => {
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
});
