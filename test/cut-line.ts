/** A TCP proxy on the loopback interface whose lines can be cut: how a real browser is taken off the network and back. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface CutLine {
  /** As the target's, with the proxy's port. */
  readonly url: string;
  /** Breaks what is connected, and takes nothing more. */
  cut(): void;
  /** From now on new lines are taken. */
  mend(): void;
  close(): Promise<void>;
}

/** What becomes of what a target sends over one line: it is handed each piece and gives what goes on. */
export type LineFilter = (chunk: Buffer) => Iterable<Buffer>;

/** Stands in front of the server at `target`. `makeFilter`: for each line, for what comes from there; `onSent` is told what goes there. */
export async function startCutLine(
  target: string,
  makeFilter?: () => LineFilter,
  onSent?: (chunk: Buffer) => void,
): Promise<CutLine> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const proxy = createServer((client) => {
    if (isCut) return void client.resetAndDestroy();
    const server = connect(Number(new URL(target).port), "127.0.0.1");
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      if (from === client || makeFilter === undefined) from.pipe(to);
    }
    if (onSent !== undefined) client.on("data", onSent);
    const filter = makeFilter?.();
    if (filter === undefined) return;
    server.on("data", (chunk: Buffer) => {
      for (const part of filter(chunk)) client.write(part);
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const url = new URL(target);
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    url: url.href,
    cut() {
      isCut = true;
      breakAll();
    },
    mend() {
      isCut = false;
    },
    async close() {
      proxy.close();
      breakAll();
      await once(proxy, "close");
    },
  };
}
