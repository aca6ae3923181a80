import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type Silence, StoreProxy } from "./store-proxy.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Line {
  readonly proxy: StoreProxy;
  readonly node: Socket;
  readonly store: Socket;
  /** The store's end of the next line. */
  accept(): Promise<Socket>;
  /** A further line. */
  dial(): Socket;
}

/** A node, its way, and the store's end of it. */
async function open(): Promise<Line> {
  const server = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await StoreProxy.listen({ targetPort: (server.address() as AddressInfo).port });
  cleanups.push(
    () => proxy.close(),
    () => server.close(),
  );
  const dial = (): Socket => {
    const socket = connect(proxy.port, "127.0.0.1");
    socket.on("error", () => {});
    cleanups.push(() => socket.destroy());
    return socket;
  };
  const accept = async (): Promise<Socket> => ((await once(server, "connection")) as [Socket])[0];
  const node = dial();
  return { proxy, node, store: await accept(), dial, accept };
}

async function read(socket: Socket): Promise<string> {
  return String((await once(socket, "data"))[0]);
}

/** `once` would take the reset for a failure of the test. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once("close", resolve));
}

/** Time for what is on its way, if it is. */
async function pass(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await turn();
}

/** Everything that comes, until the end. */
async function readAll(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

test("[TO7] a cut way is reset at both ends and takes no new line, until it is mended", async () => {
  const { dial, node, proxy, store } = await open();
  const ends = [closed(node), closed(store)];
  proxy.cut();
  await Promise.all(ends);
  const refused = dial();
  await closed(refused);
  expect(refused.bytesRead).toBe(0);
  proxy.mend("reset");
  const again = dial();
  await once(again, "connect");
  again.end("hello");
  await once(again, "end");
});

test("[TO7] a silent way brings nothing that way, and all of it late, though the node has died since", async () => {
  const { node, proxy, store } = await open();
  proxy.silence("to the store");
  node.write("a request");
  store.write("an answer");
  // What goes the other way arrives, and came after.
  expect(await read(node)).toBe("an answer");
  expect(store.bytesRead).toBe(0);
  node.end();
  await once(node, "finish");
  expect(store.bytesRead).toBe(0);
  const all = readAll(store);
  proxy.mend("late");
  expect(await all).toBe("a request");
});

test("[TO7] a node that died in a silence leaves nothing behind on its way, whatever it was sent", async () => {
  const { node, proxy, store } = await open();
  proxy.silence("from the store");
  const heard = once(store, "end");
  store.resume();
  store.write(Buffer.alloc(256 * 1024));
  node.destroy();
  await heard;
  expect(proxy.lineCount).toBe(1);
  proxy.mend("late");
  await expect.poll(() => proxy.lineCount).toBe(0);
});

test.each<Silence>(["from the store", "both ways"])(
  "[TO7] a way that is silent %s is so for new lines too, and is reset if that is its end",
  async (silence) => {
    const { accept, dial, node, proxy, store } = await open();
    proxy.silence(silence);
    const later = dial();
    (await accept()).write("a greeting");
    store.write("an answer");
    const heard = silence === "from the store" ? once(store, "data") : Promise.resolve();
    node.write("a request");
    later.write("a request");
    await heard;
    await pass();
    expect([node.bytesRead, later.bytesRead]).toEqual([0, 0]);
    const ends = [node, store, later].map(closed);
    proxy.mend("reset");
    await Promise.all(ends);
    expect([node.bytesRead, later.bytesRead]).toEqual([0, 0]);
    expect(store.bytesRead).toBe(silence === "from the store" ? "a request".length : 0);
  },
);
