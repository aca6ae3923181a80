/** One connection between a server and the streams of a process. */
import type { Readable } from "node:stream";
import {
  type ClientSocket,
  type CloseInfo,
  connect,
  type ConnectOptions,
  HandshakeError,
  ProtocolError,
} from "../engine/index.ts";
import type { ConnectView } from "./connect-view.ts";
import { type Dialect, dialectOf, writeGatewayRequest } from "./dialect.ts";
import { readSlashCommand, type SlashCommand, slashUsages } from "./slash-command.ts";

/** What is sent: lines, one message each; a stream, all of it one binary message. */
export type Input =
  | { readonly type: "lines"; readonly lines: AsyncIterable<string> | Iterable<string>; readonly end: () => void }
  | { readonly type: "stream"; readonly stream: Readable };

export interface SessionOptions {
  readonly url: URL;
  readonly connectOptions: ConnectOptions;
  readonly input: Input;
  /** How long answers are waited for when everything is sent. */
  readonly waitMs: number;
  /** Lines are sent as binary. */
  readonly isBinary: boolean;
  /** Ends with the first message that comes. */
  readonly isOne: boolean;
  readonly showsPings: boolean;
  readonly hasSlash: boolean;
  /** Whether what goes well is told, too. */
  readonly isVerbose: boolean;
  readonly isQuiet: boolean;
  /** Whether what a gateway sends is shown as the JSON it means. */
  readonly decodes: boolean;
  /** Is sent first to a gateway: who we are, as a line of JSON. */
  readonly greeting?: string | undefined;
  readonly view: ConnectView;
}

/** The exit codes of a session. */
const sessionExitCodes = { closed: 0, refused: 1, broken: 4 } as const;

/** A close that nobody has to look into (RFC 6455 §7.4.1). */
const normalCloseCodes: readonly number[] = [1000, 1001, 1005];

/** A session that has not ended. */
export interface Session {
  /** The exit code. */
  readonly ended: Promise<number>;
  /** Closes in order; a second time at once. */
  close(): void;
}

/** Connects, sends, shows, closes. */
export function startSession(options: SessionOptions): Session {
  const controller = new AbortController();
  let socket: ClientSocket | undefined;
  const ended = run(options, controller.signal, (opened) => (socket = opened));
  return {
    ended,
    close() {
      controller.abort();
      if (socket?.state === "open") socket.close(1000);
      else socket?.terminate();
    },
  };
}

async function run(
  options: SessionOptions,
  signal: AbortSignal,
  tellOpen: (socket: ClientSocket) => void,
): Promise<number> {
  const { url, connectOptions, view, isVerbose } = options;
  let settle: (info: CloseInfo) => void;
  const closed = new Promise<CloseInfo>((resolve) => (settle = resolve));
  let wake: () => void = doNothing;
  let socket: ClientSocket;
  try {
    socket = await connect(url, {
      ...connectOptions,
      signal,
      ...handlersOf(options),
      drain: () => wake(),
      close(_, info) {
        wake();
        settle(info);
      },
    });
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    if (!signal.aborted) tellRefusal(error, options);
    return sessionExitCodes.refused;
  }
  tellOpen(socket);
  if (isVerbose) view.note(describeOpen(url, socket));
  const dialect = dialectOf(socket.protocol, options.isBinary);
  if (options.greeting !== undefined && dialect.isGateway) socket.send(dialect.write(options.greeting) ?? "");
  const drained = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  void closed.then(() => endInput(options.input));
  await send(socket, { ...options, dialect }, drained);
  return tellClose(await closed, options);
}

function handlersOf({ decodes, view, isOne, showsPings }: SessionOptions): ConnectOptions {
  let isDone = false;
  return {
    message(socket, data) {
      if (isDone) return undefined;
      isDone = isOne;
      if (isOne) socket.close(1000);
      const pieces = decodes ? dialectOf(socket.protocol, false).read(data) : [data];
      const waits = pieces.map((piece) => view.message(piece)).filter((wait) => wait !== undefined);
      return waits.length === 0 ? undefined : Promise.all(waits).then(doNothing);
    },
    ...(showsPings
      ? {
          ping: (_, data) => view.note(`Received ping ${JSON.stringify(Buffer.from(data).toString())}`),
          pong: (_, data) => view.note(`Received pong ${JSON.stringify(Buffer.from(data).toString())}`),
        }
      : {}),
  };
}

