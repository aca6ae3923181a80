import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom, type SeededRandom } from "switchboard/testing";
import { FaultyLibc, whyNoFaultyLibc } from "../faults/faulty-libc.ts";
import { checkHistory, type Verdict } from "../history/check-history.ts";
import type { HistoryEvent } from "../history/event.ts";
import { KillableServer } from "../kill/killable-server.ts";
import { readLog } from "../kill/read-log.ts";
import { RecordedClient } from "../kill/recorded-client.ts";
import { type StorePlace, stores, type StoreName } from "../kill/stores.ts";
import type { RecordEvent } from "../kill/witness.ts";
import { drawFate, drawLongerFate, FaultProxy } from "./fault-proxy.ts";
import { chaos, type FaultCounts, oneByOne } from "./fault-tracks.ts";
import { RawClient } from "./raw-client.ts";
import { StoreProxy } from "./store-proxy.ts";
import { startStore, type StoreServer } from "./store-server.ts";

/** `log` channels are kept whole and read in the end; a `short` one keeps 64 entries, so who is away for long must be told a gap. */
const channels = ["log/1", "log/2", "log/3", "short/1"];
const libraryClients = ["ada", "bob", "eve", "kim"];
const rawClients = ["raw-1", "raw-2", "raw-3", "raw-stalled"];
/** The share of what the store tells by itself that does not arrive. */
const lostHintShare = 0.05;

/** How hard it goes, and when what goes wrong. */
const regimes = {
  /** Everything as often as can be. */
  torture: { publishEveryMs: 60, pingAfterMs: 1_000, drawFate, inflictFaults: oneByOne },
  /** As a bad hour: what it remembers must fit into memory. */
  chaos: { publishEveryMs: 250, pingAfterMs: 5_000, drawFate: drawLongerFate, inflictFaults: chaos },
} as const;

export interface TortureOptions {
  readonly broker: StoreName;
  /** How many servers share the store; a client that comes back may come to any. Default 1. */
  readonly nodeCount?: number;
  readonly seconds: number;
  /** Decides every fault and their order. What the clients do meanwhile, the machine's own pace decides. */
  readonly seed: number;
  /** Default `torture`. */
  readonly regime?: keyof typeof regimes;
  readonly bug?: "ack before append";
  /** How long all that is under way may take once nothing is wrong any more. Default 60 000. */
  readonly settleWithinMs?: number;
  /** Called every few seconds with a line about how far it is. */
  readonly tell?: (line: string) => void;
  /** Called with each event of the history as it happens. */
  readonly watch?: (event: HistoryEvent) => void;
}

export interface TortureResult {
  readonly verdict: Verdict;
  readonly history: readonly HistoryEvent[];
  readonly reconnectCount: number;
  readonly lines: FaultProxy["counts"];
  readonly faults: FaultCounts;
  /** What the store told by itself, and how much of that was lost on purpose. */
  readonly hints: { told: number; lost: number };
  /** Why no commit was broken, if none was. */
  readonly note: string | undefined;
}

type Person = RecordedClient | RawClient;

/** Clients publish and subscribe over lines that break, at a server that dies; in the end everything is healed, read and judged. */
export async function torture(options: TortureOptions): Promise<TortureResult> {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-torture-"));
  const random = seededRandom(options.seed);
  const libc = makeFaultyLibc(options.broker, folder);
  const store = await startStore(options.broker);
  const hints = { told: 0, lost: 0 };
  const nodeCount = options.nodeCount ?? 1;
  const links = await openLinks({ store, nodeCount, hints, random });
  const servers = Array.from({ length: nodeCount }, (_, node) => {
    const storeUrl = urlBy(store, links[node]);
    return new KillableServer({
      broker: options.broker,
      folder,
      hookSeed: random.uint32(),
      pingAfterMs: regimes[options.regime ?? "torture"].pingAfterMs,
      ...(storeUrl === undefined ? {} : { storeUrl }),
      ...(options.bug === undefined ? {} : { bug: options.bug }),
      ...(libc === undefined ? {} : { env: libc.env }),
    });
  });
  try {
    await Promise.all(servers.map((server) => server.start()));
    const place = { folder, ...(store === undefined ? {} : { url: store.url }) };
    return await run({ ...options, place, random, libc, servers, store, links, hints });
  } finally {
    for (const server of servers) {
      server.signal("SIGCONT");
      await server.kill();
    }
    for (const link of links) await link.close();
    await store?.dispose();
    rmSync(folder, { recursive: true });
  }
}

interface OpenLinks {
  readonly store: StoreServer | undefined;
  readonly nodeCount: number;
  readonly hints: TortureResult["hints"];
  readonly random: SeededRandom;
}

