/** The echo service on `Bun.serve`. */
import { readArguments, sayPort, type ServerArguments } from "./arguments.ts";
import { CloseBook, readCommand, serviceProtocol } from "./echo-service.ts";

interface BunSocket {
  send(data: string | Uint8Array, compress?: boolean): number;
  ping(data: string): number;
  close(code: number, reason: string): void;
}

interface BunServer {
  readonly port: number;
  upgrade(request: Request, options: { headers: Record<string, string> }): boolean;
}

/** As much of Bun's global as is used here. */
declare const Bun: {
  serve(options: {
    readonly port: number;
    readonly hostname: string;
    fetch(request: Request, server: BunServer): Response | undefined;
    readonly websocket: {
      readonly perMessageDeflate: boolean;
      message(socket: BunSocket, data: string | Buffer): unknown;
      pong(socket: BunSocket, data: Buffer): unknown;
      close(socket: BunSocket, code: number, reason: string): unknown;
    };
  }): BunServer;
};

const { deflate } = readArguments<ServerArguments>();
const book = new CloseBook();
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, self) {
    const isOffered = request.headers.get("sec-websocket-protocol")?.includes(serviceProtocol) === true;
    const headers: Record<string, string> = isOffered ? { "Sec-WebSocket-Protocol": serviceProtocol } : {};
    return self.upgrade(request, { headers }) ? undefined : new Response("", { status: 426 });
  },
  websocket: {
    perMessageDeflate: deflate,
    message(socket, data) {
      const command = readCommand(data);
      switch (command.type) {
        case "echo":
          return socket.send(data, deflate);
        case "ping":
          return socket.ping("interop");
        case "close":
          return socket.close(command.code, command.reason);
        case "closed":
          return book.tell(command.code, (ending) => socket.send(ending));
        default:
          return command satisfies never;
      }
    },
    pong: (socket, data) => socket.send(`pong ${data.toString()}`),
    close: (_socket, code, reason) => book.note(code, reason),
  },
});
sayPort(server.port);
