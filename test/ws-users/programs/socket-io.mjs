/** Three clients: acknowledgements and a broadcast, text and binary. Arguments: the server's options in JSON, and `engine` for `wsEngine`. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { WebSocket, WebSocketServer } from "switchboard/ws";

const [, , json, how] = process.argv;
const { transports, ...options } = JSON.parse(json);
const http = createServer();
const io = new Server(http, how === "engine" ? { ...options, wsEngine: WebSocketServer } : options);
io.on("connection", (socket) => {
  void socket.join("room");
  socket.on("echo", (data, acknowledge) => acknowledge(data));
  socket.on("all", (data) => io.to("room").emit("news", data));
});
http.listen(0, "127.0.0.1");
await once(http, "listening");
const url = `http://127.0.0.1:${http.address().port}`;
const clients = [];
for (let count = 0; count < 3; count++) {
  const client = connect(url, { transports, forceNew: true });
  await once(client, "connect");
  if (client.io.engine.transport.name !== "websocket") await once(client.io.engine, "upgrade");
  clients.push(client);
}
const text = "é".repeat(20_000);
const bytes = Buffer.from([1, 2, 3]);
assert.equal(await clients[0].timeout(5_000).emitWithAck("echo", text), text);
assert.deepEqual(Buffer.from(await clients[0].timeout(5_000).emitWithAck("echo", bytes)), bytes);
const news = clients.map((client) => once(client, "news"));
clients[1].emit("all", { text, bytes });
for (const [data] of await Promise.all(news)) {
  assert.equal(data.text, text);
  assert.deepEqual(Buffer.from(data.bytes), bytes);
}
// Now all have been upgraded on the server's side too.
for (const { transport } of Object.values(io.engine.clients)) {
  assert.equal(transport.name, "websocket");
  assert.equal(transport.socket.constructor, WebSocket, "Socket.IO does not use switchboard/ws");
  assert.equal(transport.socket.extensions, options.perMessageDeflate ? "permessage-deflate" : "");
}
for (const client of clients) client.close();
await io.close();
