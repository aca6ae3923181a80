import { isIP } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import { createColors } from "picocolors";
import type { Logger } from "pino";
import type { Durability } from "../server/index.ts";
import { isBrokerUrl } from "./broker-url.ts";
import { createLog, type LogLevel, logLevels } from "./log.ts";
import { serve, type Serving } from "./serve.ts";

/** What commander makes of the options below. */
interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly broker?: string;
  readonly trustedProxy?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly origin?: readonly string[];
  readonly require: Durability;
  readonly logLevel: LogLevel;
  readonly adminPort?: number;
  readonly adminHost: string;
  readonly apiKeyFile?: string;
  readonly graceMs: number;
  readonly drainMs: number;
}

const examples = `
Examples:
  switchboard serve                                 the chat at http://127.0.0.1:8080/, its messages in ./data
  switchboard serve --host :: --port 80             for every machine that reaches this one
  switchboard serve --tls-cert c.pem --tls-key k.pem --host ::
  switchboard serve --origin https://chat.example   behind a proxy that ends TLS
  switchboard serve --require fsync                 or not at all: what is acknowledged survives power loss
  switchboard serve --admin-port 9090               /healthz, /readyz and /metrics at http://127.0.0.1:9090/
  switchboard serve --broker redis://127.0.0.1      one of several nodes, which share the messages in that Redis

Every option can be given as a variable: SWITCHBOARD_PORT=9000, SWITCHBOARD_LOG_LEVEL=debug. A flag wins over its variable.
NO_COLOR=1 switches colours off. Exit codes: 0 stopped by a signal, 1 cannot start, 2 wrong usage, 130 stopped at once by a
second Ctrl-C.`;

/** Makes `switchboard serve`. */
export function createServeCommand(): Command {
  return addNodeOptions(new Command("serve"))
    .description("serve the chat: its pages, its gateway at /ws, the handshake lab at /lab, /healthz")
    .addOption(
      variable("--port <number>", "PORT", "port to listen on, 0 for any that is free")
        .default(8080)
        .argParser(parsePort),
    )
    .addOption(variable("--host <address>", "HOST", "address to listen on").default("127.0.0.1"))
    .addOption(variable("--data <folder>", "DATA", "folder of the database, made if there is none").default("./data"))
    .addOption(variable("--tls-cert <file>", "TLS_CERT", "certificate in PEM: serve https and wss"))
    .addOption(variable("--tls-key <file>", "TLS_KEY", "the certificate's key in PEM"))
    .addOption(
      variable(
        "--origin <origin>",
        "ORIGIN",
        "page that may connect, instead of our own; repeat it or use commas; * is any",
      ).argParser(collectOrigins),
    )
    .addOption(
      variable("--require <level>", "REQUIRE", "do not start below this durability")
        .choices(["mem", "os", "fsync"])
        .default("mem"),
    )
    .addOption(
      variable(
        "--admin-port <number>",
        "ADMIN_PORT",
        "port for operators: /healthz, /readyz, /metrics, HTTP API; default none",
      ).argParser(parsePort),
    )
    .addOption(
      variable("--admin-host <address>", "ADMIN_HOST", "address of that port; another needs --api-key-file").default(
        "127.0.0.1",
      ),
    )
    .addOption(variable("--api-key-file <file>", "API_KEY_FILE", "keys of the HTTP API: scopes and a key a line"))
    .addOption(
      variable("--grace-ms <number>", "GRACE_MS", "how long a stop may take in all").default(8_000).argParser(parseMs),
    )
    .addOption(
      variable(
        "--drain-ms <number>",
        "DRAIN_MS",
        "over how much of that connections are let go, where clients have somewhere else to go",
      )
        .default(0)
        .argParser(parseMs),
    )
    .addOption(variable("--log-level <level>", "LOG_LEVEL", "what to log").choices(logLevels).default("info"))
    .addHelpText("after", examples)
    .action(runServe);
}

/** What one of several nodes needs. */
function addNodeOptions(command: Command): Command {
  return command
    .addOption(
      variable(
        "--broker <url>",
        "BROKER",
        "store that nodes share, instead of the folder: redis:, rediss:, or nats: and tls: for JetStream",
      ).argParser(parseBroker),
    )
    .addOption(
      variable(
        "--trusted-proxy <address>",
        "TRUSTED_PROXY",
        "proxy or network whose X-Forwarded-For is believed; repeat it or use commas",
      ).argParser(collectProxies),
    );
}

/** An option that a variable of the environment can give too. */
export function variable(flags: string, name: string, description: string): Option {
  return new Option(flags, description).env(`SWITCHBOARD_${name}`);
}

/** @throws {InvalidArgumentError} */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("Give a whole number from 0 to 65535.");
  return port;
}

function parseMs(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Give a whole number of milliseconds.");
  return Number(text);
}

function parseBroker(text: string): string {
  if (isBrokerUrl(text)) return text;
  throw new InvalidArgumentError("Give a URL that begins with redis:, rediss:, nats: or tls:");
}

function collectProxies(text: string, before: readonly string[] = []): readonly string[] {
  const addresses = text.split(",").map((part) => part.trim());
  for (const address of addresses) {
    const [host = "", bits] = address.split("/");
    if (isIP(host) === 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
      throw new InvalidArgumentError("Give an address or a network, as in 10.0.0.0/8");
    }
  }
  return [...before, ...addresses];
}

function collectOrigins(text: string, before: readonly string[] = []): readonly string[] {
  const origins = text.split(",").map((part) => part.trim());
  for (const origin of origins) {
    if (origin !== "*" && (!URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase())) {
      throw new InvalidArgumentError("Give a scheme, a host and at most a port, as in https://chat.example");
    }
  }
  return [...before, ...origins];
}

async function runServe(flags: ServeFlags, command: Command): Promise<void> {
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
  if (isTerminal && logLevel !== "silent") process.stdout.write(describeServing(serving, hasColors));
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
    origin,
    port,
    require,
    tlsCert,
    tlsKey,
    trustedProxy = [],
  }: ServeFlags,
  log: Logger,
): Promise<Serving> {
  const origins = origin === undefined ? "same" : origin.includes("*") ? "any" : origin;
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : { cert: tlsCert, key: tlsKey };
  try {
    const operators = adminPort === undefined ? undefined : { port: adminPort, host: adminHost, keyFile: apiKeyFile };
    const store = { data, broker, require };
    return await serve({ port, host, ...store, log, origins, trustedProxy, tls, graceMs, drainMs, admin: operators });
  } catch (error) {
    // The stack is for whoever looks for it: everybody else gets the sentence.
    log.debug({ error }, "Cannot start");
    throw error;
  }
}

/** For people; a program reads the log line. */
function describeServing({ facts }: Serving, hasColors: boolean): string {
  const { admin, data, durability, store, url } = facts;
  const { bold, cyan, dim } = createColors(hasColors);
  return `
  ${bold("Switchboard")} is open at ${cyan(url)}
  ${data === undefined ? "shared by the nodes on this store" : `data in ${data}`}
  durability ${bold(durability)} ${dim(`(${store})`)}
  ${admin === undefined ? "" : `operated at ${cyan(admin)}\n  `}${dim("Ctrl-C to stop")}

`;
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
