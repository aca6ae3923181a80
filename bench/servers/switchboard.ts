import { createPubSubServer } from "../pub-sub.ts";
import { serve } from "../serve.ts";

await serve(async () => (await createPubSubServer().listen({ port: 0 })).port);
