import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";

/** Any server of `node:http` or `node:https`, and with it Express, Fastify, Koa and Hono on Node. */
export type AnyHttpServer = HttpServer | HttpsServer;

/** One of our servers on an HTTP server. */
export interface Attachment {
  /** The path it answers; undefined for all. */
  readonly path: string | undefined;
  readonly handle: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Answers 404 to a path that nobody takes. */
  readonly handleForeign: (socket: Duplex) => void;
}

/** Those of us that are on one HTTP server, and their one listener: so it can tell whether a path is anybody's. */
interface Board {
  readonly attachments: Attachment[];
  readonly listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

const boards = new WeakMap<AnyHttpServer, Board>();

/** Takes the upgrade requests of `server` for the attachment's path. Returns the way back. */
export function attachTo(server: AnyHttpServer, attachment: Attachment): () => void {
  const board = boards.get(server) ?? openBoard(server);
  board.attachments.push(attachment);
  return () => {
    board.attachments.splice(0, Infinity, ...board.attachments.filter((other) => other !== attachment));
    if (board.attachments.length > 0) return;
    server.off("upgrade", board.listener);
    boards.delete(server);
  };
}

function openBoard(server: AnyHttpServer): Board {
  const attachments: Attachment[] = [];
  const board: Board = {
    attachments,
    listener(request, socket, head) {
      const path = pathOf(request.url ?? "/");
      const attachment = attachments.find((one) => one.path === undefined || one.path === path);
      if (attachment !== undefined) attachment.handle(request, socket, head);
      // With other listeners there a foreign path is theirs. Alone, nobody else would ever answer.
      else if (server.listenerCount("upgrade") === 1) attachments[0]?.handleForeign(socket);
    },
  };
  server.on("upgrade", board.listener);
  boards.set(server, board);
  return board;
}

/** The path of a request target, in the absolute form too (RFC 6455 §4.2.1). */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?]*/i, "").replace(/\?.*$/s, "");
  return path === "" ? "/" : path;
}
