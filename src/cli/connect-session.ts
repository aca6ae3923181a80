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
import { readSlashCommand, type SlashCommand } from "./slash-command.ts";

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
  const drained = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  void closed.then(() => endInput(options.input));
  await send(socket, options, drained);
  return tellClose(await closed, options);
}

function handlersOf({ view, isOne, showsPings }: SessionOptions): ConnectOptions {
  let isDone = false;
  return {
    message(socket, data) {
      if (isDone) return undefined;
      isDone = isOne;
      if (isOne) socket.close(1000);
      return view.message(data);
    },
    ...(showsPings
      ? {
          ping: (_, data) => view.note(`Received ping ${JSON.stringify(Buffer.from(data).toString())}`),
          pong: (_, data) => view.note(`Received pong ${JSON.stringify(Buffer.from(data).toString())}`),
        }
      : {}),
  };
}

/** Sends all of the input, as fast as the server takes it; then waits for answers, and closes. */
async function send(socket: ClientSocket, options: SessionOptions, drained: () => Promise<void>): Promise<void> {
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
function sendLine(socket: ClientSocket, line: string, { view, hasSlash, isBinary }: SessionOptions): boolean {
  const command = hasSlash ? readSlashCommand(line) : undefined;
  if (command === undefined) return socket.send(isBinary ? Buffer.from(line) : line) || socket.state !== "open";
  try {
    runSlashCommand(socket, command, view);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    view.note(error.message);
  }
  return true;
}

function runSlashCommand(socket: ClientSocket, command: SlashCommand, view: ConnectView): void {
  switch (command.type) {
    case "ping":
      return socket.ping(Buffer.from(command.data));
    case "close":
      return socket.close(command.code, command.reason);
    case "unknown":
      return view.note(`There is no /${command.name}: /ping [data], /close [code] [reason]`);
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
