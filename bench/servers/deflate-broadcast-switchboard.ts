import { createPubSubServer } from "../pub-sub.ts";
import { serve } from "../serve.ts";

await serve(async () => (await createPubSubServer({ compression: {} }).listen({ port: 0 })).port);
