import { EventEmitter, on } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { setupWSConnection } from "@y/websocket-server/utils";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { Server as SocketServer } from "socket.io";
import { WebSocketServer } from "switchboard/ws";
import { serve } from "../serve.ts";

// Socket.IO takes the class.
const io = new SocketServer({ wsEngine: WebSocketServer });
io.on("connection", (socket) => {
  socket.on("say", (text: unknown, acknowledge: unknown) => {
    io.emit("said", String(text).slice(0, 200));
    if (typeof acknowledge === "function") acknowledge();
  });
});

// The others take a server.
const graphqlSockets = new WebSocketServer({ noServer: true });
const startedMs = performance.now();
async function* countSeconds(): AsyncGenerator<{ readonly seconds: number }> {
  for (;;) {
    yield { seconds: Math.round((performance.now() - startedMs) / 1000) };
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
useServer(
  {
    schema: buildSchema("type Query { hello: String } type Subscription { seconds: Int }"),
    roots: { query: { hello: () => "there" }, subscription: { seconds: countSeconds } },
  },
  graphqlSockets,
);

const trpcSockets = new WebSocketServer({ noServer: true });
const t = initTRPC.create();
const changes = new EventEmitter();
let total = 0;
const router = t.router({
  add: t.procedure.mutation(() => {
    total++;
    changes.emit("total");
    return total;
  }),
  total: t.procedure.subscription(async function* ({ signal }) {
    const told = on(changes, "total", { ...(signal !== undefined && { signal }) }); // from now on, so that nothing is missed
    yield total;
    for await (const _ of told) yield total;
  }),
});
export type Router = typeof router;
applyWSSHandler({ wss: trpcSockets, router });

const yjsSockets = new WebSocketServer({ noServer: true });
yjsSockets.on("connection", setupWSConnection);

const byPath = new Map([
  ["graphql", graphqlSockets],
  ["trpc", trpcSockets],
  ["yjs", yjsSockets],
]);

/** What is nobody's path here is Socket.IO's, which also ends what is nobody's at all. */
function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const sockets = byPath.get(/^\/(?<name>\w+)/u.exec(request.url ?? "")?.groups?.["name"] ?? "");
  sockets?.handleUpgrade(request, socket, head, (webSocket) => sockets.emit("connection", webSocket, request));
}

await serve({
  title: "The drop-in",
  folder: import.meta.dirname,
  attach(server: Server) {
    io.attach(server);
    server.on("upgrade", upgrade);
  },
  async close() {
    for (const sockets of byPath.values()) {
      for (const socket of sockets.clients) socket.close(1001);
      sockets.close();
    }
    await io.close();
  },
});