interface SendOptions extends SessionOptions {
  readonly dialect: Dialect;
}

/** Sends all of the input, as fast as the server takes it; then waits for answers, and closes. */
async function send(socket: ClientSocket, options: SendOptions, drained: () => Promise<void>): Promise<void> {
  const { input, waitMs } = options;
  if (input.type === "stream") {
    await socket.sendStream(input.stream, { type: "binary" }).catch(doNothing); // told by how the connection ended
  } else {
    for await (const line of input.lines) {
      if (socket.state !== "open") return;
      if (!sendLine(socket, line, options)) await drained();
    }
  }
  if (waitMs > 0 && socket.state === "open") {
    const timer = setTimeout(() => socket.close(1000), waitMs);
    timer.unref();
  } else socket.close(1000);
}

/** @returns false where the next line has to wait. */
function sendLine(socket: ClientSocket, line: string, options: SendOptions): boolean {
  const { dialect, hasSlash, view } = options;
  const command = hasSlash ? readSlashCommand(line, dialect.isGateway) : undefined;
  if (command === undefined) return sendText(socket, line, options);
  try {
    return runSlashCommand(socket, command, options);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    view.note(error.message);
  }
  return true;
}

function sendText(socket: ClientSocket, line: string, { dialect, view }: SendOptions): boolean {
  const message = dialect.write(line);
  if (message === undefined) view.note("Not sent: a line to this gateway must be JSON, or a command (--slash)");
  return message === undefined || socket.send(message) || socket.state !== "open";
}

/** Numbers of requests: those that a person writes by hand begin at 1. */
let nextRequestId = 1_000;

/** @returns false where the next line has to wait. */
function runSlashCommand(socket: ClientSocket, command: SlashCommand, options: SendOptions): boolean {
  const { dialect, view } = options;
  switch (command.type) {
    case "ping":
      socket.ping(Buffer.from(command.data));
      return true;
    case "close":
      socket.close(command.code, command.reason);
      return true;
    case "ask":
      return sendText(socket, writeGatewayRequest(command.request, nextRequestId++), options);
    case "help":
      view.note(Object.values(slashUsages(dialect.isGateway)).join(", "));
      return true;
    case "refused":
      view.note(command.reason);
      return true;
    default:
      return command satisfies never;
  }
}

function endInput(input: Input): void {
  if (input.type === "stream") input.stream.destroy();
  else input.end();
}

function describeOpen(url: URL, { protocol, remoteAddress }: ClientSocket): string {
  const subprotocol = protocol === "" ? "" : `, subprotocol ${protocol}`;
  return `Connected to ${url.href} (${remoteAddress ?? "?"}${subprotocol})`;
}

function tellRefusal(error: HandshakeError, { url, view, isQuiet }: SessionOptions): void {
  view.note(`error: ${error.message}`);
  if (isQuiet) return;
  for (const [name, value] of error.headers) view.note(`< ${name}: ${value}`);
  const body = Buffer.from(error.body).toString().trimEnd();
  for (const line of body === "" ? [] : body.split("\n").slice(0, 20)) view.note(line);
  view.note(`hint: "switchboard inspect ${url.href}" says why`);
}

function tellClose(info: CloseInfo, { view, isQuiet, isVerbose }: SessionOptions): number {
  const isNormal = info.wasClean && normalCloseCodes.includes(info.code);
  const by = { us: "us", peer: "the server", network: "the network", timeout: "a deadline" }[info.by];
  const reason = info.reason === "" ? "" : ` ${JSON.stringify(info.reason)}`;
  if (isVerbose || (!isNormal && !isQuiet)) view.note(`Closed with ${info.code}${reason} by ${by}`);
  return isNormal ? sessionExitCodes.closed : sessionExitCodes.broken;
}

function doNothing(): void {}
