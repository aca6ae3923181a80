import process from "node:process";

// As much of Bun's types as is used: the package would bring them for every file of the repository.
interface BunSocket {
  readonly data: string;
  subscribe(topic: string): void;
  send(data: string | Uint8Array): number;
}
interface BunServer {
  readonly port: number;
  upgrade(request: Request, options: { readonly data: string }): boolean;
  publish(topic: string, data: string | Uint8Array): number;
}
interface BunServeOptions {
  readonly port: number;
  readonly hostname: string;
  fetch(request: Request, server: BunServer): Response | undefined;
  readonly websocket: {
    readonly perMessageDeflate: boolean;
    open(socket: BunSocket): void;
    message(socket: BunSocket, data: string | Uint8Array): void;
  };
}
declare const Bun: { serve(options: BunServeOptions): BunServer };

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, self) {
    return self.upgrade(request, { data: new URL(request.url).pathname })
      ? undefined
      : new Response(null, { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      if (socket.data === "/sub") socket.subscribe("all");
    },
    message(socket, data) {
      if (socket.data === "/pub") server.publish("all", data);
      else socket.send(data);
    },
  },
});

console.log(`Listening on ${server.port}`);
process.stdin.on("end", () => process.exit(0)).resume();
