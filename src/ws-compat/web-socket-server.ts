import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server, STATUS_CODES } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { refuseSocket, writeAccept } from "../engine/index.ts";
import { extension } from "./extension.ts";
import { type Answer, readUpgrade, writeAnswer } from "./handshake-answers.ts";
import { PerMessageDeflate, type PerMessageDeflateOptions } from "./permessage-deflate.ts";
import { TypedEmitter } from "./typed-emitter.ts";
import { WebSocket } from "./web-socket.ts";

/** What `verifyClient` is asked about. */
export interface VerifyInfo<Request extends IncomingMessage = IncomingMessage> {
  /** Undefined for a client that is no browser, whatever `@types/ws` says. */
  origin: string;
  secure: boolean;
  req: Request;
}
/** Says whether the client may connect; without a code it is refused with 401. */
export type VerifyAnswer = (
  isVerified: boolean,
  code?: number,
  message?: string,
  headers?: OutgoingHttpHeaders,
) => void;
/** Decides about a client by what it returns. */
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (
  info: VerifyInfo<Request>,
) => boolean;
/** Decides about a client by what it calls. */
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
  info: VerifyInfo<Request>,
  answer: VerifyAnswer,
) => void;

/** Options of a server; exactly one of `port`, `server` and `noServer`. They can be changed later, as `server.options`. */
export interface ServerOptions<
  Class extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> {
  port?: number | undefined;
  host?: string | undefined;
  backlog?: number | undefined;
  server?: Server<Request> | HttpsServer<Request> | undefined;
  noServer?: boolean | undefined;
  /** The path to answer; another gets 400. Default: all. */
  path?: string | undefined;
  /** Whether there is a set `clients`. Default true. */
  clientTracking?: boolean | undefined;
  /** Whether and how to accept compression. Default false. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** The longest message to accept, in bytes; 0 is unlimited. Default 100 MiB. */
  maxPayload?: number | undefined;
  /** The most frames of one message; 0 is unlimited. Default 16 384. */
  maxFragments?: number | undefined;
  /** Picks one of the offered subprotocols, or false for none. Default: the first offered. */
  handleProtocols?: (protocols: Set<string>, request: InstanceType<Request>) => string | false;
  /** Decides about a client; one with two parameters is given a callback. */
  verifyClient?:
    | VerifyClientCallbackAsync<InstanceType<Request>>
    | VerifyClientCallbackSync<InstanceType<Request>>
    | undefined;
  /** The class to make sockets of. Default {@link WebSocket}. */
  WebSocket?: Class | undefined;
  /** Whether pings are answered. Default true. */
  autoPong?: boolean | undefined;
  /** How long the closing handshake may take, in milliseconds. Default 30 000. */
  closeTimeout?: number | undefined;
  /** Ignored: text is always checked. */
  skipUTF8Validation?: boolean | undefined;
  /** Ignored. */
  allowSynchronousEvents?: boolean | undefined;
  /** Ignored: the protocol joins pieces as they come. */
  maxBufferedChunks?: number | undefined;
  /** Ignored: of the pings in one read the newest is answered. */
  maxPendingAutoPongs?: number | undefined;
}

/** What a {@link WebSocketServer} emits, as `ws` does. */
export interface WebSocketServerEvents<Socket = WebSocket, Request = IncomingMessage> {
  connection: [socket: Socket, request: Request];
  /** The lines of the 101, before they are sent: push further ones. */
  headers: [lines: string[], request: Request];
  listening: [];
  close: [];
  error: [error: Error];
  /** A handshake that cannot be accepted. Who listens has to answer it. */
  wsClientError: [error: Error, socket: Duplex, request: Request];
}

/** What is done with the socket of a completed handshake. */
export type UpgradeCallback<Socket = WebSocket, Request = IncomingMessage> = (socket: Socket, request: Request) => void;

