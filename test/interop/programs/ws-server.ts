/** The echo service on ws. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { readArguments, sayPort, type ServerArguments } from "./arguments.ts";
import { CloseBook, readCommand, serviceProtocol } from "./echo-service.ts";

const { deflate } = readArguments<ServerArguments>();
const book = new CloseBook();
const http = createServer();
const server = new WebSocketServer({
  server: http,
  perMessageDeflate: deflate,
  handleProtocols: (offered) => offered.has(serviceProtocol) && serviceProtocol,
});
server.on("connection", (socket) => {
  socket.on("message", (data: Buffer, isBinary) => {
    const command = readCommand(isBinary ? data : data.toString());
    switch (command.type) {
      case "echo":
        return socket.send(data, { binary: isBinary });
      case "ping":
        return socket.ping("interop");
      case "close":
        return socket.close(command.code, command.reason);
      case "closed":
        return book.tell(command.code, (ending) => socket.send(ending));
      default:
        return command satisfies never;
    }
  });
  socket.on("pong", (data) => socket.send(`pong ${data.toString()}`));
  socket.on("close", (code, reason) => book.note(code, reason.toString()));
});
http.listen(0, "127.0.0.1", () => sayPort((http.address() as AddressInfo).port));
