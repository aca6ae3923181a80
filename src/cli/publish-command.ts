import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { readHeaders, readTls } from "./connection-options.ts";
import {
  addGatewayOptions,
  type GatewayFlags,
  type GatewayUrl,
  parseChannel,
  parseData,
  parseEvent,
  parseGatewayUrl,
  readConnectOptions,
  readDevice,
} from "./gateway-options.ts";
import { HttpPublisher } from "./http-publisher.ts";
import { describeLineFault } from "./line-fault.ts";
import { LinePublisher } from "./line-publisher.ts";
import { defaultBackoff } from "./line-retry.ts";
import { textRules } from "../wire/index.ts";
import { formatPosition } from "./position-text.ts";
import { type Outcome, type Outgoing, type Publisher, publishSurely } from "./publisher.ts";
import { StartError } from "./start-error.ts";
import { parseSeconds } from "./target.ts";

interface PublishFlags extends GatewayFlags {
  readonly id?: string;
  readonly apiKey?: string;
  readonly apiKeyFile?: string;
  readonly field?: string;
  readonly retryFor: number;
  readonly json?: true;
  readonly quiet?: true;
}

const examples = `
Examples:
  switchboard publish ws://127.0.0.1:8080/ws chat/42 message '{"text":"hi"}'
  switchboard publish --id deploy-7 ws://127.0.0.1:8080/ws chat/ops message \\
    '{"text":"Deployed"}'
  switchboard publish --api-key-file key http://127.0.0.1:9090 chat/42 message \\
    '{"text":"hi"}'
  tail -f log.txt | switchboard publish --field text ws://127.0.0.1:8080/ws \\
    chat/ops message

ws:// and wss:// connect as a client does; http:// and https:// use the HTTP
API of the operator's port, with a key. Without <json>, each line of stdin is
the JSON of one message. It prints the position, the level and the id of each
message as it is stored. Publishing again with the same --id, by the same user,
stores nothing twice: of lines the ids are <id>-1, <id>-2, and so on.
Exit codes: 0 all are stored, 1 one was refused or nobody answers, 2 wrong
usage, 130 stopped by Ctrl-C.`;

/** Makes `switchboard publish`. */
export function createPublishCommand(): Command {
  const command = new Command("publish")
    .description("publish to a channel of a gateway: one message, or each line of stdin")
    .addArgument(new Argument("<url>", "of the gateway, or of its operator's port").argParser(parseGatewayUrl))
    .addArgument(new Argument("<channel>", "as in chat/42").argParser(parseChannel))
    .addArgument(new Argument("<event>", "as in message").argParser(parseEvent))
    .addArgument(new Argument("[json]", "the event's data; without it, lines of stdin").argParser(parseData))
    .addOption(new Option("--id <id>", "of the message, so that it is stored once").argParser(parseId))
    .option("--field <name>", "lines of stdin are texts: send each as {name: text}")
    .addOption(
      new Option("--api-key <key>", "of the HTTP API").env("SWITCHBOARD_API_KEY").conflicts(["apiKeyFile", "token"]),
    )
    .option("--api-key-file <file>", "read the key from here: its first line")
    .addOption(
      new Option("--retry-for <seconds>", "how long to try again when the line breaks")
        .default(30_000, "30")
        .argParser(parseSeconds),
    )
    .option("--json", "print one JSON object a message")
    .option("-q, --quiet", "print nothing but what fails");
  return addGatewayOptions(command).addHelpText("after", examples).action(runPublish);
}

/** As long as leaves room for the number of a line. */
const maxIdChars = 53;

function parseId(text: string): string {
  if (textRules.messageId.pattern.test(text) && text.length <= maxIdChars) return text;
  throw new InvalidArgumentError(`Give 1-${maxIdChars} of A-Z a-z 0-9 _ -`);
}

