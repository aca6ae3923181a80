/** The built command (`tsc -b` first), as a script sees it; and what ends an inspection from outside. */
import { createServer } from "node:net";
import { expect, test, vi } from "vitest";
import { broken, findings, listen, switching, working } from "../../test/broken-servers.ts";
import { runCommandLine, startCommand } from "../../test/command.ts";
import { inspect } from "./inspect.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Its exit code and stdout. */
async function run(...args: readonly string[]): Promise<readonly [exitCode: number | null, stdout: string]> {
  const { exitCode, stdout } = await runCommandLine(["inspect", ...args]);
  return [exitCode, stdout];
}

test("[CM41] the exit code is 0 where it works, 1 without a connection, 4 where it was closed with another code", async () => {
  const [exitCode, text] = await run((await working()).href);
  expect([exitCode, text]).toEqual([0, expect.stringContaining("The handshake is right, and the connection works")]);
  expect((await run((await working({ path: "/other" })).href))[0]).toBe(1);
  const failing = await working({ open: (socket) => socket.close(1011) });
  expect((await run(failing.href))[0]).toBe(4);
});

test("[CM41] --json prints one object with all of it, --listen says how long", async () => {
  const late = await working({
    open: (socket) =>
      // Nothing tells from outside that the half second is over in which it listens by itself.
      void setTimeout(() => {
        socket.send("later than half a second");
        socket.close(1000);
      }, 1_000),
  });
  const [exitCode, text] = await run("--json", "--listen", "60", late.href);
  expect(exitCode).toBe(0);
  expect(JSON.parse(text)).toMatchObject({
    isOpen: true,
    frames: expect.arrayContaining([expect.objectContaining({ preview: "later than half a second" })]),
    close: { code: 1000, by: "peer" },
  });
});

test("[CM41] Ctrl-C ends it with 130, before the answer and after", async () => {
  let reached: () => void = () => {};
  const asked = new Promise<void>((resolve) => (reached = resolve));
  const silent = await listen(createServer((socket) => socket.on("error", () => {}).once("data", () => reached())));
  const waiting = startCommand(["inspect", `ws://127.0.0.1:${silent}/`]);
  await asked;
  waiting.child.kill("SIGINT");
  expect((await waiting.ended).exitCode).toBe(130);
  let opened: () => void = () => {};
  const open = new Promise<void>((resolve) => (opened = resolve));
  const listening = startCommand(["inspect", "--listen", "60", (await working({ ping: () => opened() })).href]);
  await open;
  listening.child.kill("SIGINT");
  expect((await listening.ended).exitCode).toBe(130);
});

test("[CM33] a signal gives it up, with its reason and no finding; the server is left at once", async () => {
  const controller = new AbortController();
  const reason = new Error("Enough");
  let leave: (how: string) => void = () => {};
  const left = new Promise<string>((resolve) => (leave = resolve));
  const port = await listen(
    createServer((socket) => {
      socket.on("error", () => {}).once("close", () => leave("left"));
      socket.once("data", () => controller.abort(reason));
    }),
  );
  const options = { signal: controller.signal, timeoutMs: 600_000 };
  await expect(inspect(new URL(`ws://127.0.0.1:${port}/`), options)).rejects.toBe(reason);
  expect(await left).toBe("left");
});

test("[CM35] what may not be sent is the caller's fault, and no finding", async () => {
  await expect(inspect(await working(), { headers: { "X-A": "1\r\nX-B: 2" } })).rejects.toMatchObject({
    code: "ERR_HEADER",
  });
});

test.each([
  [1002, "It says that we broke the protocol: something on the way may change the frames"],
  [1011, "It failed: read its log"],
  [1013, "It has too much to do: try again later"],
  [4000, "What this code means is the application's to say: read its log or its documentation"],
])("[CM38] after %d at once: %s", async (code, remedy) => {
  const [finding] = await findings(await working({ open: (socket) => socket.close(code) }));
  expect(finding?.slice(1)).toEqual([`The server closed the connection at once with ${code}`, remedy]);
});

test("[CM38] a pong that answers another ping is no answer to ours", async () => {
  const url = await broken((given) => switching(given, [], "\u008a\u0001x"));
  expect((await findings(url)).map(([code]) => code)).toEqual(["no-pong"]);
});
