import { createPubSubServer } from "../pub-sub.ts";
import { serve } from "../serve.ts";

// Without what Node does not document: the way behind the fast one.
const options = { directIo: false, ...(process.argv.includes("--deflate") ? { compression: {} } : {}) };

await serve(async () => (await createPubSubServer(options).listen({ port: 0 })).port);
