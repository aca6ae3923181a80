/** What every program begins with: the module its library imports as `ws`, if it is ours. */
import assert from "node:assert/strict";
import { once } from "node:events";
import * as ours from "switchboard/ws";
import WebSocket, { WebSocketServer } from "ws";

assert.equal(WebSocket, ours.default, "ws is not switchboard/ws: the override has no effect");

export { WebSocket, WebSocketServer };

/** Starts a server on a free port, and returns that. */
export async function listen(server) {
  if (server.listen !== undefined) server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}
