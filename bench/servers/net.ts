import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { serve } from "../serve.ts";

// No handshake, no frames: what the same bytes cost on a bare socket.
const server = createServer({ noDelay: true }, (socket) => {
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1");

await serve(async () => {
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
});
