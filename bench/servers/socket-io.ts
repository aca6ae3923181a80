import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createClient } from "@redis/client";
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

interface StreamsAdapter {
  createAdapter(client: object): unknown;
}

/** With a store's URL it is one of several nodes, which go by the streams of that Redis, and its clients' sessions are recovered. */
const [folder = "", storeUrl] = process.argv.slice(2);
const requirePeer = createRequire(`${folder}/package.json`);
const { Server } = requirePeer("socket.io") as SocketIo;

async function joinNodes(url: string): Promise<object> {
  const client = createClient({ url });
  await client.connect();
  const { createAdapter } = requirePeer("@socket.io/redis-streams-adapter") as StreamsAdapter;
  return { adapter: createAdapter(client), connectionStateRecovery: { maxDisconnectionDuration: 120_000 } };
}

const http = createServer();
const io = new Server(http, {
  serveClient: false,
  transports: ["websocket"],
  ...(storeUrl === undefined ? {} : await joinNodes(storeUrl)),
});

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
