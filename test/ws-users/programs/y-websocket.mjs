/** Two documents that become the same. */
import assert from "node:assert/strict";
import { setupWSConnection } from "@y/websocket-server/utils";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { listen, WebSocket, WebSocketServer } from "./ours.mjs";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
const port = await listen(server);
server.on("connection", setupWSConnection);
const documents = [new Y.Doc(), new Y.Doc()];
const providers = documents.map(
  (document) =>
    new WebsocketProvider(`ws://127.0.0.1:${port}`, "room", document, {
      WebSocketPolyfill: WebSocket,
      disableBc: true,
    }),
);
await Promise.all(providers.map((provider) => new Promise((resolve) => provider.once("sync", resolve))));
const [first, second] = documents.map((document) => document.getText("text"));
const seen = new Promise((resolve) => second.observe(() => resolve(second.toJSON())));
first.insert(0, "hello");
assert.equal(await seen, "hello");
for (const provider of providers) provider.destroy();
for (const client of server.clients) client.terminate();
server.close();
process.exit(); // the server's document has a timer that nobody can stop
