import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { connect } from "switchboard/engine";
import { expect, test } from "vitest";

function start(...args: readonly string[]): ChildProcess {
  const file = new URL("server.ts", import.meta.url).pathname;
  return spawn(process.execPath, ["--import", "tsx", file, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

test(
  "[BN2] what is published reaches subscribers, everything else comes back, with its type",
  { timeout: 20_000 },
  async () => {
    const child = start("--port", "0", "--max-message-bytes", "1000", "--deflate");
    try {
      if (child.stdout === null) throw new Error("Cannot test: no output");
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const url = line.replace("Listening on ", "");
      const subscribed = await open(`${url}sub`);
      const published = await open(`${url}pub`);
      published.socket.send("text");
      expect(await subscribed.next()).toBe("text");
      published.socket.send(Uint8Array.of(1));
      expect(await subscribed.next()).toEqual(Uint8Array.of(1));
      const echoed = await open(url);
      echoed.socket.send("back");
      expect(await echoed.next()).toBe("back");
    } finally {
      child.kill("SIGKILL");
    }
  },
);

test("[BN2] an option that is not there ends it with 2", { timeout: 20_000 }, async () => {
  for (const args of [[], ["--port", "0", "--unknown"]]) {
    const [code] = (await once(start(...args), "exit")) as [number];
    expect(code).toBe(2);
  }
});

async function open(url: string): Promise<{
  socket: Awaited<ReturnType<typeof connect>>;
  next: () => Promise<string | Uint8Array>;
}> {
  const waiting: ((data: string | Uint8Array) => void)[] = [];
  const arrived: (string | Uint8Array)[] = [];
  const socket = await connect(url, {
    message(_socket, data) {
      const take = waiting.shift();
      if (take === undefined) arrived.push(data);
      else take(data);
    },
  });
  return {
    socket,
    next: () => {
      const data = arrived.shift();
      return data === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(data);
    },
  };
}
