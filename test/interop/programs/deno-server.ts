/** The echo service on `Deno.serve`. Its sockets have the shape of a browser's, so it cannot ping. */
import { sayPort } from "./arguments.ts";
import { CloseBook, readCommand, serviceProtocol } from "./echo-service.ts";

/** As much of Deno's global as is used here. */
declare const Deno: {
  serve(
    options: { readonly port: number; readonly hostname: string; onListen(address: { readonly port: number }): void },
    handler: (request: Request) => Response,
  ): unknown;
  upgradeWebSocket(
    request: Request,
    options: { readonly protocol?: string },
  ): { readonly socket: WebSocket; readonly response: Response };
};

const book = new CloseBook();
Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => sayPort(port) }, (request) => {
  const isOffered = request.headers.get("sec-websocket-protocol")?.includes(serviceProtocol) === true;
  const { socket, response } = Deno.upgradeWebSocket(request, isOffered ? { protocol: serviceProtocol } : {});
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => answer(socket, data));
  socket.addEventListener("close", ({ code, reason }) => book.note(code, reason));
  return response;
});

function answer(socket: WebSocket, data: string | ArrayBuffer): void {
  const command = readCommand(typeof data === "string" ? data : new Uint8Array(data));
  switch (command.type) {
    case "echo":
      return socket.send(data);
    case "ping":
      return socket.send("unknown");
    case "close":
      return socket.close(command.code, command.reason);
    case "closed":
      return book.tell(command.code, (ending) => socket.send(ending));
    default:
      return command satisfies never;
  }
}
