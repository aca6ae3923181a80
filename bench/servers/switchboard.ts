import { createPubSubServer } from "../pub-sub.ts";
import { serve } from "../serve.ts";

const options = process.argv.includes("--deflate") ? { compression: {} } : {};

await serve(async () => (await createPubSubServer(options).listen({ port: 0 })).port);
