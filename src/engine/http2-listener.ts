import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createSecureServer,
  createServer,
  type Http2Server,
  Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { answerPlainRequest, headLimits, type Listener, type ListenerOptions } from "./http1-listener.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/** A listener for HTTP/2; with `tls` for HTTP/1.1 too. It does not listen yet. */
export function createHttp2Listener(options: ListenerOptions): Listener {
  const server = createNodeServer(options);
  server.on(
    "request",
    (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) => {
      if (request instanceof Http2ServerRequest) answerHttp2(response as Http2ServerResponse);
      else answerPlainRequest(request, response as ServerResponse);
    },
  );
  const sessions = collect<ServerHttp2Session>();
  const sockets = collect<Socket>();
  const onHttp1 = collect<TLSSocket>();
  server.on("connection", sockets.add);
  server.on("secureConnection", (socket: TLSSocket) => socket.alpnProtocol === "h2" || onHttp1.add(socket));
  server.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
    endWhenIdle(session, options);
  });
  return {
    server,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const session of sessions.members) session.close();
      await closed;
    },
    cutUnused: () => onHttp1.members.forEach((socket) => socket.destroy()),
    cut: () => sockets.members.forEach((socket) => socket.destroy()),
  };
}

function createNodeServer({ handshakeTimeoutMs, tls }: ListenerOptions): Http2Server {
  if (tls === undefined) return createServer();
  const timeoutMs = Number.isFinite(handshakeTimeoutMs) ? handshakeTimeoutMs : 0;
  const server = createSecureServer({ ...tls, allowHTTP1: true, handshakeTimeout: timeoutMs });
  // No options of such a server's; it reads them, like one of `node:http`, when it begins to listen.
  Object.assign(server, headLimits(timeoutMs));
  return server as unknown as Http2Server; // the same methods and events
}

/** A session without a stream for `handshakeTimeoutMs` is ended: it costs memory, and carries nothing. */
function endWhenIdle(
  session: ServerHttp2Session,
  { handshakeTimeoutMs, timers }: { readonly handshakeTimeoutMs: number; readonly timers: TimerWheel },
): void {
  let streamCount = 0;
  const wait = () => timers.schedule(handshakeTimeoutMs, () => session.close());
  let waiting = wait();
  session.on("stream", (stream) => {
    streamCount++;
    timers.cancel(waiting);
    stream.once("close", () => {
      if (--streamCount === 0) waiting = wait();
    });
  });
  session.once("close", () => timers.cancel(waiting));
}

/** RFC 9110 §15.5.6. It cannot be 426, which needs `Upgrade`, which HTTP/2 forbids. */
function answerHttp2(response: Http2ServerResponse): void {
  response.writeHead(405, { Allow: "CONNECT", "Content-Type": "text/plain; charset=utf-8" });
  response.end("Cannot answer a plain request: this port speaks WebSocket");
}

interface Closable {
  once(event: "close", listener: () => void): unknown;
}

/** Those that were added and are not closed. */
function collect<Member extends Closable>(): {
  readonly members: ReadonlySet<Member>;
  add(this: void, member: Member): void;
} {
  const members = new Set<Member>();
  const add = (member: Member): void => {
    members.add(member);
    member.once("close", () => members.delete(member));
  };
  return { members, add };
}
