import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  Connection,
  type ConnectionEvent,
  type HandshakeRequest,
  headerPairs,
  isSameOrigin,
  readHandshake,
  type Refusal,
  selectProtocol,
  writeAccept,
  writeRefusal,
} from "../../protocol/index.ts";
import type { RecordedHead } from "./head-recorder.ts";
import type { LineEvent, Push } from "./messages.ts";
import { findDeed, labProtocols } from "./misdeeds.ts";
import type { LabSession } from "./sessions.ts";

/** A connection that does nothing for so long is ended, and one that does not answer our close frame for so long. */
const idleMs = 10 * 60_000;
const closeMs = 5000;

/** What a line is made from. */
export interface LabLineOptions {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came behind the request. */
  readonly rest: Uint8Array;
  readonly isSecure: boolean;
  readonly head: RecordedHead | undefined;
  /** Who watches; nobody watches an attempt. */
  readonly session: LabSession | undefined;
  readonly misdeed: string | null;
}

/**
 * One connection under the glass: the protocol's core on a socket, with nothing between, so that every byte passes here once. It echoes what
 * it is sent.
 */
export class LabLine {
  readonly #socket: Duplex;
  readonly #session: LabSession | undefined;
  readonly #startedAtMs: number;
  readonly #connection = new Connection({ role: "server", maxMessageBytes: 64 * 1024 });
  readonly #idle: NodeJS.Timeout;
  #hasEnded = false;

  constructor(options: LabLineOptions) {
    const { request, socket, head, session } = options;
    this.#socket = socket;
    this.#session = session;
    this.#startedAtMs = head?.connectedAtMs ?? performance.now();
    this.#idle = setTimeout(() => this.#socket.destroy(), idleMs).unref();
    session?.tell({
      type: "connected",
      atMs: 0,
      remoteAddress: request.socket.remoteAddress ?? "",
      isSecure: options.isSecure,
      isExact: head !== undefined,
    });
    this.#tellBytes(requestBytes(request, head), "in", "http");
    socket.on("error", () => socket.destroy()); // `close` follows
    socket.on("close", () => this.#handleEnd("peer"));
    this.#answer(options);
  }

  /** Has the server say something, unasked. */
  push(push: Push): void {
    if (this.#connection.state !== "open") return;
    if (push.type === "text") this.#write(this.#connection.sendText(push.text));
    else if (push.type === "ping") this.#write(this.#connection.sendPing(Buffer.from(push.text).subarray(0, 125)));
    else this.#close(push);
  }

  /** Closes with 1001, as a server that goes away. */
  end(): void {
    if (this.#connection.state === "open") this.#close({ code: 1001, reason: "The lab is closed" });
    else this.#socket.destroy();
  }

  #close({ code, reason }: { readonly code: number; readonly reason: string }): void {
    this.#write(this.#connection.sendClose(code, reason));
    setTimeout(() => this.#socket.destroy(), closeMs).unref();
  }

  #answer({ request, rest, isSecure, misdeed }: LabLineOptions): void {
    const { method = "", url: target = "", httpVersion, rawHeaders } = request;
    const handshake = readHandshake({ method, target, httpVersion, rawHeaders });
    const answer = handshake.type === "refusal" ? handshake : (refuseOrigin(handshake, isSecure) ?? handshake);
    if (answer.type === "refusal") return this.#refuse(answer);
    const deed = findDeed(misdeed);
    const protocol = selectProtocol(answer.protocols, labProtocols);
    const bytes = deed?.answer?.(answer) ?? writeAccept({ key: answer.key, protocols: answer.protocols, protocol });
    this.#write(bytes, "http");
    this.#session?.tell({ type: "switched", atMs: this.#atMs(), protocol: protocol ?? "" });
    if (deed?.frames !== undefined) this.#write(deed.frames());
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("end", () => this.#receiveEnd());
    if (rest.length > 0) this.#receive(rest);
  }

  #refuse(refusal: Refusal): void {
    this.#write(writeRefusal(refusal), "http");
    this.#session?.tell({ type: "refused", atMs: this.#atMs(), status: refusal.status, reason: refusal.reason });
    this.#finish();
  }

  #receive(chunk: Uint8Array): void {
    this.#idle.refresh();
    this.#tellBytes(chunk, "in", "frames");
    this.#connection.receive(chunk);
    this.#settle();
  }

  #receiveEnd(): void {
    this.#connection.receiveEnd();
    this.#settle();
    this.#socket.end();
  }

  #settle(): void {
    for (const event of this.#connection.takeEvents()) this.#handle(event);
    for (const bytes of this.#connection.takeOutput()) this.#write(bytes);
    if (this.#connection.state === "closed") this.#finish();
  }

  #handle(event: ConnectionEvent): void {
    if (event.type === "piece" || event.type === "bytes") return; // not asked for
    this.#session?.tell({ type: "event", atMs: this.#atMs(), what: event.type as LineEvent, detail: describe(event) });
    if (event.type !== "message" || this.#connection.state !== "open") return;
    this.#write(
      event.opcode === "text" ? this.#connection.sendText(event.data) : this.#connection.sendBinary(event.data),
    );
  }

  #write(bytes: Uint8Array, part: "http" | "frames" = "frames"): void {
    this.#tellBytes(bytes, "out", part);
    this.#socket.write(bytes);
  }

  /** RFC 6455 §7.1.1: the server closes the TCP connection first. */
  #finish(): void {
    this.#handleEnd("us");
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), closeMs).unref();
  }

  #handleEnd(by: "us" | "peer"): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#idle);
    if (this.#session?.line === this) this.#session.line = undefined;
    this.#session?.tell({ type: "ended", atMs: this.#atMs(), by });
  }

  #tellBytes(bytes: Uint8Array, direction: "in" | "out", part: "http" | "frames"): void {
    this.#session?.tellBytes(bytes, { atMs: this.#atMs(), direction, part });
  }

  #atMs(): number {
    return Math.max(0, Math.round((performance.now() - this.#startedAtMs) * 1000) / 1000);
  }
}

/** What came, or, on a connection that carried another request before, what it must have been. */
function requestBytes(
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  head: RecordedHead | undefined,
): Uint8Array {
  if (head !== undefined) {
    const bytes = Buffer.from(head.bytes);
    return bytes.subarray(0, bytes.indexOf("\r\n\r\n") + 4);
  }
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (const [name, value] of headerPairs(rawHeaders)) lines.push(`${name}: ${value}`);
  return Buffer.from([...lines, "", ""].join("\r\n"), "latin1");
}

function refuseOrigin({ origin, host }: HandshakeRequest, isSecure: boolean): Refusal | undefined {
  if (origin === undefined || isSameOrigin(origin, host, isSecure)) return undefined;
  const reason = `Cannot accept origin "${origin}": the lab answers its own page, at ${host}`;
  return { type: "refusal", status: 403, reason, headers: [] };
}

function describe(event: Exclude<ConnectionEvent, { readonly type: "piece" | "bytes" }>): string {
  switch (event.type) {
    case "message":
      return event.opcode === "text" ? event.data.slice(0, 200) : `${event.data.length} bytes`;
    case "ping":
    case "pong":
      return Buffer.from(event.data).toString("utf8");
    case "close":
    case "fail":
      return `${event.code} ${event.reason}`.trim();
    default:
      return event satisfies never;
  }
}