/** The class `WebSocketServer` of `ws` 8, on Switchboard's engine, with a class of sockets and one of requests as `@types/ws` has them. */
export class WebSocketServer<
  Class extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> extends TypedEmitter<WebSocketServerEvents<InstanceType<Class>, InstanceType<Request>>> {
  options: ServerOptions<Class, Request>;
  /** The option; empty where every path is answered. */
  path: string;
  /** All sockets that are not closed. Without `clientTracking` it is not there, which `@types/ws` does not say. */
  declare clients: Set<InstanceType<Class>>;
  /** The HTTP server; null without one and after {@link WebSocketServer.close}. */
  _server: Server | HttpsServer | null = null;
  /** 0 running, 1 closing, 2 closed. */
  _state: 0 | 1 | 2 = 0;
  #emitsClose = false;
  #detach: () => void = doNothing;

  /** @throws {TypeError} unless exactly one of `port`, `server` and `noServer` is given. */
  constructor(options: ServerOptions<Class, Request> = {}, callback?: () => void) {
    super();
    this.options = { clientTracking: true, WebSocket: WebSocket as Class, ...options }; // what Class is where none is given
    this.path = this.options.path ?? "";
    const { port, server, noServer } = this.options;
    if (Number(port !== undefined && port !== null) + Number(!!server) + Number(!!noServer) !== 1) {
      throw new TypeError('One and only one of the "port", "server", or "noServer" options must be specified');
    }
    if (this.options.perMessageDeflate === true) this.options.perMessageDeflate = {};
    if (this.options.clientTracking) this.clients = new Set();
    if (noServer) return;
    const listener = server ?? createPlainServer();
    this._server = listener;
    this.#attach(listener);
    const { host, backlog } = this.options;
    if (server) return;
    listener.listen({ port: port ?? 0, host: host ?? undefined, backlog: backlog ?? undefined }, callback);
  }

  /** Where it listens. @throws {Error} with `noServer`. */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this._server?.address() ?? null;
  }

  /** Takes no more handshakes; `close` is emitted when the sockets are gone, which it leaves to the program. */
  close(callback?: (error?: Error) => void): void {
    if (this._state === 2) {
      if (callback !== undefined) this.once("close", () => callback(new Error("The server is not running")));
      process.nextTick(() => this.#finish());
      return;
    }
    if (callback !== undefined) this.once("close", callback);
    if (this._state === 1) return;
    this._state = 1;
    this.#detach();
    const server = this._server;
    this._server = null;
    if (server !== null && !this.options.server) server.close(() => this.#finish());
    else if (this.clients?.size > 0) this.#emitsClose = true;
    else process.nextTick(() => this.#finish());
  }

  /** Whether the request's path is ours. */
  shouldHandle(request: InstanceType<Request>): boolean | Promise<boolean> {
    return !this.options.path || (request.url ?? "").split("?", 1)[0] === this.options.path;
  }

  /**
   * Answers a handshake, as the `upgrade` event of `node:http` gives it.
   *
   * @throws {Error} if the socket was upgraded before.
   */
  handleUpgrade(
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: UpgradeCallback<InstanceType<Class>, InstanceType<Request>>,
  ): void {
    socket.on("error", () => socket.destroy());
    const handshake = readUpgrade(request);
    if ("status" in handshake) return this.#reject(handshake, socket, request);
    const isOurs: unknown = this.shouldHandle(request); // a promise is true, as it is to `ws`
    if (!isOurs) return refuse(socket, { status: 400 });
    const extensions = this.#negotiate(request.headers["sec-websocket-extensions"]);
    if (extensions === undefined) {
      const fault = { status: 400, message: "Invalid or unacceptable Sec-WebSocket-Extensions header" };
      return this.#reject(fault, socket, request);
    }
    const complete = (): void => {
      this.completeUpgrade(extensions, handshake.key, new Set(handshake.protocols), request, socket, head, callback);
    };
    const { verifyClient } = this.options;
    if (!verifyClient) return complete();
    const origin = handshake.origin ?? (request.headers["sec-websocket-origin"] as string | undefined); // it comes once
    const secure = "encrypted" in (request.socket ?? {});
    const info = { origin, secure, req: request } as VerifyInfo<InstanceType<Request>>; // see there
    const answer: VerifyAnswer = (isVerified, status = 401, message, headers) =>
      isVerified ? complete() : refuse(socket, { status, message, headers });
    if (verifyClient.length === 2) verifyClient(info, answer);
    else answer(!!(verifyClient as VerifyClientCallbackSync<InstanceType<Request>>)(info)); // its length says so
  }

  /**
   * What {@link WebSocketServer.handleUpgrade} does with a handshake that is good. Its arguments are those of `ws`.
   *
   * @throws {Error} if the socket was upgraded before.
   */
  completeUpgrade(
    extensions: Extensions,
    key: string,
    protocols: Set<string>,
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: UpgradeCallback<InstanceType<Class>, InstanceType<Request>>,
  ): void {
    if (!socket.readable || !socket.writable) return void socket.destroy();
    if (upgraded.has(socket)) {
      const cause = "socket, possibly due to a misconfiguration";
      throw new Error(`server.handleUpgrade() was called more than once with the same ${cause}`);
    }
    if (this._state !== 0) return refuse(socket, { status: 503 });
    const protocol = this.#selectProtocol(protocols, request);
    const lines = greet({ key, protocols: [...protocols], protocol, extensions });
    if (lines === undefined) return refuse(socket, { status: 500 });
    const Class = this.options.WebSocket ?? WebSocket;
    // Its socket options are a client's too, and Class says what it makes.
    const made = new Class(null, undefined, this.options as object) as InstanceType<Class>;
    made._protocol = protocol ?? "";
    made._extensions = extensions;
    this.emit("headers", lines, request);
    // A line break within a line would be a header of somebody else's, or the end of them.
    if (lines.some((line) => /[\r\n\0]/.test(line))) return refuse(socket, { status: 500 });
    upgraded.add(socket);
    // At once, as `ws` does: a socket that is terminated in its `connection` listener was open to its client.
    socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    made.setSocket(socket, head, this.options);
    this.#track(made);
    callback(made, request);
  }

  /** What is accepted of the client's offers; undefined if none of them can be. */
  #negotiate(offers: string | undefined): Extensions | undefined {
    const { perMessageDeflate, maxPayload } = this.options;
    if (offers === undefined || !perMessageDeflate) return {};
    const given = perMessageDeflate === true ? {} : perMessageDeflate;
    try {
      const { [PerMessageDeflate.extensionName]: parameters } = extension.parse(offers);
      if (parameters === undefined) return {};
      const deflate = new PerMessageDeflate({ ...given, isServer: true, maxPayload });
      deflate.accept(parameters);
      return { "permessage-deflate": deflate };
    } catch {
      return undefined;
    }
  }

  #selectProtocol(protocols: Set<string>, request: InstanceType<Request>): string | undefined {
    if (protocols.size === 0) return undefined;
    const { handleProtocols } = this.options;
    const [first] = protocols;
    const selected = handleProtocols ? handleProtocols(protocols, request) : first;
    return selected || undefined;
  }

  #track(socket: InstanceType<Class>): void {
    this.clients?.add(socket); // whatever its type says
    socket.on("close", () => {
      this.clients?.delete(socket);
      if (this.#emitsClose && this.clients?.size === 0) process.nextTick(() => this.#finish());
    });
  }

  #reject(fault: Answer, socket: Duplex, request: IncomingMessage): void {
    if (this.listenerCount("wsClientError") === 0) refuse(socket, fault);
    else this.emit("wsClientError", new Error(fault.message), socket, request);
  }

  #attach(server: Server<Request> | HttpsServer<Request>): void {
    const listening = (): void => void this.emit("listening");
    const error = (fault: Error): void => void this.emit("error", fault);
    const upgrade = (request: InstanceType<Request>, socket: Duplex, head: Buffer): void =>
      this.handleUpgrade(request, socket, head, (made) => this.emit("connection", made, request));
    server.on("listening", listening).on("error", error).on("upgrade", upgrade);
    this.#detach = () => void server.off("listening", listening).off("error", error).off("upgrade", upgrade);
  }

  #finish(): void {
    this._state = 2;
    this.emit("close");
  }
}

