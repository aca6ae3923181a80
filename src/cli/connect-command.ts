import { createInterface, type Interface, type ReadLineOptions } from "node:readline";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { ConnectOptions } from "../engine/index.ts";
import { encodeClientOp, subprotocol } from "../wire/index.ts";
import { addConnectionOptions, type ConnectionFlags, readHeaders, readTls } from "./connection-options.ts";
import { historyFile, historyLineCount, readHistory, writeHistory } from "./connect-history.ts";
import { type Input, type Session, type SessionOptions, startSession } from "./connect-session.ts";
import { type ConnectView, createJsonView, createPlainView, createTerminalView } from "./connect-view.ts";
import { addIdentityOptions, readDevice } from "./gateway-options.ts";
import { completeSlash } from "./slash-command.ts";
import { collectText, parsePositiveSeconds, parseSeconds, parseTarget } from "./target.ts";

interface ConnectFlags extends ConnectionFlags {
  readonly execute?: readonly string[];
  readonly wait?: number;
  readonly one?: true;
  readonly binary?: true;
  readonly json?: true;
  readonly compress?: true;
  readonly showPingPong?: true;
  readonly slash?: true;
  readonly pingInterval?: number;
  readonly location?: true;
  readonly proxy?: string;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly color: boolean;
  readonly gateway?: true;
  readonly token?: string;
  readonly device?: string;
  readonly history: boolean;
}

const examples = `
Examples:
  switchboard connect wss://chat.example/ws      write lines, read messages
  switchboard connect -x '{"type":"hello"}' -1 wss://chat.example/ws
                                                 one question, one answer
  tail -f log.txt | switchboard connect wss://logs.example/
                                                 a line is a message
  switchboard connect -b wss://files.example/ < image.png
                                                 stdin is one binary message
  switchboard connect --json wss://chat.example/ws | jq .data
  switchboard connect --gateway ws://127.0.0.1:8080/ws
                                                 /sub chat/42 follows a channel

Messages go to stdout, everything else to stderr. The end of stdin closes with
1000. At a terminal --slash takes commands (/help lists them), Tab completes
them, and lines are remembered in $XDG_STATE_HOME/switchboard, but for those
that begin with a space or hold a token. NO_COLOR=1 or --no-color switches
colours off. Exit codes: 0 closed in order, 1 no connection, 2 wrong usage,
4 the connection broke or was closed with another code than 1000, 1001 or 1005,
130 stopped by Ctrl-C.`;

/** wscat's: that of `-x`. */
const executeWaitMs = 2_000;
const redirectCount = 5;
/** As `ws` has it. */
const maxMessageBytes = 100 * 2 ** 20;

/** Makes `switchboard connect`. */
export function createConnectCommand(): Command {
  const command = new Command("connect")
    .description("talk to a WebSocket server: lines of stdin are messages, messages are lines of stdout")
    .addArgument(new Argument("<url>", "where; ws:// if it has no scheme").argParser(parseTarget));
  return addIdentityOptions(addConnectionOptions(command))
    .addOption(
      new Option("-x, --execute <message>", "send this instead of stdin; repeat it for more").argParser(collectText),
    )
    .addOption(
      new Option(
        "-w, --wait <seconds>",
        "how long to wait for answers when all is sent (default: 2 after -x, else 0)",
      ).argParser(parseSeconds),
    )
    .option("-1, --one", "end with the first message that comes")
    .option("-b, --binary", "send binary: lines of a terminal or -x one each, else all of stdin as one message")
    .option("-P, --show-ping-pong", "tell pings and pongs")
    .option("--slash", "take lines that begin with / for commands")
    .option("--gateway", "speak to a gateway: its subprotocol, --token, and --slash with its commands")
    .addOption(
      new Option("--ping-interval <seconds>", "send a ping after so much silence (default: 25)").argParser(
        parsePositiveSeconds,
      ),
    )
    .option("--compress", "offer compression (permessage-deflate)")
    .option("-L, --location", `follow redirects, ${redirectCount} at most`)
    .addOption(new Option("--proxy <url>", "go through this HTTP proxy").argParser(parseProxy))
    .option("--json", "print one JSON object a message, bytes in base64")
    .option("-q, --quiet", "tell nothing but a connection that fails")
    .option("-v, --verbose", "tell what goes well, too")
    .option("--no-color", "no colours")
    .option("--no-history", "neither read nor remember the lines that are typed")
    .addHelpText("after", examples)
    .action(runConnect);
}

function parseProxy(text: string): URL {
  if (URL.canParse(text) && /^https?:/.test(text)) return new URL(text);
  throw new InvalidArgumentError("Give a URL, as in http://user:password@proxy.example:3128");
}

