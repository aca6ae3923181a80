/** `npm run interop:deploy`: the reference configurations of deploy/ before three real nodes, every way, with lines that idle. */
import { parseArgs } from "node:util";
import { describeRestart, isWhole } from "./describe-restart.ts";
import { restartAll, type Row } from "./rolling-restart.ts";

const usage = `Usage: npm run interop:deploy -- [options]

  --rounds N        how often every node is restarted (default 2)
  --clients N       people in each row's room (default 10)
  --idle-seconds N  how long a line does nothing; the proxies' idle time is 60 s (default 70)
  --help            this text

Runs deploy/nginx.conf and deploy/haproxy.cfg before three nodes on one Redis, restarts every node while people chat, and counts.
Needs nginx, haproxy and redis-server. Exits with 0 if nothing was lost, 1 if something was, 2 for options that cannot be.
`;

const rows: readonly Row[] = [
  { proxy: "nginx", way: "http" },
  { proxy: "nginx", way: "https" },
  { proxy: "haproxy", way: "http" },
  { proxy: "haproxy", way: "https" },
  { proxy: "haproxy", way: "h2" },
];

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === "string") {
    process.stderr.write(options);
    return options === usage ? 0 : 2;
  }
  const result = await restartAll({
    ...options,
    rows,
    drainMs: 1_000,
    tell: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${describeRestart(result)}\n`);
  return isWhole(result) ? 0 : 1;
}

function readOptions(): { readonly rounds: number; readonly count: number; readonly idleMs: number } | string {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      options: { rounds: text, clients: text, "idle-seconds": text, help: { type: "boolean" } },
    });
    if (values.help === true) return usage;
    const { clients = "10", "idle-seconds": idleSeconds = "70", rounds = "2" } = values;
    const wrong = [clients, idleSeconds, rounds].find((value) => !/^[1-9]\d{0,3}$/u.test(value));
    if (wrong !== undefined) return `Cannot use ${wrong}: give a number from 1 to 9999\n\n${usage}`;
    return { rounds: Number(rounds), count: Number(clients), idleMs: Number(idleSeconds) * 1_000 };
  } catch (error) {
    return `${(error as Error).message}\n\n${usage}`;
  }
}
