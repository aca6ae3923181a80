import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server, STATUS_CODES } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type HandshakeRequest, readHandshake, type Refusal, refuseSocket, writeAccept } from "../engine/index.ts";
import { WebSocket } from "./web-socket.ts";

/** What `verifyClient` is asked about. */
export interface VerifyInfo {
  readonly origin: string | undefined;
  readonly secure: boolean;
  readonly req: IncomingMessage;
}
/** Says whether the client may connect; without a code it is refused with 401. */
export type VerifyAnswer = (
  isVerified: boolean,
  code?: number,
  message?: string,
  headers?: OutgoingHttpHeaders,
) => void;

/** Options of a server; exactly one of `port`, `server` and `noServer`. They can be changed later, as `server.options`. */
export interface ServerOptions {
  port?: number | null | undefined;
  host?: string | null | undefined;
  backlog?: number | null | undefined;
  server?: Server | HttpsServer | null | undefined;
  noServer?: boolean | undefined;
  /** The path to answer; another gets 400. Default: all. */
  path?: string | null | undefined;
  /** Whether there is a set `clients`. Default true. */
  clientTracking?: boolean | undefined;
  /** Accepted; compression is not negotiated. */
  perMessageDeflate?: boolean | object | undefined;
  /** The longest message to accept, in bytes; 0 is unlimited. Default 100 MiB. */
  maxPayload?: number | undefined;
  /** The most frames of one message; 0 is unlimited. Default 16 384. */
  maxFragments?: number | undefined;
  /** Picks one of the offered subprotocols, or false for none. Default: the first offered. */
  handleProtocols?: ((protocols: Set<string>, request: IncomingMessage) => string | false) | null | undefined;
  /** Decides about a client; one with two parameters is given a callback. */
  verifyClient?:
    | ((info: VerifyInfo, answer: VerifyAnswer) => unknown)
    | ((info: VerifyInfo) => unknown)
    | null
    | undefined;
  /** The class to make sockets of. Default {@link WebSocket}. */
  WebSocket?: typeof WebSocket | undefined;
  /** Whether pings are answered. Default true. */
  autoPong?: boolean | undefined;
  /** How long the closing handshake may take, in milliseconds. Default 30 000. */
  closeTimeout?: number | undefined;
  /** Ignored: text is always checked. */
  skipUTF8Validation?: boolean | undefined;
  /** Ignored. */
  allowSynchronousEvents?: boolean | undefined;
}

/** What a {@link WebSocketServer} emits, as `ws` does. */
export interface WebSocketServerEvents {
  connection: [socket: WebSocket, request: IncomingMessage, ...more: unknown[]];
  /** The lines of the 101, before they are sent: push further ones. */
  headers: [lines: string[], request: IncomingMessage];
  listening: [];
  close: [];
  error: [error: Error];
  /** A handshake that cannot be accepted. Who listens has to answer it. */
  wsClientError: [error: Error, socket: Duplex, request: IncomingMessage];
}

/** What is done with the socket of a completed handshake. */
export type UpgradeCallback = (socket: WebSocket, request: IncomingMessage) => void;

/** The class `WebSocketServer` of `ws` 8, on Switchboard's engine. */
export class WebSocketServer extends EventEmitter<WebSocketServerEvents> {
  options: ServerOptions;
  /** All sockets that are not closed; undefined without `clientTracking`. */
  clients: Set<WebSocket> | undefined;
  #server: Server | HttpsServer | undefined;
  #state: "running" | "closing" | "closed" = "running";
  #emitsClose = false;
  #detach: () => void = doNothing;

  /** @throws {TypeError} unless exactly one of `port`, `server` and `noServer` is given. */
  constructor(options: ServerOptions, callback?: () => void) {
    super();
    this.options = { clientTracking: true, WebSocket, ...options };
    const { port, server, noServer } = this.options;
    if (Number(port !== undefined && port !== null) + Number(!!server) + Number(!!noServer) !== 1) {
      throw new TypeError('One and only one of the "port", "server", or "noServer" options must be specified');
    }
    if (this.options.clientTracking) this.clients = new Set();
    if (noServer) return;
    this.#server = server ?? createPlainServer();
    this.#attach(this.#server);
    const { host, backlog } = this.options;
    if (server) return;
    this.#server.listen({ port: port ?? 0, host: host ?? undefined, backlog: backlog ?? undefined }, callback);
  }

