/** The server that gets killed: `node --import tsx test/kill/server.ts OPTIONS`, JSON. Prints its port when it listens. */
import { channel, createGateway, event } from "switchboard";
import { seededRandom } from "switchboard/testing";
import { z } from "zod";
import { acknowledgeEarly } from "./acknowledge-early.ts";
import { stores, type StoreName } from "./stores.ts";

/** What the program is told on its command line. */
export interface KillServerOptions {
  readonly port: number;
  readonly broker: StoreName;
  readonly folder: string;
  /** Of a store that is a server. */
  readonly storeUrl?: string;
  readonly bug?: "ack before append";
  /** The application's hooks throw, reject and hang now and then, as this seed has it. Default: they do not. */
  readonly hookSeed?: number;
  readonly pingAfterMs?: number;
  /** How long credentials are good for. Default: for ever. */
  readonly lifeMs?: number;
}

const {
  broker,
  bug,
  folder,
  hookSeed,
  lifeMs = Infinity,
  pingAfterMs = 25_000,
  port,
  storeUrl,
} = JSON.parse(process.argv[2] ?? "{}") as KillServerOptions;

const random = hookSeed === undefined ? undefined : seededRandom(hookSeed);

/** Yes; but an unsteady hook may do anything else. A client of ours ends a room whose subscription fails, so only raw ones are failed there. */
function decide(mayFail: boolean): boolean | Promise<boolean> {
  const fate = mayFail && random !== undefined ? random.below(200) : Infinity;
  if (fate < 2) throw new Error("The hook throws, as planned");
  if (fate < 4) return Promise.reject(new Error("The hook rejects, as planned"));
  return fate < 5 ? new Promise<never>(() => {}) : true;
}

const events = { line: event(z.object({ text: z.string(), padding: z.string().optional() })) };

function authorize({ action, user }: { readonly action: string; readonly user: { readonly id: string } }) {
  return decide(action === "publish" || user.id.startsWith("raw"));
}

const store = stores[broker].create({ folder, ...(storeUrl === undefined ? {} : { url: storeUrl }) });
const gateway = createGateway({
  channels: {
    // All of it is read in the end; on a busy machine the traffic goes on for long.
    log: channel("log/:name", { events, history: { maxCount: 1_000_000 }, authorize }),
    room: channel("room/:name", { events, presence: true, authorize }),
    short: channel("short/:name", { events, history: { maxCount: 64 }, authorize }),
  },
  authenticate: async ({ device, token }) =>
    (await decide(true)) ? { user: { id: token ?? device }, expiresAtMs: Date.now() + lifeMs } : undefined,
  broker: bug === "ack before append" ? acknowledgeEarly(store) : store,
  limits: {
    publishesPerSecond: Infinity,
    publishBurstCount: Infinity,
    requestsPerSecond: Infinity,
    requestBurstCount: Infinity,
    pingAfterMs,
    ...(hookSeed === undefined ? {} : { hookTimeoutMs: 250 }),
  },
});

export type KillGateway = typeof gateway;

process.once("SIGTERM", () => void gateway.close({ graceMs: 2_000 }).then(() => process.exit()));

const address = await gateway.listen({ port });
console.log(address.port);
