/** `npm run -s bench:server -- --port N [--deflate] [--max-message-bytes N]`: our engine as any load generator sees it. */
import { parseArgs } from "node:util";
import { createPubSubServer } from "./pub-sub.ts";

const options = {
  port: { type: "string" },
  "max-message-bytes": { type: "string" },
  deflate: { type: "boolean", default: false },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.port === undefined) throw new TypeError("Cannot listen: give --port N, 0 for any");
  const maxMessageBytes = Number(values["max-message-bytes"] ?? 2 ** 20);
  const server = createPubSubServer({
    maxMessageBytes,
    maxFragmentCount: Math.max(1024, Math.ceil(maxMessageBytes / 64)), // Autobahn 9.3 cuts a message so small
    ...(values.deflate ? { compression: {} } : {}),
  });
  const { url } = await server.listen({ port: Number(values.port) });
  console.log(`Listening on ${url}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