async function runConnect(url: URL, flags: ConnectFlags): Promise<void> {
  const { stdin, stdout } = process;
  // A person writes and reads: there is a prompt, and what comes is shown above it.
  const isDialogue = stdin.isTTY && stdout.isTTY && flags.execute === undefined && flags.json === undefined;
  const takesLines = flags.execute === undefined && (isDialogue || flags.binary === undefined);
  const lines = takesLines
    ? createInterface({ input: stdin, ...(isDialogue ? describeDialogue(flags) : {}) })
    : undefined;
  if (isDialogue && flags.history) lines?.on("history", (history) => writeHistory(historyFile(process.env), history));
  const session = startSession({
    ...readSessionFlags(flags, isDialogue),
    url,
    view: createView(flags, isDialogue ? lines : undefined),
    connectOptions: readConnectOptions(flags),
    input: inputOf(flags, lines),
  });
  if (isDialogue) lines?.prompt();
  process.exitCode = await endSession(session, lines);
  if (isDialogue) stdout.write("\r\u001b[K"); // the prompt that nobody will answer
  stdin.destroy();
}

/** What a person at a terminal gets: a prompt, the lines of earlier sessions, and completions. */
function describeDialogue({ gateway, history, slash }: ConnectFlags): Partial<ReadLineOptions> {
  return {
    output: process.stdout,
    prompt: "> ",
    historySize: history ? historyLineCount : 0,
    removeHistoryDuplicates: true,
    history: history ? readHistory(historyFile(process.env)) : [],
    ...(slash || gateway ? { completer: (line: string) => completeSlash(line, gateway ?? false) } : {}),
  };
}

function createView({ json, color }: ConnectFlags, dialogue: Interface | undefined): ConnectView {
  const { stdout, stderr } = process;
  if (dialogue !== undefined) {
    return createTerminalView(stdout, { lines: dialogue, hasColors: color && !process.env["NO_COLOR"] });
  }
  return json ? createJsonView(stdout, stderr) : createPlainView(stdout, stderr);
}

function readSessionFlags(
  flags: ConnectFlags,
  isDialogue: boolean,
): Omit<SessionOptions, "url" | "view" | "connectOptions" | "input"> {
  const { quiet: isQuiet = false } = flags;
  return {
    waitMs: flags.wait ?? (flags.execute === undefined ? 0 : executeWaitMs),
    isBinary: flags.binary ?? false,
    isOne: flags.one ?? false,
    showsPings: flags.showPingPong ?? false,
    hasSlash: flags.slash ?? flags.gateway ?? false,
    decodes: flags.json === undefined,
    greeting: flags.gateway && greet(flags),
    isVerbose: flags.verbose ?? (isDialogue && !isQuiet),
    isQuiet,
  };
}

/** The first op of every connection to a gateway. */
function greet(flags: ConnectFlags): string {
  const { token } = flags;
  return encodeClientOp({ type: "auth", id: 0, device: readDevice(flags), ...(token === undefined ? {} : { token }) });
}

function inputOf({ execute }: ConnectFlags, lines: Interface | undefined): Input {
  if (execute !== undefined) return { type: "lines", lines: execute, end: doNothing };
  if (lines === undefined) return { type: "stream", stream: process.stdin };
  // The iterator keeps what comes before the connection is open; without it those lines would be lost.
  return { type: "lines", lines: keepLines(lines), end: () => lines.close() };
}

function keepLines(lines: Interface): AsyncIterable<string> {
  const iterator = lines[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => iterator };
}

/** Waits for the end; Ctrl-C closes in order, a second one at once. A reader that went away, as `head` does, is no fault. */
async function endSession(session: Session, lines: Interface | undefined): Promise<number> {
  let exitCode: number | undefined;
  const interrupt = (): void => {
    exitCode = 130;
    session.close();
  };
  process.on("SIGINT", interrupt);
  lines?.on("SIGINT", interrupt);
  process.stdout.on("error", () => {
    exitCode ??= 0;
    session.close();
  });
  const ended = await session.ended;
  return exitCode ?? ended;
}

function readConnectOptions(flags: ConnectFlags): ConnectOptions {
  const { origin, proxy, pingInterval } = flags;
  return {
    protocols: flags.subprotocol ?? (flags.gateway ? [subprotocol] : []),
    headers: readHeaders(flags),
    tls: readTls(flags),
    http2: flags.http2 ?? false,
    handshakeTimeoutMs: flags.timeout,
    maxRedirects: flags.location ? redirectCount : 0,
    maxMessageBytes,
    maxFragmentCount: Infinity,
    messageTimeoutMs: Infinity,
    maxPingCount: Infinity,
    ...(origin === undefined ? {} : { origin }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(flags.compress ? { compression: {} } : {}),
    ...(pingInterval === undefined ? {} : { pingAfterMs: pingInterval, deadAfterMs: pingInterval + 15_000 }),
  };
}

function doNothing(): void {}
