/** A route, first over the plugin's own `injectWS`, then over a port, compressed. */
import assert from "node:assert/strict";
import { once } from "node:events";
import fastifyWebSocket from "@fastify/websocket";
import Fastify from "fastify";
import { WebSocket } from "./ours.mjs";

const app = Fastify();
await app.register(fastifyWebSocket, { options: { perMessageDeflate: true } });
await app.register(async (scope) => {
  scope.get("/ws", { websocket: true }, (socket, request) => {
    socket.on("message", (message) => socket.send(`${request.query.prefix ?? ""}${message}`));
  });
});
await app.ready();
const injected = await app.injectWS("/ws?prefix=1");
const answered = once(injected, "message");
injected.send("x");
assert.equal(String((await answered)[0]), "1x");
injected.terminate();
await app.listen({ port: 0, host: "127.0.0.1" });
const client = new WebSocket(`ws://127.0.0.1:${app.server.address().port}/ws`);
await once(client, "open");
assert.equal(client.extensions, "permessage-deflate");
const text = "é".repeat(3_000);
const echoed = once(client, "message");
client.send(text);
assert.equal(String((await echoed)[0]), text);
client.close();
await once(client, "close");
await app.close();
