import process from "node:process";

// As much of Deno's types as is used.
interface DenoServeOptions {
  readonly port: number;
  readonly hostname: string;
  onListen(address: { readonly port: number }): void;
}
declare const Deno: {
  serve(options: DenoServeOptions, handler: (request: Request) => Response): void;
  upgradeWebSocket(request: Request): { readonly socket: WebSocket; readonly response: Response };
};

const subscribers = new Set<WebSocket>();

Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log(`Listening on ${port}`) },
  (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const path = new URL(request.url).pathname;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      if (path === "/sub") subscribers.add(socket);
    });
    socket.addEventListener("close", () => subscribers.delete(socket));
    socket.addEventListener("message", ({ data }) => {
      if (path !== "/pub") socket.send(data as string | ArrayBuffer);
      else for (const subscriber of subscribers) subscriber.send(data as string | ArrayBuffer);
    });
    return response;
  },
);

process.stdin.on("end", () => process.exit(0)).resume();
