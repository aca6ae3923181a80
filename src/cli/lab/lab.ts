import { randomBytes } from "node:crypto";
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { Duplex } from "node:stream";
import { isSameOrigin, writeRefusal } from "../../protocol/index.ts";
import { makeAttempt, type OwnAddress, parseAttempt } from "./attempt.ts";
import { HeadRecorder } from "./head-recorder.ts";
import { LabLine } from "./lab-line.ts";
import type { PoisonReplay, Push, TraceEntry } from "./messages.ts";
import { replayAccept, replayMasking } from "./poison.ts";
import { Races } from "./race.ts";
import { LabSessions } from "./sessions.ts";

const maxBodyBytes = 64 * 1024;
const maxAttemptCount = 8;

/** The lab on an HTTP server: its connections at `/lab/line`, and what its page asks for at `/lab/api/`. */
export class Lab {
  readonly #server: HttpServer;
  readonly #otherPaths: readonly string[];
  readonly #recorder: HeadRecorder;
  readonly #sessions = new LabSessions();
  readonly #races = new Races();
  readonly #lines = new Set<LabLine>();
  #attemptCount = 0;

  /** @param options.otherPaths - whose upgrades somebody else answers; those of any other path get a 404. */
  constructor(server: HttpServer, options: { readonly otherPaths?: readonly string[] } = {}) {
    this.#server = server;
    this.#otherPaths = options.otherPaths ?? [];
    this.#recorder = new HeadRecorder(server);
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Node tells of the upgrade while it hands the bytes round: the recorder may be the next to get them.
      queueMicrotask(() => this.#handleUpgrade(request, socket, head));
    });
  }

  /** Answers a request of the lab's page. False when it is none. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = new URL(request.url ?? "/", "http://lab");
    if (!url.pathname.startsWith("/lab/api/")) return false;
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    const call = `${request.method ?? ""} ${url.pathname.slice("/lab/api/".length)}`;
    const { searchParams: query } = url;
    if (call === "GET trace") this.#trace(query.get("lab") ?? "", response);
    else if (call === "GET race") this.#poll(query, request, response);
    else if (call.startsWith("POST ")) this.#post(call.slice("POST ".length), request, response);
    else answer(response, 404, { error: `There is no ${call} here` });
    return true;
  }

  /** Closes every connection of the lab. */
  close(): void {
    for (const line of this.#lines) line.end();
  }

  #handleUpgrade(request: IncomingMessage, socket: Duplex, rest: Uint8Array): void {
    const target = request.url ?? "/";
    const { pathname, searchParams } = new URL(target, "http://lab");
    if (this.#otherPaths.includes(pathname)) return;
    if (pathname !== "/lab/line") {
      const reason = `Cannot find a WebSocket at ${pathname}`;
      socket.on("error", () => socket.destroy());
      socket.end(writeRefusal({ type: "refusal", status: 404, reason, headers: [] }));
      return;
    }
    const session = this.#sessions.find(searchParams.get("lab") ?? "");
    const line = new LabLine({
      request,
      socket,
      rest,
      isSecure: this.#isSecure,
      head: this.#recorder.find(request.socket, target),
      session,
      misdeed: searchParams.get("misdeed"),
    });
    this.#lines.add(line);
    socket.once("close", () => this.#lines.delete(line));
    if (session === undefined) return;
    session.line?.end();
    session.line = line;
  }

  /** Server-sent events: all that has happened, then what happens. */
  #trace(name: string, response: ServerResponse): void {
    const session = this.#sessions.open(name);
    if (session === undefined) return answer(response, 429, { error: "Too many pages watch: try again later" });
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.flushHeaders();
    const stop = session.follow((entry: TraceEntry) => response.write(`data: ${JSON.stringify(entry)}\n\n`));
    response.on("close", () => {
      stop();
      this.#sessions.leave(name);
    });
  }

  #poll(query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const race = this.#races.find(query.get("race") ?? "");
    if (race === undefined) return answer(response, 404, { error: "There is no such race" });
    const { socket } = request;
    const writtenBefore = socket.bytesWritten;
    response.on("finish", () => race.count(countRequestBytes(request) + socket.bytesWritten - writtenBefore));
    answer(response, 200, race.poll(Number(query.get("after") ?? "0")));
  }

  #post(call: string, request: IncomingMessage, response: ServerResponse): void {
    const { origin, host = "" } = request.headers;
    // A form of another site can post, but neither from our origin nor as JSON.
    if (origin !== undefined && !isSameOrigin(origin, host, this.#isSecure)) {
      return answer(response, 403, { error: `Cannot accept origin "${origin}": the lab answers its own page` });
    }
    if (request.headers["content-type"] !== "application/json") return answer(response, 415, { error: "Send JSON" });
    readJson(request).then(
      (body) => this.#answerPost(call, body, response),
      (error: unknown) => answer(response, 400, { error: String(error) }),
    );
  }

  #answerPost(call: string, body: Readonly<Record<string, unknown>>, response: ServerResponse): void {
    if (call === "push") return this.#push(body, response);
    if (call === "race") return this.#race(body, response);
    if (call === "attempt") return void this.#attempt(body["attempt"], response);
    if (call === "poison") return answer(response, 200, replay(body));
    answer(response, 404, { error: `There is no POST ${call} here` });
  }

  #push({ lab, push }: Readonly<Record<string, unknown>>, response: ServerResponse): void {
    const line = this.#sessions.find(String(lab))?.line;
    if (line === undefined) return answer(response, 409, { error: "Cannot push: no connection is open" });
    const parsed = parsePush(push);
    if (typeof parsed === "string") return answer(response, 400, { error: parsed });
    line.push(parsed);
    answer(response, 200, {});
  }

  #race({ lab }: Readonly<Record<string, unknown>>, response: ServerResponse): void {
    const line = this.#sessions.find(String(lab))?.line;
    if (line === undefined) return answer(response, 409, { error: "Cannot start: no connection is open" });
    const race = this.#races.start(String(lab), (text) => line.push({ type: "text", text }));
    if (race === undefined) return answer(response, 429, { error: "Too many races run: try again later" });
    answer(response, 200, race.poll(0));
  }

  async #attempt(value: unknown, response: ServerResponse): Promise<void> {
    const attempt = parseAttempt(value);
    if (typeof attempt === "string") return answer(response, 400, { error: attempt });
    if (this.#attemptCount >= maxAttemptCount) return answer(response, 429, { error: "Too many attempts at once" });
    this.#attemptCount++;
    answer(response, 200, await makeAttempt(attempt, this.#ownAddress()));
    this.#attemptCount--;
  }

  #ownAddress(): OwnAddress {
    const { address, port } = this.#server.address() as AddressInfo; // a request came in by it
    const host = address === "::" ? "::1" : address === "0.0.0.0" ? "127.0.0.1" : address;
    return { host, port, isSecure: this.#isSecure };
  }

  get #isSecure(): boolean {
    return this.#server instanceof TlsServer;
  }
}

