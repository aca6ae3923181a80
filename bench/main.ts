import { parseArgs } from "node:util";
import { type MeasureOptions, measureSuite } from "./measure.ts";
import { describeMachine, formatReport, summarize } from "./report.ts";

const help = `Usage: npm run bench -- <suite> [options]

  echo        64 bytes of ASCII come back, 1 and 16 in flight on each connection
  echo-large  1 KiB of non-ASCII text, 16 KiB and 1 MiB binary come back
  fanout      128 bytes to 1 000 receivers, 1 and 16 broadcasts outstanding

Measures Switchboard, ws, uWebSockets.js and bare node:net, each in a process of its own, the load in another, in turns.
Everything stays on the loopback interface.

  --rounds <n>       how often each is measured          (5)
  --seconds <n>      how long one measurement takes      (1)
  --connections <n>  how many connections                (100, with 1 MiB 8; fanout 1000)
  --json             print every measurement as JSON
  --help             print this`;

type Workload = Pick<MeasureOptions, "pattern" | "payload" | "connectionCount" | "inFlightCounts">;

const suites: Readonly<Record<string, readonly Workload[]>> = {
  echo: [{ pattern: "echo", payload: { kind: "ascii", bytes: 64 }, connectionCount: 100, inFlightCounts: [1, 16] }],
  "echo-large": [
    { pattern: "echo", payload: { kind: "non-ascii", bytes: 2 ** 10 }, connectionCount: 100, inFlightCounts: [1] },
    { pattern: "echo", payload: { kind: "binary", bytes: 2 ** 14 }, connectionCount: 100, inFlightCounts: [1] },
    { pattern: "echo", payload: { kind: "binary", bytes: 2 ** 20 }, connectionCount: 8, inFlightCounts: [1] },
  ],
  fanout: [
    { pattern: "fanout", payload: { kind: "ascii", bytes: 128 }, connectionCount: 1000, inFlightCounts: [1, 16] },
  ],
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "1" },
      connections: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help || positionals.length === 0) return console.log(help);
  const workloads = suites[positionals.join(" ")];
  if (workloads === undefined) {
    throw new TypeError(`Cannot measure "${positionals.join(" ")}": there are ${Object.keys(suites).join(", ")}`);
  }
  const roundCount = readNumber("rounds", values.rounds, 1, 100);
  const seconds = readNumber("seconds", values.seconds, 0.1, 60);
  for (const workload of workloads) {
    const connectionCount =
      values.connections === undefined
        ? workload.connectionCount
        : readNumber("connections", values.connections, 1, 1000);
    const options: MeasureOptions = { ...workload, roundCount, seconds, connectionCount, warmupSeconds: 0.5 };
    const measurements = await measureSuite(options, (line) => console.error(line));
    const summary = summarize(measurements, options.inFlightCounts);
    console.log(
      values.json
        ? JSON.stringify({ machine: describeMachine(), options, summary, measurements }, null, 2)
        : formatReport(summary, options),
    );
  }
}

function readNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max && (name === "seconds" || Number.isInteger(value))) {
    return value;
  }
  throw new TypeError(`Cannot use --${name} ${text}: give a number from ${min} to ${max}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