/** What is negotiated with a client. */
interface Extensions {
  "permessage-deflate"?: PerMessageDeflate;
}

const upgraded = new WeakSet<Duplex>();

/**
 * The lines of the 101; undefined if they may not be sent. As in `ws`, a subprotocol that was not offered is: it is for the client to fail
 * the connection (RFC 6455 §4.1), and for us to warn.
 */
function greet(chosen: {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly protocol: string | undefined;
  readonly extensions: Extensions;
}): string[] | undefined {
  const { key, protocols, protocol, extensions: agreed } = chosen;
  const params = agreed["permessage-deflate"]?.params;
  const extensions = params ? extension.format({ [PerMessageDeflate.extensionName]: params }) : undefined;
  if (protocol !== undefined && !protocols.includes(protocol)) {
    process.emitWarning(`The subprotocol "${protocol}" was not offered: the client will fail the connection`);
  }
  try {
    const offered = protocol === undefined ? protocols : [...protocols, protocol];
    const greeting = Buffer.from(writeAccept({ key, protocols: offered, protocol, extensions }));
    return greeting.toString("latin1").trimEnd().split("\r\n");
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
    return undefined;
  }
}

function refuse(socket: Duplex, answer: Answer): void {
  refuseSocket(socket, writeAnswer(answer));
}

function doNothing(): void {}

function createPlainServer(): Server {
  return createServer((_request, response) => {
    response.writeHead(426, { "Content-Type": "text/plain" });
    response.end(STATUS_CODES[426]);
  });
}
