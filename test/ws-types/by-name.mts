/**
 * What people have written for `ws` and its types, as a module: `ws-types.test.ts` compiles it with `@types/ws` and again with `ws`
 * meaning `switchboard/ws`. It is not run.
 */
// People do write it so.
// oxlint-disable typescript/no-base-to-string, typescript/no-misused-promises
import { once } from "node:events";
import { type Agent, createServer, IncomingMessage, type ClientRequest } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Duplex } from "node:stream";
import WebSocket, { createWebSocketStream, WebSocket as NamedSocket, WebSocketServer } from "ws";
import type {
  AddressInfo,
  CertMeta,
  ClientOptions,
  CloseEvent,
  Data,
  ErrorEvent,
  Event,
  EventListenerOptions,
  FinishRequestCallback,
  MessageEvent,
  PerMessageDeflateOptions,
  RawData,
  Server,
  ServerOptions,
  VerifyClientCallbackAsync,
  VerifyClientCallbackSync,
} from "ws";

// What a message is, by hand: as most do it, and as the compiler has them do it.

export function toText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  if (data instanceof ArrayBuffer) return Buffer.from(data).toString();
  return data.toString("utf8");
}

export function toBuffer(data: WebSocket.Data): Buffer {
  switch (true) {
    case typeof data === "string":
      return Buffer.from(data);
    case Buffer.isBuffer(data):
      return data;
    case Array.isArray(data):
      return Buffer.concat(data);
    default:
      return Buffer.from(data);
  }
}

// Options, each in a variable of its type.

const deflate: PerMessageDeflateOptions = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 12,
  clientMaxWindowBits: 12,
  zlibDeflateOptions: { chunkSize: 1024, memLevel: 7, level: 3 },
  zlibInflateOptions: { chunkSize: 10 * 1024 },
  concurrencyLimit: 10,
  threshold: 1024,
};
const verifySync: VerifyClientCallbackSync = ({ origin, secure, req }) =>
  secure && origin.startsWith("https:") && req.headers.cookie !== undefined;
const verifyAsync: VerifyClientCallbackAsync = ({ origin }, answer) => {
  if (origin.endsWith(".example")) answer(true);
  else answer(false, 403, "Not from here", { "X-Reason": "origin" });
};
export const bothVerifiers: readonly WebSocket.ServerOptions["verifyClient"][] = [verifySync, verifyAsync];
const serverOptions: ServerOptions = {
  host: "127.0.0.1",
  port: 0,
  backlog: 10,
  path: "/chat",
  clientTracking: true,
  perMessageDeflate: deflate,
  maxPayload: 1024,
  autoPong: true,
  allowSynchronousEvents: true,
  skipUTF8Validation: false,
  verifyClient: (info: { origin: string; secure: boolean; req: IncomingMessage }) => info.req.url !== "/",
  handleProtocols: (protocols: Set<string>, request: IncomingMessage) =>
    request.url === "/" ? false : (protocols.values().next().value ?? false),
};
export const finish: FinishRequestCallback = (request: ClientRequest, socket: WebSocket) => {
  request.setHeader("X-Url", socket.url);
  request.end();
};
export const certificate: CertMeta = ["pem"];

export function clientOptions(agent: Agent): ClientOptions {
  return {
    agent,
    protocol: "chat",
    protocolVersion: 13,
    origin: "https://app.example",
    headers: { Authorization: "Bearer token" },
    handshakeTimeout: 1000,
    followRedirects: true,
    maxRedirects: 3,
    perMessageDeflate: false,
    maxPayload: 1024,
    rejectUnauthorized: false,
    ca: "pem",
    localAddress: "127.0.0.1",
    host: "127.0.0.1",
    family: 4,
    generateMask: (mask: Buffer) => void mask.fill(0),
    finishRequest: finish,
    checkServerIdentity: (servername, cert) => servername.length > 0 && cert !== undefined,
  };
}

// A class of the program's own, and a server of such sockets.

class Member extends WebSocket {
  isAlive = true;
  name: string | undefined;

  greet(): void {
    this.send(`Hello ${this.name ?? "you"}`);
  }
}

class Request extends IncomingMessage {
  session = "none";
}

