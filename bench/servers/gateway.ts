import { parseArgs } from "node:util";
import { channel, createGateway, event, memoryBroker, type StandardSchema, sqliteBroker } from "switchboard";
import { serve } from "../serve.ts";

const {
  positionals: [folder],
  values,
} = parseArgs({
  allowPositionals: true,
  options: {
    memory: { type: "boolean", default: false },
    deflate: { type: "boolean", default: false },
    // How many entries the channel keeps.
    history: { type: "string", default: "100000" },
  },
});

/** Whatever is published: the Socket.IO server beside this one looks at nothing either. */
const anything: StandardSchema<unknown> = {
  "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value }) },
};

const gateway = createGateway({
  channels: {
    bench: channel("bench/:id", {
      events: { message: event(anything) },
      history: { maxCount: Number(values.history) },
      limits: { publishesPerSecond: Infinity },
    }),
  },
  // The load publishes as fast as it is answered. Those that stop reading are not cut, so that what they cost is seen to the end.
  limits: { publishesPerSecond: Infinity, maxConnections: 50_000, stalledAfterMs: 300_000, deadAfterMs: 300_000 },
  broker: values.memory ? memoryBroker() : sqliteBroker({ file: `${folder}/log.db` }),
  ...(values.deflate ? { compression: {} } : {}),
});

await serve(async () => (await gateway.listen({ port: 0 })).port);
