import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { Http2SecureServer, Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { type Caller, streamCaller, upgradeCaller } from "./caller.ts";

/** Any server of `node:http`, `node:https` or `node:http2`, and with it Express, Fastify, Koa and Hono on Node. */
export type AnyHttpServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

/** One of our servers on an HTTP server. */
export interface Attachment {
  /** The path it answers; undefined for all. */
  readonly path: string | undefined;
  readonly handle: (caller: Caller) => void;
  /** Answers 404 to a path that nobody takes. */
  readonly handleForeign: (caller: Caller) => void;
}

/** Those of us that are on one HTTP server, and their one set of listeners: so it can tell whether a path is anybody's. */
interface Board {
  readonly attachments: Attachment[];
  readonly close: () => void;
}

const boards = new WeakMap<AnyHttpServer, Board>();

/** Takes the handshakes of `server` for the attachment's path. Returns the way back. */
export function attachTo(server: AnyHttpServer, attachment: Attachment): () => void {
  const board = boards.get(server) ?? openBoard(server);
  board.attachments.push(attachment);
  return () => {
    board.attachments.splice(0, Infinity, ...board.attachments.filter((other) => other !== attachment));
    if (board.attachments.length > 0) return;
    board.close();
    boards.delete(server);
  };
}

function openBoard(server: AnyHttpServer): Board {
  const attachments: Attachment[] = [];
  const closers = [listenForUpgrades(server as HttpServer, attachments)]; // all have the event, and the same listeners
  if ("updateSettings" in server) closers.push(listenForStreams(server, attachments));
  const board: Board = { attachments, close: () => closers.forEach((close) => close()) };
  boards.set(server, board);
  return board;
}

function listenForUpgrades(server: HttpServer, attachments: readonly Attachment[]): () => void {
  const listener = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const attachment = findAttachment(attachments, request.url);
    if (attachment !== undefined) attachment.handle(upgradeCaller(request, socket, head));
    // With other listeners there a foreign path is theirs. Alone, nobody else would ever answer.
    else if (server.listenerCount("upgrade") === 1) {
      attachments[0]?.handleForeign(upgradeCaller(request, socket, head));
    }
  };
  server.on("upgrade", listener);
  return () => void server.off("upgrade", listener);
}

function listenForStreams(server: Http2Server | Http2SecureServer, attachments: readonly Attachment[]): () => void {
  const http2 = server as Http2Server; // the same events on both
  const listener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    if (headers[":method"] !== "CONNECT" || stream.headersSent || stream.destroyed) return;
    const isWebSocket = headers[":protocol"] === "websocket";
    const attachment = isWebSocket ? findAttachment(attachments, headers[":path"]) : undefined;
    if (attachment !== undefined) return attachment.handle(streamCaller(stream, headers));
    if (hasOtherListeners(http2)) return;
    const caller = streamCaller(stream, headers);
    if (isWebSocket) attachments[0]?.handleForeign(caller);
    else attachments[0]?.handle(caller); // it says what is wrong
  };
  // RFC 8441 §3: clients may ask only after SETTINGS_ENABLE_CONNECT_PROTOCOL.
  http2.updateSettings({ enableConnectProtocol: true });
  http2.on("stream", listener);
  // Node answers 405 to every CONNECT when there is a `request` listener and none for `connect`.
  http2.on("connect", ignoreConnect);
  return () => {
    http2.off("stream", listener);
    http2.off("connect", ignoreConnect);
  };
}

function hasOtherListeners(server: Http2Server): boolean {
  // A `request` listener hangs on a `stream` listener of Node's.
  const nodeCount = server.listenerCount("request") > 0 ? 1 : 0;
  return server.listenerCount("stream") > 1 + nodeCount || server.listenerCount("connect") > 1;
}

/** A CONNECT is answered by our `stream` listener. */
function ignoreConnect(): void {}

function findAttachment(attachments: readonly Attachment[], target = "/"): Attachment | undefined {
  const path = pathOf(target);
  return attachments.find((one) => one.path === undefined || one.path === path);
}

/** The path of a request target, in the absolute form too (RFC 6455 §4.2.1). */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?]*/i, "").replace(/\?.*$/s, "");
  return path === "" ? "/" : path;
}
