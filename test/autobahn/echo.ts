import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type CompressionOptions, connect, createWebSocketServer } from "../../src/engine/index.ts";
import { acceptValue } from "../../src/protocol/index.ts";
import { RawPeer, rawHandshake } from "../raw-peer.ts";

/** The suite's side of a connection that is open: a client masks, a server does not. */
export interface SuiteSide {
  readonly peer: RawPeer;
  readonly masks: boolean;
  /** What the two agreed on: the server's `Sec-WebSocket-Extensions`. Empty: nothing. */
  readonly extensions: string;
}

/** Our end of the connections, which sends every message back. */
export interface Echo {
  /** A new connection. `extensions` is what the suite says of them: its offer as a client, its answer as a server. */
  open(extensions?: string): Promise<SuiteSide>;
  close(): Promise<void>;
}

/** Limits that are raised for the cases of a group. */
export interface EchoOptions {
  readonly maxMessageBytes?: number;
  readonly maxFragmentCount?: number;
  readonly maxQueuedBytes?: number;
  readonly compression?: CompressionOptions;
}

/** The roles the suite tries, ours by name. */
export const roles: readonly {
  readonly role: "server" | "client";
  readonly start: (options?: EchoOptions) => Promise<Echo>;
}[] = [
  { role: "server", start: startServer },
  { role: "client", start: startClient },
];

/** We are the server, the suite is the client. */
async function startServer(options: EchoOptions = {}): Promise<Echo> {
  const server = createWebSocketServer({ ...options, message: (socket, data) => void socket.send(data) });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    async open(extensions = "") {
      const peer = await RawPeer.connect(port);
      const headers = extensions === "" ? {} : { "Sec-WebSocket-Extensions": extensions };
      peer.write(rawHandshake({ headers }));
      const head = await peer.readHead();
      return { peer, masks: true, extensions: headerOf(head, "Sec-WebSocket-Extensions") };
    },
    close: () => server.close({ graceMs: 0 }),
  };
}

/** We are the client, the suite is the server. */
async function startClient(options: EchoOptions = {}): Promise<Echo> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    async open(extensions = "") {
      const connected = once(server, "connection") as Promise<[Socket]>;
      const client = connect(`ws://127.0.0.1:${port}/`, {
        ...options,
        message: (socket, data) => void socket.send(data),
      });
      const [socket] = await connected;
      const peer = new RawPeer(socket);
      const key = headerOf(await peer.readHead(), "Sec-WebSocket-Key");
      peer.write(
        [
          "HTTP/1.1 101 Switching Protocols",
          "Upgrade: websocket",
          "Connection: Upgrade",
          `Sec-WebSocket-Accept: ${acceptValue(key)}`,
          ...(extensions === "" ? [] : [`Sec-WebSocket-Extensions: ${extensions}`]),
          "",
          "",
        ].join("\r\n"),
      );
      await client;
      return { peer, masks: false, extensions };
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

/** Empty when it is not there. */
function headerOf(head: string, name: string): string {
  return new RegExp(`^${name}: (.*)\\r$`, "im").exec(head)?.[1] ?? "";
}
