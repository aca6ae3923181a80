/** Runs the built command (`tsc -b` first) against a server of ws. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { WebSocketServer } from "ws";

const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
let server: WebSocketServer | undefined;
afterEach(() => {
  for (const client of server?.clients ?? []) client.terminate();
  server?.close();
});

/** A server that echoes, and closes with 4001 on "close". */
async function startEcho(): Promise<string> {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket) =>
    socket.on("message", (data: Buffer, isBinary) => {
      if (data.toString() === "close") socket.close(4001, "Enough");
      else socket.send(data, { binary: isBinary });
    }),
  );
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function run(args: readonly string[], stdin: string | Uint8Array = ""): Promise<readonly unknown[]> {
  const child = spawn(process.execPath, [command, "connect", ...args], { env: { PATH: process.env["PATH"] } });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.end(stdin);
  const [exitCode] = (await once(child, "close")) as [number];
  return [exitCode, Buffer.concat(stdout).toString("latin1"), Buffer.concat(stderr).toString()];
}

test("[CM50] lines of stdin are messages, messages are lines of stdout, and nothing else is", async () => {
  expect(await run([await startEcho()], "one\ntwo\n")).toEqual([0, "one\ntwo\n", ""]);
});

test("[CM51] -x sends instead of stdin, -1 ends with the first answer, -b sends all of stdin as one message", async () => {
  const url = await startEcho();
  expect(await run(["-x", "hi", "-1", url])).toEqual([0, "hi\n", ""]);
  const bytes = Buffer.alloc(200_000, "\n\u00ff", "latin1");
  expect(await run(["-b", url], bytes)).toEqual([0, bytes.toString("latin1"), ""]);
  const json = '{"type":"message","opcode":"text","data":"a"}\n';
  expect(await run(["--json", url], "a\n")).toEqual([0, json, ""]);
});

test("[CM52] a script can tell by the exit code how it ended", async () => {
  const url = await startEcho();
  expect(await run([url, "-x", "close"])).toEqual([4, "", 'Closed with 4001 "Enough" by the server\n']);
  expect(await run([url, "-s", "a b"])).toEqual([2, "", expect.stringContaining('subprotocol "a b"')]);
  server?.close();
  const [exitCode, stdout, stderr] = await run([url, "-x", "hi"]);
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^error: Cannot connect: .*ECONNREFUSED.*\nhint: "switchboard inspect ws:\/\/.*" says why\n$/);
});
