/** The server that gets killed: `node --import tsx test/kill/server.ts PORT FILE [BUG]`. Prints its port when it listens. */
import { channel, createGateway, event, sqliteBroker } from "switchboard";
import { z } from "zod";
import { acknowledgeEarly } from "./acknowledge-early.ts";

const [, , port, file, bug] = process.argv;
if (file === undefined) throw new Error("Cannot start: give a port and a file");

const store = sqliteBroker({ file });
const gateway = createGateway({
  channels: {
    log: channel("log/:name", {
      events: { line: event(z.object({ text: z.string() })) },
      history: { maxCount: 100_000 }, // all of it is read in the end; on a busy machine the traffic goes on for long
    }),
  },
  broker: bug === "ack before append" ? acknowledgeEarly(store) : store,
  limits: {
    publishesPerSecond: Infinity,
    publishBurstCount: Infinity,
    requestsPerSecond: Infinity,
    requestBurstCount: Infinity,
  },
});

export type KillGateway = typeof gateway;

const address = await gateway.listen({ port: Number(port) });
console.log(address.port);
