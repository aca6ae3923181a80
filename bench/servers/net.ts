import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { serve } from "../serve.ts";

// A handshake, and then a bare socket: the frames go back as they came, masked, and nobody reads them.
const subscribers = new Set<Socket>();
const server = createServer();

server.on("upgrade", (request, socket: Socket) => {
  const accept = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.end());
  if (request.url === "/sub") {
    subscribers.add(socket);
    socket.on("close", () => subscribers.delete(socket));
  }
  const isPublisher = request.url === "/pub";
  socket.on("data", (chunk) => {
    if (!isPublisher) socket.write(chunk);
    else for (const subscriber of subscribers) subscriber.write(chunk);
  });
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
});
server.listen(0, "127.0.0.1");

await serve(async () => {
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
});
