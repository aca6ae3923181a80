import { join } from "node:path";
import type { Command } from "commander";
import { createColors } from "picocolors";
import type { Logger } from "pino";
import type { Durability } from "../server/index.ts";
import { levelMeanings } from "./doctor/store-checks.ts";
import { createLog } from "./log.ts";
import type { LogLevel } from "./log-levels.ts";
import { serve, type Serving } from "./serve.ts";

/** What commander makes of the options of `switchboard serve`. */
export interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly broker?: string;
  readonly trustedProxy?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly origin?: readonly string[];
  readonly hosts?: readonly string[];
  readonly require: Durability;
  readonly logLevel: LogLevel;
  readonly adminPort?: number;
  readonly adminHost: string;
  readonly apiKeyFile?: string;
  readonly graceMs: number;
  readonly drainMs: number;
}

/** Serves until a signal comes. */
export async function runServe(flags: ServeFlags, command: Command): Promise<void> {
  const { logLevel, tlsCert, tlsKey } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    command.error("error: --tls-cert and --tls-key belong together", { exitCode: 2 });
  }
  if (flags.apiKeyFile !== undefined && flags.adminPort === undefined) {
    command.error("error: --api-key-file needs --admin-port", { exitCode: 2 });
  }
  if (flags.graceMs === 0) command.error("error: --grace-ms must be more than 0", { exitCode: 2 });
  const isTerminal = process.stdout.isTTY;
  const hasColors = isTerminal && !process.env["NO_COLOR"];
  const log = createLog({ level: logLevel, isPretty: isTerminal, hasColors });
  const serving = await start(flags, log);
  if (isTerminal && logLevel !== "silent") process.stdout.write(describeServing(serving, flags.broker, hasColors));
  else log.info(serving.facts, "Serving");
  closeOnSignal(log, serving);
}

async function start(
  {
    adminHost,
    adminPort,
    apiKeyFile,
    broker,
    data,
    drainMs,
    graceMs,
    host,
    hosts,
    origin,
    port,
    require,
    tlsCert,
    tlsKey,
    trustedProxy = [],
  }: ServeFlags,
  log: Logger,
): Promise<Serving> {
  const names = hosts?.includes("*") === true ? "any" : hosts;
  const origins = origin === undefined ? "same" : origin.includes("*") ? "any" : origin;
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : { cert: tlsCert, key: tlsKey };
  try {
    const operators = adminPort === undefined ? undefined : { port: adminPort, host: adminHost, keyFile: apiKeyFile };
    const store = { data, broker, require };
    return await serve({
      port,
      host,
      ...store,
      log,
      origins,
      hosts: names,
      trustedProxy,
      tls,
      graceMs,
      drainMs,
      admin: operators,
    });
  } catch (error) {
    // The stack is for whoever looks for it: everybody else gets the sentence.
    log.debug({ error }, "Cannot start");
    throw error;
  }
}

/** For people; a program reads the log line. */
function describeServing({ consoleUrl, facts }: Serving, broker: string | undefined, hasColors: boolean): string {
  const { data, durability, url } = facts;
  const { bold, cyan, dim } = createColors(hasColors);
  const at = (page: string): string => cyan(new URL(page, url).href);
  return `
  ${bold("Switchboard")} is open at ${cyan(url)}
  ${describePlace(data, broker)}
  durability ${bold(durability)}. ${levelMeanings[durability]}
  ${dim("the handshake, byte by byte")} ${at("lab")}
  ${dim("the guide")} ${at("docs")}
  ${consoleUrl === undefined ? "" : `console at ${cyan(consoleUrl)}\n  `}${dim("Ctrl-C to stop")}

`;
}

function describePlace(data: string | undefined, broker: string | undefined): string {
  if (data !== undefined) return `data in ${join(data, "switchboard.db")}`;
  return broker === "memory" ? "data in memory: gone when it ends" : "shared by the nodes on this store";
}

/** Signals so close together are one press of Ctrl-C: npm passes on what the terminal has sent to its whole group already. */
const onePressMs = 300;

/** The first signal closes in order and exits 0; another exits at once, with the code that a shell gives that signal. */
function closeOnSignal(log: Logger, serving: Serving): void {
  let closingSinceMs: number | undefined;
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      if (closingSinceMs === undefined) {
        closingSinceMs = performance.now();
        log.info({ signal }, "Closing");
        void serving.close().then(() => process.exit(0));
      } else if (performance.now() - closingSinceMs > onePressMs) process.exit(exitCode);
    });
  }
}
