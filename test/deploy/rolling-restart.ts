import { setTimeout as delay } from "node:timers/promises";
import { connect } from "switchboard/engine";
import { subprotocol } from "switchboard/wire";
import { RedisServer } from "../redis-server.ts";
import { ChatCrowd, type Seen } from "./chat-crowd.ts";
import { type ProxyName, type ReferenceProxy, startReferenceProxy } from "./reference-proxy.ts";
import { ServedNode } from "./served-node.ts";
import { optionsOf, type Way, webSocketOf } from "./way.ts";

/** A proxy, and how it is reached. */
export interface Row {
  readonly proxy: ProxyName;
  readonly way: Way;
}

export interface RollingRestartOptions {
  readonly rows: readonly Row[];
  /** People in each row's room. */
  readonly count: number;
  /** How often every node is restarted. */
  readonly rounds: number;
  readonly drainMs: number;
  /** For how long a line does nothing but answer pings. Default 0. */
  readonly idleMs?: number;
  readonly tell?: (line: string) => void;
}

export interface RowResult extends Row, Seen {
  /** Whether the idle line was still there. */
  readonly isIdleLineOpen: boolean;
}

export interface RollingRestart {
  readonly rows: readonly RowResult[];
  /** Of every stop. */
  readonly exitCodes: readonly (number | null)[];
}

/** Three nodes on one Redis behind the reference proxies: every node is stopped and started again, while people chat. */
export async function restartAll(options: RollingRestartOptions): Promise<RollingRestart> {
  const redis = await RedisServer.start();
  const nodes: ServedNode[] = [];
  const proxies = new Map<ProxyName, ReferenceProxy>();
  try {
    const started = [1, 2, 3].map(() => ServedNode.start(variablesOf(redis, options)));
    for (const node of started) nodes.push(await node);
    for (const name of new Set(options.rows.map(({ proxy }) => proxy))) {
      proxies.set(name, await startReferenceProxy(name, nodes));
    }
    return await run(options, nodes, proxies);
  } finally {
    for (const proxy of proxies.values()) await proxy.stop();
    for (const node of nodes) node.kill();
    await redis.dispose();
  }
}

function variablesOf({ url }: RedisServer, { drainMs }: RollingRestartOptions): Readonly<Record<string, string>> {
  return {
    SWITCHBOARD_BROKER: url,
    SWITCHBOARD_REQUIRE: "fsync",
    SWITCHBOARD_TRUSTED_PROXY: "127.0.0.1",
    SWITCHBOARD_DRAIN_MS: String(drainMs),
  };
}

async function run(
  { count, drainMs, idleMs = 0, rounds, rows, tell }: RollingRestartOptions,
  nodes: readonly ServedNode[],
  proxies: ReadonlyMap<ProxyName, ReferenceProxy>,
): Promise<RollingRestart> {
  const crowds = rows.map((row, index) => {
    return new ChatCrowd({ url: urlOf(row, proxies), room: `room-${index}`, count, WebSocket: webSocketOf(row.way) });
  });
  await Promise.all(crowds.map((crowd) => crowd.open()));
  const traffic = new AbortController();
  const chatted = Promise.all(crowds.map((crowd) => crowd.chat(traffic.signal)));
  const exitCodes: (number | null)[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const node of nodes) {
      exitCodes.push(await node.stop());
      await node.start();
      await ready(node);
      tell?.(`round ${round} of ${rounds}: ${exitCodes.length} restarts`);
    }
  }
  traffic.abort();
  await chatted;
  await Promise.all(crowds.map((crowd) => crowd.settle(10_000 + drainMs)));
  // Behind the restarts, which would close it.
  const idle = await Promise.all(rows.map((row) => staysOpen(urlOf(row, proxies), row, idleMs)));
  const seen = crowds.map((crowd) => crowd.seen);
  await Promise.all(crowds.map((crowd) => crowd.close()));
  const results = rows.flatMap((row, index) => {
    const saw = seen[index];
    return saw === undefined ? [] : [{ ...row, ...saw, isIdleLineOpen: idle[index] === true }];
  });
  return { rows: results, exitCodes };
}

async function ready(node: ServedNode): Promise<void> {
  while ((await node.probe("/readyz")) !== 200) await delay(50);
  await delay(1_000); // the proxies look once a second
}

function urlOf({ proxy: name, way }: Row, proxies: ReadonlyMap<ProxyName, ReferenceProxy>): string {
  const proxy = proxies.get(name);
  if (proxy === undefined) throw new Error(`Cannot reach ${name}: it is not started`);
  return way === "http" ? `ws://127.0.0.1:${proxy.port}/ws` : `wss://localhost:${proxy.tlsPort}/ws`;
}

/** A line that says nothing but the pongs that the engine sends: it is to be there for longer than the proxies' idle times. */
async function staysOpen(url: string, { way }: Row, idleMs: number): Promise<boolean> {
  let isOpen = true;
  const socket = await connect(url, {
    ...optionsOf(way),
    protocols: [subprotocol],
    close: () => void (isOpen = false),
  });
  socket.send(JSON.stringify({ type: "auth", id: 1, device: "f".repeat(32) }));
  await delay(idleMs);
  const wasOpen = isOpen;
  socket.terminate();
  return wasOpen;
}