async function runPublish(
  target: GatewayUrl,
  channel: string,
  event: string,
  json: string | undefined,
  flags: PublishFlags,
  command: Command,
): Promise<void> {
  if (flags.field !== undefined && json !== undefined) {
    command.error("error: --field is for lines of stdin, and <json> was given", { exitCode: 2 });
  }
  const controller = new AbortController();
  process.once("SIGINT", () => {
    process.exitCode = 130;
    controller.abort();
  });
  // A reader that went away, as `head` does, does not stop what is being stored.
  process.stdout.on("error", () => {});
  const publisher = createPublisher(target, flags, controller.signal);
  const patience = { retryForMs: flags.retryFor, backoff: defaultBackoff, signal: controller.signal };
  const head = { channel, event };
  try {
    for await (const { data, id, place } of messagesOf(json, flags, controller.signal)) {
      const outcome = await publishSurely(publisher, { ...head, data, id }, patience).catch((error: unknown) => {
        throw describeLineFault(error, { url: target.url, place });
      });
      if (!flags.quiet) process.stdout.write(describeOutcome({ ...head, data, id }, outcome, flags));
    }
    await publisher.end().catch((error: unknown) => {
      throw describeLineFault(error, { url: target.url, place: "" });
    });
  } catch (error) {
    void publisher.end().catch(() => {});
    if (!controller.signal.aborted) throw error;
  }
  process.stdin.destroy();
}

function createPublisher({ isHttp, url }: GatewayUrl, flags: PublishFlags, signal: AbortSignal): Publisher {
  const timeoutMs = flags.timeout;
  if (isHttp) {
    const [headers, tls] = [readHeaders(flags), readTls(flags)];
    return new HttpPublisher({ url, key: readKey(flags), headers, tls, timeoutMs });
  }
  const [connectOptions, device] = [readConnectOptions(flags), readDevice(flags)];
  return new LinePublisher({ url, connectOptions, device, token: flags.token, timeoutMs, signal });
}

/** @throws {StartError} for a file that cannot be read. */
function readKey({ apiKey, apiKeyFile }: PublishFlags): string | undefined {
  if (apiKeyFile === undefined) return apiKey;
  try {
    // As the gateway's own file has it, scopes may stand before the key.
    return readFileSync(apiKeyFile, "utf8").split("\n")[0]?.trim().split(/\s+/).at(-1);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError("KEYS", `Cannot read the key file "${apiKeyFile}" (${reason})`, {
      hint: "Give a file whose first line is a key, or --api-key",
      cause,
    });
  }
}

interface NextMessage {
  readonly data: string;
  readonly id: string;
  /** For people: which one it is. */
  readonly place: string;
}

async function* messagesOf(
  json: string | undefined,
  { field, id }: PublishFlags,
  signal: AbortSignal,
): AsyncGenerator<NextMessage> {
  if (json !== undefined) return yield { data: json, id: id ?? createId(), place: "" };
  let number = 0;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity, signal })) {
    number++;
    if (line.trim() === "") continue;
    const data = field === undefined ? readLine(line, number) : JSON.stringify({ [field]: line });
    yield { data, id: id === undefined ? createId() : `${id}-${number}`, place: `line ${number}` };
  }
}

function createId(): string {
  return randomBytes(16).toString("hex");
}

function readLine(line: string, number: number): string {
  try {
    return parseData(line);
  } catch (cause) {
    throw new StartError("INPUT", `Line ${number} of stdin is not JSON: ${JSON.stringify(line.slice(0, 60))}`, {
      hint: "Give one JSON value a line, or --field <name> for lines of text",
      cause,
    });
  }
}

function describeOutcome({ channel, event, id }: Outgoing, outcome: Outcome, { json }: PublishFlags): string {
  const stored =
    outcome.type === "stored"
      ? {
          position: formatPosition(outcome.position),
          offset: outcome.position.offset,
          durability: outcome.durability,
          duplicate: outcome.duplicate,
        }
      : undefined;
  if (json) return `${JSON.stringify({ channel, event, id, stored: stored !== undefined, ...stored })}\n`;
  if (stored === undefined) return `-  told, not stored: ${event} is of a kind that is not\n`;
  return `${stored.position}  ${stored.duplicate ? "was stored before" : "stored"} (${stored.durability})  ${id}\n`;
}
