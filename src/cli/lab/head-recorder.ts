import type { Server as HttpServer } from "node:http";
import { Server as TlsServer } from "node:tls";
import type { Socket } from "node:net";
import { defaultMaxHeadBytes } from "../../protocol/index.ts";

/** The first bytes of a connection, and when it was there. */
export interface RecordedHead {
  readonly connectedAtMs: number;
  /** Up to its empty line and what came glued behind that. */
  readonly bytes: Uint8Array;
}

const emptyLine = "\r\n\r\n";

/** Keeps the first request's bytes of each connection of an HTTP server, as they came: its headers alone do not say. */
export class HeadRecorder {
  readonly #heads = new WeakMap<object, { readonly connectedAtMs: number; bytes: Buffer }>();

  constructor(server: HttpServer, now: () => number = () => performance.now()) {
    // Over TLS the bytes of HTTP are those within.
    server.on(server instanceof TlsServer ? "secureConnection" : "connection", (socket: Socket) => {
      const head = { connectedAtMs: now(), bytes: Buffer.alloc(0) };
      this.#heads.set(socket, head);
      const record = (chunk: Buffer): void => {
        head.bytes = Buffer.concat([head.bytes, chunk]);
        if (head.bytes.includes(emptyLine) || head.bytes.length > defaultMaxHeadBytes) socket.off("data", record);
      };
      socket.on("data", record);
    });
  }

  /** What the connection began with, if that was the request for `target`; a later request on it is not recorded. */
  find(socket: object, target: string): RecordedHead | undefined {
    const head = this.#heads.get(socket);
    const line = head?.bytes.toString("latin1", 0, head.bytes.indexOf("\r\n"));
    return line?.split(" ")[1] === target ? head : undefined;
  }
}
