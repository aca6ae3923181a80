import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { opLimits } from "../wire/index.ts";
import {
  addGatewayOptions,
  type GatewayFlags,
  parseChannel,
  parseWhole,
  readConnectOptions,
  readDevice,
} from "./gateway-options.ts";
import { describeLineFault } from "./line-fault.ts";
import { defaultBackoff } from "./line-retry.ts";
import { parsePosition } from "./position-text.ts";
import { tail, type TailStart } from "./tail.ts";
import { createJsonTailView, createTailView, type TailView } from "./tail-view.ts";
import { parseTarget } from "./target.ts";

interface TailFlags extends GatewayFlags {
  readonly recent: number;
  readonly since?: TailStart;
  readonly follow: boolean;
  readonly count?: number;
  readonly ephemeral?: true;
  readonly presence?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly color: boolean;
}

const examples = `
Examples:
  switchboard tail ws://127.0.0.1:8080/ws chat/42
                              the last 10, and what comes
  switchboard tail --since 15m ws://127.0.0.1:8080/ws chat/42
                              first the last quarter of an hour
  switchboard tail --since 17 --no-follow ws://127.0.0.1:8080/ws chat/42
  switchboard tail --json ws://127.0.0.1:8080/ws chat/42 | jq .data

Entries are lines of stdout; gaps, lines that break and what was recovered
after them are told on stderr, or with --json as objects among the others.
--since takes a position as publish and --json print it (17.0a1b2c3d.9f3c...),
an offset (17), a time (2026-01-31T12:00Z) or how long ago (90s, 15m, 2h, 1d).
Exit codes: 0 all was shown that was asked for, or nobody reads, 1 refused or
never reached, 2 wrong usage, 130 stopped by Ctrl-C.`;

/** Makes `switchboard tail`. */
export function createTailCommand(): Command {
  const command = new Command("tail")
    .description("follow a channel of a gateway: its history, what comes, and what was missed")
    .addArgument(new Argument("<url>", "of the gateway").argParser(parseTarget))
    .addArgument(new Argument("<channel>", "as in chat/42").argParser(parseChannel))
    .addOption(
      new Option("-r, --recent <count>", "how many entries first, 0 for none")
        .default(10)
        .argParser(parseWhole(0, opLimits.recentCount.max)),
    )
    .addOption(
      new Option("--since <place>", "all that came after a position, an offset or a time, instead").argParser(
        parseSince,
      ),
    )
    .option("--no-follow", "end when history is over")
    .addOption(new Option("--count <count>", "end after so many entries").argParser(parseWhole(1, 1e9)))
    .option("--ephemeral", "show what is not stored, such as typing")
    .option("--presence", "tell who comes and who goes")
    .option("--json", "print one JSON object a line")
    .option("-q, --quiet", "print nothing but entries and what ends it")
    .option("--no-color", "no colours");
  return addGatewayOptions(command).addHelpText("after", examples).action(runTail);
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws {InvalidArgumentError} */
function parseSince(text: string): TailStart {
  const position = parsePosition(text);
  if (position !== undefined) return { type: "position", position };
  if (/^\d{1,15}$/.test(text)) return { type: "offset", offset: Number(text) };
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return { type: "time", atMs: Date.now() - Number(amount) * (unitsMs[unit ?? ""] ?? 0) };
  const atMs = /^\d{4}-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return { type: "time", atMs };
  throw new InvalidArgumentError("Give a position, an offset, a time as 2026-01-31T12:00Z, or 90s, 15m, 2h or 1d.");
}

async function runTail(url: URL, channel: string, flags: TailFlags): Promise<void> {
  const controller = new AbortController();
  let exitCode = 0;
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(130);
    exitCode = 130;
    controller.abort();
  });
  // A reader that went away, as `head` does, has seen enough.
  process.stdout.on("error", () => controller.abort());
  try {
    await tail({
      line: {
        url,
        connectOptions: readConnectOptions(flags),
        token: flags.token,
        device: readDevice(flags),
        timeoutMs: flags.timeout,
      },
      channel,
      start: flags.since ?? { type: "recent", count: flags.recent },
      follows: flags.follow,
      maxCount: flags.count ?? Infinity,
      showsEphemeral: flags.ephemeral ?? false,
      showsPresence: flags.presence ?? false,
      backoff: defaultBackoff,
      view: createView(flags),
      signal: controller.signal,
    });
  } catch (error) {
    if (!controller.signal.aborted) throw describeLineFault(error, { url, place: "" });
  }
  process.exitCode = exitCode;
}

function createView({ color, json, quiet }: TailFlags): TailView {
  const { stderr, stdout } = process;
  if (json) return createJsonTailView((text) => void stdout.write(text));
  return createTailView(
    {
      entry: (text) => void stdout.write(`${text}\n`),
      note: (text) => void (quiet || stderr.write(`${text}\n`)),
    },
    { hasColors: color && stdout.isTTY && !process.env["NO_COLOR"], now: Date.now },
  );
}
