/** `switchboard bench` as a script sees it (`tsc -b` first). */
import { expect, onTestFinished, test, vi } from "vitest";
import { runCommandLine, startCommand } from "../../test/command.ts";
import { createWebSocketServer } from "../engine/index.ts";

vi.setConfig({ testTimeout: 60_000 });

test("[CM85] it refuses what is not this machine and what is too much with 2, a server that sends nothing back is 1, Ctrl-C is 130", async () => {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const server = createWebSocketServer({
    message(socket, data) {
      open();
      if (socket.protocol === "echo") socket.send(data);
    },
    protocols: ["echo"],
  });
  onTestFinished(() => server.close({ graceMs: 0 }));
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  const stopped = startCommand(["bench", "-d", "600", "--warm-up", "0", "-s", "echo", url]);
  const [far, big, silent, good] = await Promise.all([
    runCommandLine(["bench", "ws://example.com/"]),
    runCommandLine(["bench", "--in-flight", "1000", "--size", "16777216", url]),
    runCommandLine(["bench", "-d", "0.1", "--warm-up", "0", "-c", "1", url]),
    runCommandLine(["bench", "--json", "--messages", "20", "--warm-up", "0", "-c", "2", "-s", "echo", url]),
  ]);
  expect([far.exitCode, far.stderr]).toEqual([
    2,
    'error: example.com is not this machine: give --yes if it is yours and may be loaded\nhint: "switchboard bench --help" lists every option\n',
  ]);
  expect([big.exitCode, big.stderr]).toEqual([2, expect.stringContaining("is more than 256 MiB")]);
  expect([silent.exitCode, silent.stderr]).toEqual([
    1,
    expect.stringMatching(/^error: Nothing came back from .*\nhint: The server must send every message back/),
  ]);
  expect([good.exitCode, good.stderr]).toEqual([0, ""]);
  expect(JSON.parse(good.stdout)).toMatchObject({
    mode: "echo",
    connectionCount: 2,
    receivedCount: expect.any(Number),
  });
  await opened;
  stopped.child.kill("SIGINT");
  const { exitCode, stdout } = await stopped.ended;
  expect([exitCode, stdout]).toEqual([130, expect.stringContaining("  echoes       ")]);
});
