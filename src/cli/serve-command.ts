import { isIP } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import { isBrokerUrl, localBrokers } from "./broker-names.ts";
import { logLevels } from "./log-levels.ts";
import type { ServeFlags } from "./run-serve.ts";

const examples = `
Examples:
  switchboard serve                   the chat at http://127.0.0.1:8080/, its
                                      messages in ./data
  switchboard serve --host :: --port 80     for all that reach this machine
  switchboard serve --tls-cert c.pem --tls-key k.pem --host ::
  switchboard serve --origin https://chat.example --hosts chat.example
                                      behind a proxy that ends TLS
  switchboard serve --require fsync   or not at all: what is acknowledged
                                      survives power loss
  switchboard serve --admin-port 9090 health, metrics, console and HTTP API at
                                      http://127.0.0.1:9090/
  switchboard serve --broker redis://127.0.0.1    one of several nodes, which
                                      share the messages in that Redis

Every option can be given as a variable: SWITCHBOARD_PORT=9000,
SWITCHBOARD_LOG_LEVEL=debug. A flag wins over its variable. NO_COLOR=1 switches
colours off. Exit codes: 0 stopped by a signal, 1 cannot start, 2 wrong usage,
130 stopped at once by a second Ctrl-C.`;

/** Makes `switchboard serve`. */
export function createServeCommand(): Command {
  return addOperatorOptions(addNodeOptions(new Command("serve")))
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
      variable(
        "--hosts <names>",
        "HOSTS",
        "names that the gateway answers to, with commas, beside this machine's own; * is any; default: of pages that come by http: addresses and names of no site",
      ).argParser(collectHosts),
    )
    .addOption(
      variable("--require <level>", "REQUIRE", "do not start below this durability")
        .choices(["mem", "os", "fsync", "quorum"])
        .default("mem"),
    )
    .addOption(variable("--log-level <level>", "LOG_LEVEL", "what to log").choices(logLevels).default("info"))
    .addHelpText("after", examples)
    .action(async (flags: ServeFlags, command: Command) => {
      // Here and not above: with the gateway and its store every command would take twice as long to start.
      const { runServe } = await import("./run-serve.ts");
      await runServe(flags, command);
    });
}

/** What whoever runs it needs. */
function addOperatorOptions(command: Command): Command {
  return command
    .addOption(
      variable(
        "--admin-port <number>",
        "ADMIN_PORT",
        "port for operators: the console, /healthz, /readyz, /metrics, HTTP API; default none",
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
    );
}

/** What one of several nodes needs. */
function addNodeOptions(command: Command): Command {
  return command
    .addOption(
      variable(
        "--broker <url>",
        "BROKER",
        "store that nodes share: redis:, rediss:, or nats: and tls: for JetStream; or sqlite, memory; default sqlite",
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

/** @throws {InvalidArgumentError} */
export function parseBroker(text: string): string {
  if (localBrokers.includes(text) || isBrokerUrl(text)) return text;
  throw new InvalidArgumentError("Give sqlite, memory, or a URL that begins with redis:, rediss:, nats: or tls:");
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

function collectHosts(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(",").map((part) => part.trim());
  for (const name of names) {
    if (!/^(?:\*|\[[\d:a-f.]+\]|[\w.-]+)$/i.test(name)) {
      throw new InvalidArgumentError("Give names or addresses without a port, as in chat.example.com,10.0.0.7");
    }
  }
  return [...before, ...names];
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
