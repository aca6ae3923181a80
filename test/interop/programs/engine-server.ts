/** The echo service on the engine. */
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { createSecureServer, createServer as createHttp2Server, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { createWebSocketServer, type AnyHttpServer } from "../../../src/engine/index.ts";
import { readArguments, sayPort, type ServerArguments } from "./arguments.ts";
import { CloseBook, readCommand, serviceProtocol } from "./echo-service.ts";

const given = readArguments<ServerArguments>();
const book = new CloseBook();
const server = createWebSocketServer({
  protocols: [serviceProtocol],
  origins: "any",
  ...(given.deflate ? { compression: {} } : {}),
  message(socket, data) {
    const command = readCommand(data);
    switch (command.type) {
      case "echo":
        return socket.send(data);
      case "ping":
        return socket.ping(new TextEncoder().encode("interop"));
      case "close":
        return socket.close(command.code, command.reason);
      case "closed":
        return book.tell(command.code, (ending) => socket.send(ending));
      default:
        return command satisfies never;
    }
  },
  pong: (socket, data) => socket.send(`pong ${new TextDecoder().decode(data)}`),
  close: (_socket, { code, reason, by }) => {
    if (by === "peer") book.note(code, reason);
  },
});
const http = createHttpServer();
server.attach(http);
http.listen(0, "127.0.0.1", () => sayPort((http.address() as AddressInfo).port));

function createHttpServer(): AnyHttpServer {
  switch (given.transport) {
    case "h1":
      return createServer(servePage);
    case "h2c":
      return createHttp2Server(servePage);
    case "tls":
      return createSecureServer(
        { key: readFileSync(given.key), cert: readFileSync(given.certificate), allowHTTP1: true },
        servePage,
      );
    default:
      return given.transport satisfies never;
  }
}

/** What a browser loads first: its sockets come from that page, with HTTP/2 over the session it came over. */
function servePage(_request: unknown, response: ServerResponse | Http2ServerResponse): void {
  response.setHeader("Content-Type", "text/html");
  response.end("<!doctype html><title>interop</title>");
}