/** For each node a way of its own to the store; none where the store is a file, or has a node ask who its primary is. */
async function openLinks({ hints, nodeCount, random, store }: OpenLinks): Promise<readonly StoreProxy[]> {
  const server = store?.alone;
  if (server === undefined) return [];
  const luck = seededRandom(random.uint32());
  function isLost(): boolean {
    hints.told += 1;
    const isUnlucky = luck.chance(lostHintShare);
    if (isUnlucky) hints.lost += 1;
    return isUnlucky;
  }
  const options = { targetPort: server.port, makeFilter: () => server.loseHints(isLost) };
  return Promise.all(Array.from({ length: nodeCount }, () => StoreProxy.listen(options)));
}

function urlBy(store: StoreServer | undefined, link: StoreProxy | undefined): string | undefined {
  if (store === undefined || link === undefined) return store?.url;
  const url = new URL(store.url);
  url.port = String(link.port);
  return url.href;
}

function makeFaultyLibc(broker: StoreName, folder: string): FaultyLibc | undefined {
  if (whyNoFaultyLibc !== undefined || stores[broker].files.length === 0) return undefined;
  return new FaultyLibc({ folder, files: stores[broker].files.map((name) => join(folder, name)) });
}

/** What a run is made of beside its plan. */
interface Parts extends TortureOptions {
  readonly place: StorePlace;
  readonly random: SeededRandom;
  readonly libc: FaultyLibc | undefined;
  readonly servers: readonly KillableServer[];
  readonly store: StoreServer | undefined;
  readonly links: readonly StoreProxy[];
  readonly hints: TortureResult["hints"];
}

async function run(parts: Parts): Promise<TortureResult> {
  const { broker, hints, libc, links, place, random, servers, settleWithinMs = 60_000, store, tell, watch } = parts;
  const regime = regimes[parts.regime ?? "torture"];
  const history: HistoryEvent[] = [];
  function record(...[of]: Parameters<RecordEvent>): void {
    const event = { ...of, atMs: performance.now() };
    history.push(event);
    watch?.(event);
  }
  const fates = seededRandom(random.uint32());
  const targetPort = (): number => fates.pick(servers).port;
  const proxy = await FaultProxy.listen({ targetPort, drawFate: () => regime.drawFate(fates) });
  const people = makePeople({ url: proxy.url, record, random, publishEveryMs: regime.publishEveryMs });
  await Promise.all(people.map((person) => person.open()));
  const traffic = new AbortController();
  const published = Promise.all(people.map((person) => person.publish(traffic.signal)));
  const { seconds } = parts;
  const faults = await regime.inflictFaults({ seconds, random, libc, servers, store, links, record, tell });
  traffic.abort();
  proxy.heal();
  tell?.("healed; waiting for what is under way");
  await Promise.race([published, delay(settleWithinMs, undefined, { ref: false })]);
  await settle(people, settleWithinMs);
  const reconnectCount = people.reduce((sum, person) => sum + person.reconnectCount, 0);
  await Promise.all(people.map((person) => person.close()));
  await proxy.close();
  await Promise.all(servers.map((server) => server.kill()));
  await readLog({ broker, ...place, channels, record });
  tell?.(`judging ${history.length} events`);
  const verdict = checkHistory(history);
  const note = libc === undefined ? (whyNoFaultyLibc ?? "the store is a server of its own") : undefined;
  return { verdict, history, reconnectCount, lines: proxy.counts, faults, hints, note };
}

interface MakePeople {
  readonly url: string;
  readonly record: RecordEvent;
  readonly random: SeededRandom;
  readonly publishEveryMs: number;
}

function makePeople({ publishEveryMs, random, record, url }: MakePeople): readonly Person[] {
  // One in eight is long, so that lines break within messages and slow readers fall behind.
  const padding = (messageNumber: number): string | undefined =>
    messageNumber % 8 === 0 ? "x".repeat(4_000) : undefined;
  const backoff = { minMs: 20, maxMs: 300 };
  return [
    ...libraryClients.map(
      (name) => new RecordedClient(name, { url, record, channels, publishEveryMs, backoff, padding }),
    ),
    ...rawClients.map((name) => {
      const stalls = name === "raw-stalled" ? { stalls: { everyMs: 6_000, forMs: 5_000 } } : {};
      const own = seededRandom(random.uint32());
      return new RawClient(name, { url, record, channels, random: own, publishEveryMs, padding, ...stalls });
    }),
  ];
}

/** Every client gets time to see every channel to its end. */
async function settle(people: readonly Person[], withinMs: number): Promise<void> {
  const witnesses = people.map(({ witness }) => witness);
  await Promise.all(
    channels.map((channel) => {
      const top = Math.max(...witnesses.map((witness) => witness.highestAck(channel)));
      return Promise.all(witnesses.map((witness) => witness.settle(channel, top, withinMs)));
    }),
  );
}
