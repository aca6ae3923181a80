import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { serve } from "../serve.ts";

// No handshake, no frames: what the same bytes cost on a bare socket. The first chunk is the path.
const subscribers = new Set<Socket>();

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => socket.destroy());
  socket.on("close", () => subscribers.delete(socket));
  socket.once("data", (path) => {
    const isPublisher = path.toString() === "/pub";
    if (path.toString() === "/sub") subscribers.add(socket);
    socket.on("data", (chunk) => {
      if (!isPublisher) socket.write(chunk);
      else for (const subscriber of subscribers) subscriber.write(chunk);
    });
    socket.write(path);
  });
});
server.listen(0, "127.0.0.1");

await serve(async () => {
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
});
