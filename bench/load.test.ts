import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { createWebSocketServer } from "switchboard/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LoadResult } from "./measure.ts";
import { createPubSubServer } from "./pub-sub.ts";
import { compile } from "./tools.ts";

const run = promisify(execFile);
const plain = createPubSubServer();
const deflating = createPubSubServer({ compression: {} });
/** Sends back as many bytes, but not those. */
const other = createWebSocketServer({ message: (socket) => void socket.send("x".repeat(64)) });
const node = [process.execPath, "--import", "tsx", new URL("load.ts", import.meta.url).pathname];
const native = await compile("load", [], "");
let plainPort = 0;
let deflatingPort = 0;
let otherPort = 0;

beforeAll(async () => {
  plainPort = (await plain.listen({ port: 0 })).port;
  deflatingPort = (await deflating.listen({ port: 0 })).port;
  otherPort = (await other.listen({ port: 0 })).port;
});

afterAll(async () => {
  for (const server of [plain, deflating, other]) await server.close({ graceMs: 1 });
});

async function measure(load: readonly string[], ...words: readonly string[]): Promise<LoadResult> {
  const [program = "", ...rest] = load;
  const { stdout } = await run(program, [...rest, ...words, "--warmup-ms", "20", "--window-ms", "100"]);
  return JSON.parse(stdout) as LoadResult;
}

describe.each([
  { name: "native/load.c", load: native === undefined ? [] : [native] },
  { name: "load.ts", load: node },
])("$name", ({ load }) => {
  const isMissing = load.length === 0; // no C compiler

  test
    .skipIf(isMissing)
    .each([
      { words: ["echo", "--connections", "3", "--in-flight", "4"] },
      { words: ["echo", "--bytes", "1024", "--kind", "non-ascii"] },
      { words: ["echo", "--bytes", "131072", "--kind", "binary"] },
      { words: ["fanout", "--connections", "5", "--in-flight", "2"] },
      { words: ["fanout", "--connections", "2", "--bytes", "1024", "--kind", "json", "--deflate", "1"] },
    ])("[BN5] what comes back is counted: $words", async ({ words }) => {
    const port = words.includes("--deflate") ? deflatingPort : plainPort;
    const result = await measure(load, ...words, "--port", String(port), "--pid", String(process.pid));
    expect(result.messageCount).toBeGreaterThan(0);
    expect(result.seconds).toBeGreaterThan(0.09);
  });

  test.skipIf(isMissing)("[BN5] a round trip has a median and a 99th percentile", async () => {
    const { p50Micros, p99Micros } = await measure(load, "latency", "--port", String(plainPort));
    expect(p50Micros).toBeGreaterThan(0);
    expect(p99Micros).toBeGreaterThanOrEqual(p50Micros);
  });

  test.skipIf(isMissing)("[BN5] idle connections are held until the input ends", async () => {
    const [program = "", ...rest] = load;
    const child = spawn(program, [...rest, "idle", "--connections", "7", "--port", String(plainPort)]);
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    expect(line).toBe("open 7");
    expect(plain.sockets.size).toBeGreaterThanOrEqual(7);
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test.skipIf(isMissing)("[BN5] declined compression ends it with 1", async () => {
    const refused = measure(load, "echo", "--port", String(plainPort), "--deflate", "1");
    await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("Cannot measure: ") });
  });

  test.skipIf(isMissing)("[BN5] a first message that differs ends it with 1", async () => {
    const refused = measure(load, "echo", "--port", String(otherPort));
    await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("Cannot measure: ") });
  });
});
