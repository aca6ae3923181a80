import { parseArgs } from "node:util";
import { type EchoOptions, measureEcho } from "./echo.ts";
import { describeMachine, formatReport, summarize } from "./report.ts";

const help = `Usage: npm run bench -- echo [options]

Measures a server that echoes small text messages: Switchboard, ws and a bare node:net echo, each in a process of its own,
the load in another, in turns. Everything stays on the loopback interface.

  --rounds <n>       how often each is measured          (5)
  --seconds <n>      how long one measurement takes      (1)
  --connections <n>  how many connections                (100)
  --json             print every measurement as JSON
  --help             print this`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "1" },
      connections: { type: "string", default: "100" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help || positionals.length === 0) return console.log(help);
  if (positionals.join(" ") !== "echo") {
    throw new TypeError(`Cannot measure "${positionals.join(" ")}": only echo is there`);
  }
  const options: EchoOptions = {
    roundCount: readNumber("rounds", values.rounds, 1, 100),
    seconds: readNumber("seconds", values.seconds, 0.1, 60),
    connectionCount: readNumber("connections", values.connections, 1, 1000),
    warmupSeconds: 0.5,
    payloadBytes: 64,
    inFlightCounts: [1, 16],
  };
  const measurements = await measureEcho(options, (line) => console.error(line));
  const summary = summarize(measurements, options.inFlightCounts);
  console.log(
    values.json
      ? JSON.stringify({ machine: describeMachine(), options, summary, measurements }, null, 2)
      : formatReport(summary, options),
  );
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
