import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { FaultProxy, type LineFate, soundLine } from "./fault-proxy.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A client whose line to an echo has this fate; and what the echo hears, write by write. */
async function open(
  fate: Partial<LineFate>,
): Promise<{ client: Socket; heard: Buffer[]; echo: Socket; proxy: FaultProxy }> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await FaultProxy.listen({
    targetPort: (server.address() as AddressInfo).port,
    drawFate: () => ({ ...soundLine, ...fate }),
  });
  const connected = once(server, "connection");
  const client = connect({ port: Number(new URL(proxy.url).port), host: "127.0.0.1", noDelay: true });
  client.on("error", () => {});
  const [echo] = (await connected) as [Socket];
  echo.on("error", () => {});
  const heard: Buffer[] = [];
  echo.on("data", (chunk: Buffer) => {
    heard.push(chunk);
    echo.write(chunk);
  });
  cleanups.push(() => {
    client.destroy();
    echo.destroy();
    server.close();
    return proxy.close();
  });
  return { client, heard, echo, proxy };
}

async function read(socket: Socket, count: number): Promise<string> {
  let text = "";
  while (text.length < count) text += String((await once(socket, "data"))[0]);
  return text;
}

test("[TO5] a chopped line brings every byte, each in a write of its own", async () => {
  const { client, heard, proxy } = await open({ chunkBytes: 1 });
  client.write("hello there");
  expect(await read(client, 11)).toBe("hello there");
  expect(Buffer.concat(heard).toString()).toBe("hello there");
  expect(heard.length).toBeGreaterThan(5);
  expect(proxy.counts).toMatchObject({ line: 1, chopped: 1 });
});

test("[TO5] a line that is closed ends at both ends, one that is reset breaks at both", async () => {
  for (const end of ["close", "reset"] as const) {
    const { client, echo, proxy } = await open({ endAfterMs: 1, end });
    const ends = await Promise.all(
      [client, echo].map(async (socket) => {
        socket.on("end", () => socket.end());
        socket.resume();
        // It may have ended before anybody listens here.
        if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
        return (socket.errored as { readonly code?: string } | null)?.code ?? "FIN";
      }),
    );
    expect(ends).toEqual(end === "close" ? ["FIN", "FIN"] : ["ECONNRESET", "ECONNRESET"]);
    expect(proxy.counts[end]).toBe(1);
  }
});

test("[TO5] on a half-open line one end is not heard; in the end it is reset", async () => {
  const { client, heard, proxy } = await open({ endAfterMs: 0, end: "half-open", lastsMs: 200 });
  while (proxy.counts["half-open"] === 0) await new Promise((resolve) => setImmediate(resolve));
  client.write("is anybody there?");
  const error = await new Promise((resolve) => client.once("error", resolve));
  expect(error).toMatchObject({ code: "ECONNRESET" });
  expect(heard).toEqual([]);
});

test("[TO5] a stalled line brings what was sent when it is healed, and nothing happens to it any more", async () => {
  const { client, heard, proxy } = await open({ endAfterMs: 0, end: "stalled", lastsMs: 1_000_000 });
  while (proxy.counts.stalled === 0) await new Promise((resolve) => setImmediate(resolve));
  client.write("late");
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual([]);
  proxy.heal();
  expect(await read(client, 4)).toBe("late");
});
