import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { acceptValue } from "../src/protocol/index.ts";
import { RawPeer } from "./raw-peer.ts";

/** A server of bare bytes, for a client that meets one which keeps no rule. */
export interface RawServer {
  readonly url: string;
  /** The heads of the requests so far. */
  readonly heads: readonly string[];
  readonly end: () => void;
}

/** What answers one request: the `Sec-WebSocket-Key` that was asked with, and the connection. */
export type RawAnswer = (key: string, peer: RawPeer) => void;

export async function serveRaw(answer: RawAnswer): Promise<RawServer> {
  const sockets: Socket[] = [];
  const heads: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    const peer = new RawPeer(socket);
    peer.readHead().then(
      (head) => {
        heads.push(head);
        answer(/Sec-WebSocket-Key: (.*)\r\n/.exec(head)?.[1] ?? "", peer);
      },
      () => {}, // it asked nothing
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/path?q=1`,
    heads,
    end() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A 101 to this key; `headers` replace or, when undefined, remove the usual ones, and may come several times as a list. */
export function rawAccept(
  key: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  line = "HTTP/1.1 101 Switching Protocols",
): string {
  const all = {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Accept": acceptValue(key),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each) => `${name}: ${each}`),
  );
  return [line, ...lines, "", ""].join("\r\n");
}
