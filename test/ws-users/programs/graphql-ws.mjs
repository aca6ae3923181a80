/** A subscription of three values. */
import assert from "node:assert/strict";
import { buildSchema } from "graphql";
import { createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { listen, WebSocket, WebSocketServer } from "./ours.mjs";

async function* count() {
  for (let value = 1; value <= 3; value++) yield { count: value };
}

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
const port = await listen(server);
const schema = buildSchema("type Query { hi: String } type Subscription { count: Int }");
const cleanup = useServer({ schema, roots: { query: { hi: () => "there" }, subscription: { count } } }, server);
const client = createClient({ url: `ws://127.0.0.1:${port}`, webSocketImpl: WebSocket });
const got = [];
for await (const { data } of client.iterate({ query: "subscription { count }" })) got.push(data.count);
assert.deepEqual(got, [1, 2, 3]);
await client.dispose();
await cleanup.dispose();