  /** Where it listens. @throws {Error} with `noServer`. */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this.#server?.address() ?? null;
  }

  /** Takes no more handshakes; `close` is emitted when the sockets are gone, which it leaves to the program. */
  close(callback?: (error?: Error) => void): void {
    if (this.#state === "closed") {
      if (callback !== undefined) this.once("close", () => callback(new Error("The server is not running")));
      process.nextTick(() => this.#finish());
      return;
    }
    if (callback !== undefined) this.once("close", callback);
    if (this.#state === "closing") return;
    this.#state = "closing";
    this.#detach();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined && !this.options.server) server.close(() => this.#finish());
    else if (this.clients !== undefined && this.clients.size > 0) this.#emitsClose = true;
    else process.nextTick(() => this.#finish());
  }

  /** Whether the request's path is ours. */
  shouldHandle(request: IncomingMessage): boolean {
    return !this.options.path || (request.url ?? "").split("?", 1)[0] === this.options.path;
  }

  /** Answers a handshake, as the `upgrade` event of `node:http` gives it. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, callback: UpgradeCallback): void {
    const destroy = (): void => void socket.destroy();
    socket.on("error", destroy);
    const handshake = readHandshake(headOf(request));
    if (handshake.type === "refusal") return this.#reject(handshake, socket, request);
    if (!this.shouldHandle(request)) return refuseSocket(socket, refusal(400));
    const complete = (): void => this.#complete(handshake, { request, socket, head, callback });
    const { verifyClient } = this.options;
    if (!verifyClient) return complete();
    const info = { origin: handshake.origin, secure: "encrypted" in (request.socket ?? {}), req: request };
    const answer: VerifyAnswer = (isVerified, code = 401, message, headers = {}) =>
      isVerified ? complete() : refuseSocket(socket, refusal(code, message, headers));
    if (verifyClient.length === 2) verifyClient(info, answer);
    else answer(!!(verifyClient as (info: VerifyInfo) => unknown)(info)); // its length says so
  }

  #complete(handshake: HandshakeRequest, call: Call): void {
    const { request, socket, head, callback } = call;
    if (!socket.readable || !socket.writable) return void socket.destroy();
    if (this.#state !== "running") return refuseSocket(socket, refusal(503));
    const protocol = this.#selectProtocol(handshake, request);
    const greeting = this.#greet(handshake, protocol);
    if (greeting === undefined) return refuseSocket(socket, refusal(500));
    const lines = greeting.toString("latin1").trimEnd().split("\r\n");
    this.emit("headers", lines, request);
    // A line break within a line would be a header of somebody else's, or the end of them.
    if (lines.some((line) => /[\r\n\0]/.test(line))) return refuseSocket(socket, refusal(500));
    const Class = this.options.WebSocket ?? WebSocket;
    const made = new Class(null, undefined, this.options as object); // its socket options are a client's too
    made._protocol = protocol ?? "";
    const { maxPayload, maxFragments } = this.options;
    // At once, as `ws` does: a socket that is terminated in its `connection` listener was open to its client.
    socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    made.setSocket(socket, head, { maxPayload, maxFragments });
    this.#track(made);
    callback(made, request);
  }

  /** Undefined if the program chose a subprotocol that was not offered: a client would have to fail the connection. */
  #greet({ key, protocols }: HandshakeRequest, protocol: string | undefined): Buffer | undefined {
    try {
      return Buffer.from(writeAccept({ key, protocols, protocol }));
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
      return undefined;
    }
  }

  #selectProtocol({ protocols }: HandshakeRequest, request: IncomingMessage): string | undefined {
    if (protocols.length === 0) return undefined;
    const { handleProtocols } = this.options;
    const selected = handleProtocols ? handleProtocols(new Set(protocols), request) : protocols[0];
    return selected || undefined;
  }

  #track(socket: WebSocket): void {
    this.clients?.add(socket);
    socket.on("close", () => {
      this.clients?.delete(socket);
      if (this.#emitsClose && this.clients?.size === 0) process.nextTick(() => this.#finish());
    });
  }

  #reject(fault: Refusal, socket: Duplex, request: IncomingMessage): void {
    if (this.listenerCount("wsClientError") === 0) refuseSocket(socket, fault);
    else this.emit("wsClientError", new Error(fault.reason), socket, request);
  }

  #attach(server: Server | HttpsServer): void {
    const listening = (): void => void this.emit("listening");
    const error = (fault: Error): void => void this.emit("error", fault);
    const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
      this.handleUpgrade(request, socket, head, (made) => this.emit("connection", made, request));
    server.on("listening", listening).on("error", error).on("upgrade", upgrade);
    this.#detach = () => void server.off("listening", listening).off("error", error).off("upgrade", upgrade);
  }

  #finish(): void {
    this.#state = "closed";
    this.emit("close");
  }
}

interface Call {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly callback: UpgradeCallback;
}

function doNothing(): void {}

function createPlainServer(): Server {
  return createServer((_request, response) => {
    response.writeHead(426, { "Content-Type": "text/plain" });
    response.end(STATUS_CODES[426]);
  });
}

function refusal(status: number, reason = STATUS_CODES[status] ?? "", headers: OutgoingHttpHeaders = {}): Refusal {
  return {
    type: "refusal",
    status,
    reason,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
  };
}

/** A request's head. One that no parser made, as tests have it (`@fastify/websocket`), lacks what a parser knows. */
function headOf(request: IncomingMessage): Parameters<typeof readHandshake>[0] {
  const { method = "GET", url = "/", httpVersion = "1.1", rawHeaders } = request as Partial<IncomingMessage>;
  const headers = Object.entries({ ...request.headers, host: request.headers.host ?? "localhost" });
  return {
    method,
    target: url,
    httpVersion,
    rawHeaders: rawHeaders ?? headers.flatMap(([name, value]) => [name, String(value)]),
  };
}
