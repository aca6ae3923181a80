import { parseArgs } from "node:util";
import {
  type Broker,
  channel,
  createGateway,
  event,
  jetStreamBroker,
  memoryBroker,
  redisBroker,
  sqliteBroker,
  type StandardSchema,
} from "switchboard";
import { watchCollections } from "../collections.ts";
import { serve } from "../serve.ts";

const {
  positionals: [folder],
  values,
} = parseArgs({
  allowPositionals: true,
  options: {
    memory: { type: "boolean", default: false },
    deflate: { type: "boolean", default: false },
    // The store that nodes share.
    store: { type: "string" },
    "drain-ms": { type: "string", default: "0" },
    // How many entries the channel keeps.
    history: { type: "string", default: "100000" },
  },
});

/** Whatever is published: the Socket.IO server beside this one looks at nothing either. */
const anything: StandardSchema<unknown> = {
  "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value }) },
};

/** How often the log was read: for entries or a first look, and to see whether a hint was lost, which is every 2 s for each channel. */
const reads = { log: 0, probes: 0 };

/** The broker as it is, its reads counted. */
function countReads(broker: Broker): Broker {
  return new Proxy(broker, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "read") return value.bind(target) as unknown;
      return async (request: Parameters<Broker["read"]>[0]) => {
        const page = await target.read(request);
        if (page.entries.length === 0 && request.after === page.top.offset) reads.probes += 1;
        else reads.log += 1;
        return page;
      };
    },
  });
}

function openStore(): Broker {
  const { memory, store: url } = values;
  if (memory) return memoryBroker();
  if (url === undefined) return sqliteBroker({ file: `${folder}/log.db` });
  return countReads(url.startsWith("nats:") ? jetStreamBroker({ url }) : redisBroker({ url }));
}

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
  broker: openStore(),
  ...(values.deflate ? { compression: {} } : {}),
});

process.once("SIGTERM", () => {
  void gateway.close({ graceMs: 25_000, drainMs: Number(values["drain-ms"]) }).then(() => process.exit(0));
});

const takeCollections = watchCollections();
await serve(async () => (await gateway.listen({ port: 0 })).port, {
  reads: () => JSON.stringify(reads),
  collections: () => JSON.stringify(takeCollections()),
  memory: () => JSON.stringify(process.memoryUsage()),
});
