/** A query and a subscription. */
import assert from "node:assert/strict";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { listen, WebSocket, WebSocketServer } from "./ours.mjs";

const t = initTRPC.create();
const router = t.router({
  hi: t.procedure.query(() => "there"),
  count: t.procedure.subscription(async function* () {
    yield 1;
    yield 2;
  }),
});
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
const port = await listen(server);
applyWSSHandler({ wss: server, router });
const socket = createWSClient({ url: `ws://127.0.0.1:${port}`, WebSocket });
const client = createTRPCClient({ links: [wsLink({ client: socket })] });
assert.equal(await client.hi.query(), "there");
const got = await new Promise((resolve, reject) => {
  const all = [];
  client.count.subscribe(undefined, {
    onData: (value) => all.push(value),
    onComplete: () => resolve(all),
    onError: reject,
  });
});
assert.deepEqual(got, [1, 2]);
await socket.close();
server.close();
