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
import { drawFate, FaultProxy } from "./fault-proxy.ts";
import { drawProcessFault, inflict } from "./process-faults.ts";
import { RawClient } from "./raw-client.ts";
import { startStore, type StoreServer } from "./store-server.ts";

/** `log` channels are kept whole and read in the end; a `short` one keeps 64 entries, so who is away for long must be told a gap. */
const channels = ["log/1", "log/2", "log/3", "short/1"];
const libraryClients = ["ada", "bob", "eve", "kim"];
const rawClients = ["raw-1", "raw-2", "raw-3", "raw-stalled"];
const publishEveryMs = 60;

export interface TortureOptions {
  readonly broker: StoreName;
  /** How many servers share the store; a client that comes back may come to any. Default 1. */
  readonly nodeCount?: number;
  readonly seconds: number;
  /** Decides every fault and their order. What the clients do meanwhile, the machine's own pace decides. */
  readonly seed: number;
  readonly bug?: "ack before append";
  /** How long all that is under way may take once nothing is wrong any more. Default 60 000. */
  readonly settleWithinMs?: number;
  /** Called every few seconds with a line about how far it is. */
  readonly tell?: (line: string) => void;
}

export interface TortureResult {
  readonly verdict: Verdict;
  readonly history: readonly HistoryEvent[];
  readonly reconnectCount: number;
  readonly lines: FaultProxy["counts"];
  /** How often each kind of fault of the process was inflicted. */
  readonly faults: ReadonlyMap<string, number>;
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
  const servers = Array.from({ length: options.nodeCount ?? 1 }, () => {
    return new KillableServer({
      broker: options.broker,
      folder,
      hookSeed: random.uint32(),
      pingAfterMs: 1_000,
      ...(store === undefined ? {} : { storeUrl: store.url }),
      ...(options.bug === undefined ? {} : { bug: options.bug }),
      ...(libc === undefined ? {} : { env: libc.env }),
    });
  });
  try {
    await Promise.all(servers.map((server) => server.start()));
    const place = { folder, ...(store === undefined ? {} : { url: store.url }) };
    return await run({ ...options, place, random, libc, servers, store });
  } finally {
    for (const server of servers) {
      server.signal("SIGCONT");
      await server.kill();
    }
    await store?.dispose();
    rmSync(folder, { recursive: true });
  }
}

function makeFaultyLibc(broker: StoreName, folder: string): FaultyLibc | undefined {
  if (whyNoFaultyLibc !== undefined || stores[broker].files.length === 0) return undefined;
  return new FaultyLibc({ folder, files: stores[broker].files.map((name) => join(folder, name)) });
}

interface Chamber extends TortureOptions {
  readonly place: StorePlace;
  readonly random: SeededRandom;
  readonly libc: FaultyLibc | undefined;
  readonly servers: readonly KillableServer[];
  readonly store: StoreServer | undefined;
}

async function run(chamber: Chamber): Promise<TortureResult> {
  const { broker, libc, place, random, servers, settleWithinMs = 60_000, tell } = chamber;
  const history: HistoryEvent[] = [];
  function record(...[event]: Parameters<RecordEvent>): void {
    history.push({ ...event, atMs: performance.now() });
  }
  const fates = seededRandom(random.uint32());
  const targetPort = (): number => fates.pick(servers).port;
  const proxy = await FaultProxy.listen({ targetPort, drawFate: () => drawFate(fates) });
  const people = makePeople(proxy.url, record, random);
  await Promise.all(people.map((person) => person.open()));
  const traffic = new AbortController();
  const published = Promise.all(people.map((person) => person.publish(traffic.signal)));
  const faults = await inflictFaults(chamber, record);
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
  const verdict = checkHistory(history);
  const note = libc === undefined ? (whyNoFaultyLibc ?? "the store is a server of its own") : undefined;
  return { verdict, history, reconnectCount, lines: proxy.counts, faults, note };
}

/** One fault of the process after the other, until the time is over. */
async function inflictFaults(
  { libc, random, seconds, servers, store, tell }: Chamber,
  record: RecordEvent,
): Promise<TortureResult["faults"]> {
  const counts = new Map<string, number>();
  for (const endMs = performance.now() + seconds * 1_000; performance.now() < endMs;) {
    const fault = drawProcessFault(random, {
      canBreakCommits: libc !== undefined,
      canFailOver: store?.failOver !== undefined,
    });
    await delay(fault.afterMs);
    await inflict(fault, { server: random.pick(servers), libc, store, record });
    counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1);
    tell?.(`${Math.max(0, Math.round((endMs - performance.now()) / 1_000))} s to go, ${fault.kind}`);
  }
  return counts;
}

function makePeople(url: string, record: RecordEvent, random: SeededRandom): readonly Person[] {
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
