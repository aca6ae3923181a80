import { createPubSubServer } from "../pub-sub.ts";
import { serve } from "../serve.ts";

// Messages that are the handler's to keep: strings and arrays of their own.
const options = { handler: "message", ...(process.argv.includes("--deflate") ? { compression: {} } : {}) } as const;

await serve(async () => (await createPubSubServer(options).listen({ port: 0 })).port);