export const members: WebSocketServer = new WebSocketServer({ noServer: true });
export const typedServer = new WebSocketServer<typeof Member, typeof Request>({
  noServer: true,
  WebSocket: Member,
  handleProtocols: (protocols, request) => (protocols.has(request.session) ? request.session : false),
});
typedServer.on("connection", function (member, request) {
  member.greet();
  member.name = request.session;
  for (const other of this.clients) if (other !== member && other.readyState === WebSocket.OPEN) other.close();
});
for (const member of typedServer.clients) member.isAlive = false;
export const options: WebSocket.ServerOptions<typeof Member> = { WebSocket: Member };

/** A member more on every socket. */
declare module "ws" {
  interface WebSocket {
    userId?: string;
  }
}
export const userOf = (socket: WebSocket): string => socket.userId ?? "nobody";
export const first: string | undefined = [...members.clients][0]?.userId;

/** Decorated sockets, by an interface instead of a class. */
interface Tagged extends WebSocket {
  isAlive: boolean;
}

class Rooms extends WebSocketServer {
  readonly rooms = new Map<string, Set<WebSocket>>();

  constructor(given?: WebSocket.ServerOptions, callback?: () => void) {
    super(given, callback);
    this.on("connection", (socket, request) => this.join(socket, request.url ?? "/"));
  }

  join(socket: WebSocket, room: string): void {
    const sockets = this.rooms.get(room) ?? new Set<WebSocket>();
    this.rooms.set(room, sockets.add(socket));
  }

  override shouldHandle(request: IncomingMessage): boolean | Promise<boolean> {
    return request.method === "GET" && super.shouldHandle(request);
  }

  override close(callback?: (error?: Error) => void): void {
    this.rooms.clear();
    super.close(callback);
  }
}

// A server, with all that it tells.

export function serve(): Server {
  const server = new WebSocketServer(serverOptions, () => console.log("listening"));
  const path: string = server.path;
  const clients: Set<WebSocket> = server.clients;
  server.on("listening", () => {
    const address = server.address();
    if (address !== null && typeof address !== "string") report(address);
  });
  server.on("headers", (headers: string[], request: IncomingMessage) => headers.push(`X-Path: ${request.url ?? path}`));
  server.on("error", (error) => console.error(error.message));
  server.on("wsClientError", (error: Error, socket: Duplex, request: IncomingMessage) =>
    socket.end(`HTTP/1.1 400 ${error.message}\r\n\r\n${request.url ?? ""}`),
  );
  server.on("connection", (socket: WebSocket, request: IncomingMessage) => {
    listen(socket);
    broadcast(clients, request.socket.remoteAddress ?? "", socket);
  });
  server.once("close", () => clearInterval(heartbeat));
  server.on("of-their-own", (anything: number) => anything);
  const heartbeat = setInterval(() => {
    server.clients.forEach((client) => {
      const socket = client as Tagged;
      if (!socket.isAlive) return socket.terminate();
      socket.isAlive = false;
      socket.ping();
    });
  }, 30_000);
  return server;
}

function report({ address, family, port }: AddressInfo): void {
  console.log(`${family} ${address}:${port}`);
}

function broadcast(clients: Iterable<WebSocket>, text: string, from?: WebSocket): void {
  for (const client of clients) if (client !== from && client.readyState === WebSocket.OPEN) client.send(text);
}

export function attach(): Rooms {
  const http = createServer();
  const secure = createSecureServer({});
  const one: Server = new WebSocketServer({ server: http });
  const two = new WebSocketServer({ server: secure, path: "/secure" });
  const rooms = new Rooms({ noServer: true });
  http.on("upgrade", (request, socket, head) => {
    if (rooms.shouldHandle(request)) {
      rooms.handleUpgrade(request, socket, head, (client: WebSocket, again: IncomingMessage) => {
        rooms.emit("connection", client, again);
      });
    } else socket.destroy();
  });
  one.off("error", console.error);
  two.removeListener("error", console.error).close((error) => console.error(error?.message));
  return rooms;
}

// A socket, with all that it tells and takes.

