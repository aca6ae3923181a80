/** MQTT.js and the broker aedes, over `createWebSocketStream`: a message of 200 kB comes back. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import aedes from "aedes";
import mqtt from "mqtt";
import { listen, WebSocket, WebSocketServer } from "./ours.mjs";

const broker = aedes();
const http = createServer();
const server = new WebSocketServer({ server: http });
server.on("connection", (socket) => broker.handle(WebSocket.createWebSocketStream(socket)));
const port = await listen(http);
const client = await mqtt.connectAsync(`ws://127.0.0.1:${port}`);
await client.subscribeAsync("topic");
const told = once(client, "message");
const body = Buffer.alloc(200_000, "x");
await client.publishAsync("topic", body, { qos: 1 });
const [topic, payload] = await told;
assert.equal(topic, "topic");
assert.ok(payload.equals(body));
await client.endAsync();
broker.close();
server.close();
http.close();
