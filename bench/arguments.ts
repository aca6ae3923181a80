import { parseArgs } from "node:util";
import { type Peer, peers, type SuiteName, suiteNames } from "./suites.ts";

/** `npm run bench -- --help`. */
export const help = `Usage: npm run bench -- [suite...] [options]

  echo        64 bytes come back, 1 and 16 in flight on each of 100 connections
  echo-large  1 KiB of non-ASCII text, 16 KiB and 1 MiB binary come back
  fanout      128 bytes to 1 000 receivers, 1 and 16 broadcasts outstanding
  deflate     1 KiB of JSON to 1 000 receivers, compressed
  idle        memory of a connection that does nothing
  latency     the round trip of one message with nothing else going on

  gateway     createGateway beside Socket.IO 4: fan-out, durable publishes, idle memory
  stalled     1 000 subscribers that stop reading for a minute, and 100 that do not; 3 minutes a round
  soak        subscribers that come and go for --minutes: whether memory grows
  nodes       1 to 3 gateways on one Redis and on one JetStream: fan-out, what one more costs, a node that is killed, one that is drained;
              needs redis-server and nats-server
  pages       the chat and the guide in Chromium, on this machine and as Lighthouse's phone: bytes, paints, when one can write

Without a suite, all of them but soak, nodes and pages. Each peer is a process of its own on one CPU, the load (C, epoll) is on the other; the peers take turns.
Everything stays on the loopback interface.

  --rounds <n>    how often each is measured      (5; stalled 1, unless it is alone; the nodes that go once)
  --minutes <n>   how long soak lasts, from 3     (30)
  --clients <n>   on the node that goes           (9000)
  --seconds <n>   each window of nodes            (3)
  --peer          nodes beside Socket.IO 4 with its Redis Streams adapter, on the same Redis, instead
  --only <peers>  of ${peers.join(",")}   (all)
  --write         writes docs/guide/comparison.md; all suites and peers. With nodes: what docs/guide/scale.md counts with; with pages: docs/guide/pages.md
  --json          every measurement as JSON
  --help          this text`;

/** The suites of the gateway, each of which is a program of its own. */
export const gatewaySuiteNames = ["gateway", "stalled", "soak", "nodes", "pages"] as const;
export type GatewaySuiteName = (typeof gatewaySuiteNames)[number];

/** What is to be measured. */
export interface BenchArguments {
  readonly suites: readonly SuiteName[];
  readonly gatewaySuites: readonly GatewaySuiteName[];
  readonly minutes: number;
  /** Of nodes. */
  readonly clientCount: number;
  readonly seconds: number;
  readonly isBesidePeer: boolean;
  readonly peers: readonly Peer[];
  readonly roundCount: number;
  readonly isWriting: boolean;
  readonly isJson: boolean;
  readonly isHelp: boolean;
}

/** Reads the command line. Throws a TypeError that says what is wrong with it. */
export function readArguments(words: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      minutes: { type: "string", default: "30" },
      clients: { type: "string", default: "9000" },
      seconds: { type: "string", default: "3" },
      peer: { type: "boolean", default: false },
      only: { type: "string" },
      write: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [alone] = positionals.length === 1 ? positionals : [];
  const hasOwnPage = alone === "pages" || (alone === "nodes" && !values.peer);
  if (values.write && !hasOwnPage && (positionals.length > 0 || values.only !== undefined)) {
    throw new TypeError("Cannot write a part of the comparison: give --write without suites and --only");
  }
  const names = readList("suite", positionals, [...suiteNames, ...gatewaySuiteNames]);
  const isAll = positionals.length === 0;
  return {
    suites: isAll ? suiteNames : suiteNames.filter((name) => names.includes(name)),
    gatewaySuites: isAll ? ["gateway", "stalled"] : gatewaySuiteNames.filter((name) => names.includes(name)),
    minutes: readCount("minutes", values.minutes, { least: 3, most: 10_000 }),
    clientCount: readCount("clients", values.clients, { least: 10, most: 18_000 }),
    seconds: readCount("seconds", values.seconds, { least: 1, most: 60 }),
    isBesidePeer: values.peer,
    peers: values.only === undefined ? peers : readList("peer", values.only.split(","), peers),
    roundCount: readCount("rounds", values.rounds, { least: 1, most: 100 }),
    isWriting: values.write,
    isJson: values.json,
    isHelp: values.help,
  };
}

function readList<Name extends string>(
  what: string,
  words: readonly string[],
  names: readonly Name[],
): readonly Name[] {
  const unknown = words.find((word) => !names.some((name) => name === word));
  if (unknown !== undefined) throw new TypeError(`Cannot measure ${what} "${unknown}": there are ${names.join(", ")}`);
  return names.filter((name) => words.includes(name));
}

function readCount(
  name: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const count = Number(text);
  if (text.trim() !== "" && Number.isInteger(count) && count >= least && count <= most) return count;
  throw new TypeError(`Cannot use --${name} ${text}: give a number from ${least} to ${most}`);
}
