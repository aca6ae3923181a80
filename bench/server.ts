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
  const maxMessageBytes = values["max-message-bytes"];
  const server = createPubSubServer({
    ...(maxMessageBytes === undefined ? {} : { maxMessageBytes: Number(maxMessageBytes) }),
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
