import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { serve } from "../serve.ts";

/** What is used of it. It is no dependency of ours: it lies in a folder of the bench, which is the first argument. */
interface SocketIo {
  readonly Server: new (
    server: ReturnType<typeof createServer>,
    options: object,
  ) => {
    on(event: "connection", listener: (socket: ClientSocket) => void): void;
    to(room: string): { emit(event: string, data: unknown): void };
  };
}

interface ClientSocket {
  join(room: string): void;
  on(event: string, listener: (data: unknown, acknowledge?: () => void) => void): void;
}

const [folder = ""] = process.argv.slice(2);
const { Server } = createRequire(`${folder}/package.json`)("socket.io") as SocketIo;
const http = createServer();
const io = new Server(http, { serveClient: false, transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.join("bench/1");
  socket.on("message", (data, acknowledge) => {
    io.to("bench/1").emit("message", data);
    acknowledge?.();
  });
});

await serve(async () => {
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return (http.address() as AddressInfo).port;
});
