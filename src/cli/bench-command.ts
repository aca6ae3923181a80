import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { formatCount, formatMs } from "./bench/chart.ts";
import { openEchoLoad } from "./bench/echo-load.ts";
import { openGatewayLoad } from "./bench/gateway-load.ts";
import type { Load, LoadOptions } from "./bench/load.ts";
import { type BenchSubject, printBench, reportBench } from "./bench/print-bench.ts";
import { type BenchProgress, runBench } from "./bench/run-bench.ts";
import { addTransportOptions } from "./connection-options.ts";
import {
  addTokenOption,
  type GatewayFlags,
  parseChannel,
  parseData,
  parseEvent,
  parseWhole,
  readConnectOptions,
} from "./gateway-options.ts";
import { describeLineFault } from "./line-fault.ts";
import { StartError } from "./start-error.ts";
import { collectText, parsePositiveSeconds, parseSeconds, parseTarget } from "./target.ts";

interface BenchFlags extends GatewayFlags {
  readonly connections: number;
  readonly inFlight: number;
  readonly rate?: number;
  readonly size: number;
  readonly binary?: true;
  readonly subprotocol?: readonly string[];
  readonly channel?: string;
  readonly event: string;
  readonly data?: string;
  readonly publishers: number;
  readonly duration: number;
  readonly warmUp: number;
  readonly messages?: number;
  readonly yes?: true;
  readonly json?: true;
  readonly color: boolean;
}

const examples = `
Examples:
  switchboard bench ws://127.0.0.1:9000/         an echo server, 50 connections
  switchboard bench -c 500 --rate 20000 --size 1024 ws://127.0.0.1:9000/
  switchboard bench -c 1000 --channel chat/bench ws://127.0.0.1:8080/ws
  switchboard bench --json -d 30 ws://127.0.0.1:9000/ | jq .latency

Without --channel the server must send every message back. With it every
connection subscribes, and the first --publishers of them publish: delivery
and acknowledgement are measured. A gateway lets each connection publish 20
times a second; what it refuses is told and waited for. Without --rate each
sender sends again as soon as something came back; with it messages are sent
at their time and measured from it, so a stall is not hidden. The load comes
from one process on one CPU, which may be the limit: look at it, too.
Exit codes: 0 measured, 1 no connection or nothing came back, 2 wrong usage,
130 stopped by Ctrl-C, after what was measured.`;

/** What all of the load may hold at a time. */
const maxHeldBytes = 256 * 2 ** 20;

/** Makes `switchboard bench`. */
export function createBenchCommand(): Command {
  const command = new Command("bench")
    .description("load an echo server or a gateway, and measure latency and rate")
    .addArgument(new Argument("<url>", "where").argParser(parseTarget))
    .addOption(new Option("-c, --connections <count>", "how many").default(50).argParser(parseWhole(1, 10_000)))
    .addOption(
      new Option("-f, --in-flight <count>", "messages of one sender under way at a time")
        .default(1)
        .argParser(parseWhole(1, 1_000)),
    )
    .addOption(new Option("--rate <count>", "messages a second in all").argParser(parseWhole(1, 1_000_000)))
    .addOption(
      new Option("-d, --duration <seconds>", "how long to measure, at most 3600")
        .default(10_000, "10")
        .argParser(parseDuration),
    )
    .addOption(new Option("--warm-up <seconds>", "how long before that").default(1_000, "1").argParser(parseSeconds))
    .addOption(new Option("--messages <count>", "end when so many came back").argParser(parseWhole(1, 1e9)))
    .addOption(
      new Option("--size <bytes>", "of a message to an echo server").default(64).argParser(parseWhole(1, 16 * 2 ** 20)),
    )
    .option("-b, --binary", "send binary messages, not text")
    .addOption(new Option("-s, --subprotocol <name>", "offer this subprotocol; repeat it").argParser(collectText))
    .addOption(new Option("--channel <name>", "publish to this channel of a gateway").argParser(parseChannel))
    .addOption(new Option("--event <name>", "publish this event").default("message").argParser(parseEvent))
    .addOption(new Option("--data <json>", 'of the event (default: {"text":"xxx..."})').argParser(parseData))
    .addOption(
      new Option("--publishers <count>", "how many connections publish").default(1).argParser(parseWhole(1, 10_000)),
    )
    .option("--yes", "load a server that is not on this machine: it is mine, and may be loaded")
    .option("--json", "print one JSON object")
    .option("--no-color", "no colours");
  return addTransportOptions(addTokenOption(command)).addHelpText("after", examples).action(runBenchCommand);
}

function parseDuration(text: string): number {
  const ms = parsePositiveSeconds(text);
  if (ms > 3_600_000) throw new InvalidArgumentError("Give at most 3600 seconds.");
  return ms;
}