function replay({ attack, isDefended }: Readonly<Record<string, unknown>>): PoisonReplay {
  const chance = { key: randomBytes(16).toString("base64"), maskingKey: randomBytes(4).readUInt32BE() };
  return attack === "accept"
    ? replayAccept({ checksAccept: isDefended === true }, chance)
    : replayMasking({ masks: isDefended === true }, chance);
}

function parsePush(value: unknown): Push | string {
  const { type, text, code, reason } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if ((type === "text" || type === "ping") && typeof text === "string") return { type, text: text.slice(0, 1000) };
  if (type !== "close" || typeof reason !== "string") return `Cannot push ${JSON.stringify(value)}`;
  const isCode =
    code === 1000 || code === 1001 || (Number.isInteger(code) && Number(code) >= 3000 && Number(code) < 5000);
  if (!isCode) return `Cannot close with ${String(code)}: give 1000, 1001 or 3000 to 4999`;
  if (Buffer.byteLength(reason) > 123) return "Cannot close with this reason: it has more than 123 bytes";
  return { type, code: Number(code), reason };
}

async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk as string;
    if (text.length > maxBodyBytes) throw new Error(`Cannot accept a body of more than ${maxBodyBytes} characters`);
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new Error("Cannot read the body: it is no object");
  return value as Readonly<Record<string, unknown>>;
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

/** With the spaces that browsers send. */
function countRequestBytes({ method = "", url = "", rawHeaders }: IncomingMessage): number {
  const line = `${method} ${url} HTTP/1.1\r\n`.length;
  return rawHeaders.reduce((sum, text) => sum + text.length + 2, line) + 2;
}
