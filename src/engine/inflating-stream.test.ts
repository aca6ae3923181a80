import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { connect, createWebSocketServer } from "./index.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

test("[ST17, PD23] what sendStream compresses is inflated as it comes, in both directions, with and without takeover", async () => {
  const pieces = Array.from({ length: 50 }, (_, index) =>
    `piece ${index} of a message that repeats itself\n`.repeat(300),
  );
  for (const contextTakeover of [false, true]) {
    const compression = { contextTakeover };
    const server = createWebSocketServer({
      compression,
      async messageStream(socket, message) {
        expect(socket.extensions).toContain("permessage-deflate");
        await socket.sendStream(message, { type: "text", compress: true });
      },
    });
    cleanups.push(() => server.close({ graceMs: 100 }));
    const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
    const read: string[] = [];
    const client = await connect(url, {
      compression,
      async messageStream(_socket, message) {
        let text = "";
        for await (const piece of message) text += piece as string;
        read.push(text);
      },
    });
    for (let round = 0; round < 2; round++) await client.sendStream(pieces, { compress: true });
    while (read.length < 2) await turn();
    expect(read.map((text) => text === pieces.join(""))).toEqual([true, true]);
    client.close();
  }
});