async function runBenchCommand(url: URL, flags: BenchFlags, command: Command): Promise<void> {
  if (!isLoopback(url.hostname) && !flags.yes) {
    command.error(`error: ${url.hostname} is not this machine: give --yes if it is yours and may be loaded`, {
      exitCode: 2,
    });
  }
  if (flags.connections * flags.inFlight * flags.size > maxHeldBytes) {
    command.error("error: --connections x --in-flight x --size is more than 256 MiB", { exitCode: 2 });
  }
  const controller = new AbortController();
  process.on("SIGINT", () => (controller.signal.aborted ? process.exit(130) : controller.abort()));
  process.stdout.on("error", () => {});
  const hasColors = flags.color && process.stdout.isTTY && !process.env["NO_COLOR"];
  const measured = await runBench((part, signal) => open(url, flags, part, signal), {
    durationMs: flags.duration,
    warmUpMs: flags.warmUp,
    maxCount: flags.messages ?? Infinity,
    perSecond: flags.rate,
    signal: controller.signal,
    progress: createProgress(flags),
  }).catch((error: unknown) => {
    if (controller.signal.aborted) process.exit(130);
    throw describeLineFault(error, { url, place: "" });
  });
  const report = reportBench(describeSubject(url, flags), measured);
  const isPlain = !process.stdout.isTTY || !!process.env["NO_COLOR"];
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  process.stdout.write(
    flags.json ? `${JSON.stringify(report)}\n` : printBench(report, measured.tally.latency, { hasColors, isPlain }),
  );
  process.exitCode = controller.signal.aborted ? 130 : 0;
  if (report.receivedCount === 0 && !controller.signal.aborted) {
    throw new StartError("CONNECT", `Nothing came back from ${url.href} in ${report.elapsedMs} ms`, {
      hint:
        flags.channel === undefined
          ? "The server must send every message back; for a gateway give --channel"
          : "Look at what was refused; --data must be what the event's schema asks for",
    });
  }
}

function open(
  url: URL,
  flags: BenchFlags,
  part: Pick<LoadOptions, "received" | "tally">,
  signal: AbortSignal,
): Promise<Load> {
  const options: LoadOptions = {
    ...part,
    url,
    connectOptions: readConnectOptions(flags),
    connectionCount: flags.connections,
    inFlightCount: flags.rate === undefined ? flags.inFlight : Math.max(flags.inFlight, 100),
    perSecond: flags.rate,
  };
  const { channel, event, publishers, subprotocol = [], timeout, token } = flags;
  if (channel === undefined) {
    const payload = flags.binary ? new Uint8Array(flags.size) : "x".repeat(flags.size);
    return openEchoLoad({ ...options, payload, protocols: subprotocol }, signal);
  }
  const data = dataOf(flags);
  return openGatewayLoad(
    { ...options, channel, event, data, publisherCount: publishers, token, timeoutMs: timeout },
    signal,
  );
}

function dataOf({ data, size }: BenchFlags): string {
  return data ?? JSON.stringify({ text: "x".repeat(size) });
}

function describeSubject(url: URL, flags: BenchFlags): BenchSubject {
  const { binary, channel, connections, duration, event, inFlight, publishers, rate, size } = flags;
  const pace = rate === undefined ? `${inFlight} in flight each` : `${formatCount(rate)} a second in all`;
  const time = `${duration / 1_000} s`;
  if (channel === undefined) {
    const what = `${formatCount(size)} bytes of ${binary ? "binary" : "text"}`;
    return {
      url: url.href,
      mode: "echo",
      load: `echo of ${what}, ${formatCount(connections)} connections, ${pace}, ${time}`,
    };
  }
  const who = `${formatCount(connections)} subscribers, ${formatCount(Math.min(publishers, connections))} of them publish`;
  return { url: url.href, mode: "gateway", load: `${event} to ${channel}, ${who}, ${pace}, ${time}` };
}

/** A line that is written over and over; nothing where nobody looks. */
function createProgress({ duration, json }: BenchFlags): (progress: BenchProgress) => void {
  if (!process.stderr.isTTY || json) return () => {};
  return ({ elapsedMs, phase, tally }) => {
    const perSecond = tally.receivedCount / Math.max(0.001, elapsedMs / 1_000);
    const figures =
      phase === "measuring"
        ? `${(elapsedMs / 1_000).toFixed(1)} of ${duration / 1_000} s  ${formatCount(perSecond)} a second  p99 ${formatMs(tally.latency.percentile(99))} ms`
        : `${phase} ...`;
    process.stderr.write(`\r\u001b[K  ${figures}`);
  };
}

/** Whether a name or an address is this machine's, for sure. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
