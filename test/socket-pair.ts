import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

/** Both ends of one TCP connection. */
export interface SocketPair {
  /** The accepted one, paused. */
  readonly ours: Socket;
  readonly theirs: Socket;
  close(): void;
}

export async function connectPair(): Promise<SocketPair> {
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const theirs = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [ours] = (await once(server, "connection")) as [Socket];
  await once(theirs, "connect");
  return {
    ours,
    theirs,
    close() {
      for (const socket of [ours, theirs]) socket.destroy();
      server.close();
    },
  };
}

/** What comes, up to so many bytes and the rest of their chunk. */
export async function readBytes(socket: Socket, byteCount: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let receivedBytes = 0;
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    receivedBytes += chunk.length;
  });
  while (receivedBytes < byteCount) await turn();
  return Buffer.concat(chunks);
}
