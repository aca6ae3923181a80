import { Argument, Command, Option } from "commander";
import { addConnectionOptions, type ConnectionFlags, readHeaders, readTls } from "./connection-options.ts";
import { inspect } from "./inspect.ts";
import type { Inspection } from "./inspection.ts";
import { printInspection } from "./print-inspection.ts";
import { parseSeconds, parseTarget } from "./target.ts";

interface InspectFlags extends ConnectionFlags {
  readonly json?: true;
  readonly listen: number;
}

const examples = `
Examples:
  switchboard inspect wss://chat.example/ws
  switchboard inspect -s chat.v1 --auth ada:secret wss://chat.example/ws
  switchboard inspect --origin https://chat.example wss://chat.example/ws
                                       as a page of that origin would
  switchboard inspect --http2 wss://chat.example/ws     over HTTP/2 (RFC 8441)
  switchboard inspect --json wss://chat.example/ws | jq .findings

Offers compression, as browsers do, sends one ping, shows the first frames, and
closes with 1000. Redirects are told, not followed. NO_COLOR=1 switches colours
off. Exit codes: 0 it works, warnings included, 1 no connection, 2 wrong usage,
4 the connection broke, or the server closed it with another code than 1000,
1001 or 1005, 130 stopped by Ctrl-C.`;

/** Makes `switchboard inspect`. */
export function createInspectCommand(): Command {
  const command = new Command("inspect")
    .description("make a handshake step by step, and say why it fails and what to change")
    .addArgument(new Argument("<url>", "where; ws:// if it has no scheme").argParser(parseTarget));
  return addConnectionOptions(command)
    .addOption(
      new Option("--listen <seconds>", "how long to listen for frames").default(500, "0.5").argParser(parseSeconds),
    )
    .option("--json", "print one JSON object")
    .addHelpText("after", examples)
    .action(runInspect);
}

async function runInspect(url: URL, flags: InspectFlags): Promise<void> {
  const controller = new AbortController();
  let isInterrupted = false;
  process.once("SIGINT", () => {
    isInterrupted = true;
    controller.abort();
  });
  const inspection = await inspect(url, {
    protocols: flags.subprotocol ?? [],
    origin: flags.origin,
    headers: readHeaders(flags),
    http2: flags.http2 ?? false,
    tls: readTls(flags),
    checksCertificate: flags.check,
    timeoutMs: flags.timeout,
    listenMs: flags.listen,
    signal: controller.signal,
  }).catch((error: unknown) => {
    if (isInterrupted) process.exit(130);
    throw error;
  });
  const hasColors = process.stdout.isTTY && !process.env["NO_COLOR"];
  process.stdout.write(flags.json ? `${JSON.stringify(inspection)}\n` : printInspection(inspection, hasColors));
  process.exitCode = isInterrupted ? 130 : inspectionExitCode(inspection);
}

/** A close that nobody has to look into (RFC 6455 §7.4.1). */
const normalCloseCodes: readonly number[] = [1000, 1001, 1005];

/** What a script gets to know. */
function inspectionExitCode({ isOpen, close }: Inspection): number {
  if (!isOpen) return 1;
  return close !== undefined && normalCloseCodes.includes(close.code) ? 0 : 4;
}