function listen(socket: WebSocket): void {
  (socket as Tagged).isAlive = true;
  socket.on("pong", function (this: WebSocket) {
    (this as Tagged).isAlive = true;
  });
  socket.on("message", (data: WebSocket.RawData, isBinary: boolean) => {
    socket.send(data, { binary: isBinary, compress: true, fin: true, mask: false }, (error?: Error) =>
      error === undefined ? undefined : console.error(error.message),
    );
    socket.send(isBinary ? data : JSON.stringify({ text: toText(data) }), (error) => console.error(error?.message));
  });
  socket.on("message", function incoming(message) {
    console.log("received: %s", message, this.protocol);
  });
  socket.on("message", (data: Buffer) => data.readUInt8(0));
  socket.once("message", async (data) => JSON.parse(data.toString()) as unknown);
  socket.on("close", (code: number, reason: Buffer) => console.log(code, reason.toString()));
  socket.on("error", console.error);
  socket.on("ping", (data) => socket.pong(data, false, (error) => console.error(error.message)));
  socket.on("unexpected-response", (request: ClientRequest, response: IncomingMessage) =>
    console.log(request.path, response.statusCode),
  );
  socket.on("upgrade", (response: IncomingMessage) => console.log(response.headers));
  socket.on("redirect", (url: string, request: ClientRequest) => request.setHeader("X-From", url));
  socket.on("of-their-own", (anything: number) => anything);
  socket.emit("of-their-own", 1);
  socket.off("close", console.log).removeAllListeners("ping");
  socket.addListener("close", (code) => code.toFixed());
}

export async function talk(url: string | URL): Promise<Duplex> {
  const plain = new WebSocket(url, ["chat", "superchat"], { headers: { Cookie: "a=b" } });
  const named: WebSocket = new NamedSocket(url, { origin: "https://app.example" });
  const single = new WebSocket(url, "chat");
  const waiting = new WebSocket(null);
  await once(plain, "open");
  plain.binaryType = "arraybuffer";
  plain.send(new Uint8Array([1, 2, 3]));
  plain.send(new Uint8Array([1, 2, 3]).buffer);
  plain.send(new DataView(new ArrayBuffer(1)));
  plain.send(42);
  plain.send([1, 2, 3]);
  plain.send(new Blob(["x"]));
  plain.ping("data");
  plain.ping(undefined, true, () => {});
  plain.pause();
  plain.resume();
  const amounts: [number, boolean, string, string, string] = [
    plain.bufferedAmount,
    plain.isPaused,
    plain.protocol,
    plain.extensions,
    plain.url,
  ];
  const state: 0 | 1 | 2 | 3 = plain.readyState;
  if (state === plain.CLOSING || state === WebSocket.CLOSED) throw new Error(amounts.join());
  single.close(1000, Buffer.from("bye"));
  waiting.terminate();
  dom(named);
  return createWebSocketStream(named, { encoding: "utf8", readableObjectMode: false });
}

// As in a browser.

function dom(socket: WebSocket): void {
  const onMessage = (event: MessageEvent): void => {
    const data: Data = event.data;
    if (typeof data === "string") event.target.send(data.toUpperCase());
  };
  const onceOnly: EventListenerOptions = { once: true };
  socket.onopen = (event: Event) => console.log(event.type, event.target.url);
  socket.onmessage = (event) => console.log(event.data.toString());
  socket.onmessage = onMessage;
  socket.onerror = (event: ErrorEvent) => console.error(event.message, event.error);
  socket.onclose = ({ code, reason, wasClean }: CloseEvent) => console.log(code, reason, wasClean);
  socket.onclose = null;
  socket.addEventListener("message", onMessage, onceOnly);
  socket.addEventListener("message", { handleEvent: onMessage });
  socket.addEventListener("close", (event: WebSocket.CloseEvent) => console.log(event.wasClean));
  socket.removeEventListener("message", onMessage);
  const events: (keyof WebSocket.WebSocketEventMap)[] = ["open", "message"];
  for (const type of events) socket.addEventListener(type, (event) => console.log(event.type));
}

/** A library's parameter: the class, so that its users may bring another. */
export function connectWith(Class: typeof WebSocket, url: string): WebSocket {
  return new Class(url, { handshakeTimeout: 1 });
}
export const connected: (url: string) => WebSocket = (url) => connectWith(WebSocket, url);
