/** `publish` and `tail` as a script sees them (`tsc -b` first). */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { runCommandLine, startCommand } from "../../test/command.ts";
import { createGateway, memoryBroker } from "../server/index.ts";
import { channels } from "./chat.ts";

vi.setConfig({ testTimeout: 60_000 });

const key = "k".repeat(32);

async function open(): Promise<{ readonly url: string; readonly admin: string }> {
  const gateway = createGateway({
    channels,
    broker: memoryBroker(),
    authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
  });
  const [{ url }, admin] = await Promise.all([
    gateway.listen({ port: 0 }),
    gateway.listenAdmin({ port: 0, keys: [{ key, scopes: ["publish"] }] }),
  ]);
  onTestFinished(() => gateway.close({ graceMs: 100 }));
  return { url, admin: admin.url };
}

test("[CM65] each line of stdin is a message; with --id they are stored once, whichever way, and what it prints is JSON with --json", async () => {
  const { admin, url } = await open();
  const args = ["--field", "text", "--id", "day", "--json", url, "chat/1", "message"];
  const env = { SWITCHBOARD_TOKEN: "ada" };
  const first = await runCommandLine(["publish", ...args], { stdin: "one\n\ntwo\n", env });
  const lines = first.stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown]));
  expect([first.exitCode, first.stderr]).toEqual([0, ""]);
  expect(lines).toEqual([
    expect.objectContaining({ id: "day-1", stored: true, offset: 1, durability: "mem", duplicate: false }),
    expect.objectContaining({ id: "day-3", stored: true, offset: 2, duplicate: false }),
  ]);
  const second = await runCommandLine(["publish", ...args], { stdin: "one\n", env });
  expect(JSON.parse(second.stdout)).toMatchObject({ id: "day-1", offset: 1, duplicate: true });
  const over = await runCommandLine(["publish", admin, "chat/1", "message", '{\n"text":"three"}'], {
    env: { SWITCHBOARD_API_KEY: key },
  });
  expect(over).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^3\.\S+ {2}stored \(mem\) {2}[0-9a-f]{32}\n$/),
  });
});

test("[CM68] what was typed wrong exits 2, what is refused 1, each in one sentence", async () => {
  const { admin, url } = await open();
  const cases = [
    [
      ["publish", url, "chat/1", "message", "{"],
      2,
      "error: command-argument value '{' is invalid for argument 'json'. Give JSON",
    ],
    [["publish", url, "a channel", "message", "1"], 2, "Give the name of a channel, as in chat/42"],
    [["publish", "--field", "text", url, "chat/1", "message", "1"], 2, "--field is for lines of stdin"],
    [["publish", "--id", "x".repeat(54), url, "chat/1", "message", "1"], 2, "Give 1-53 of A-Z a-z 0-9 _ -"],
    [["publish", "--device", "ada", url, "chat/1", "message", "1"], 2, "Give 32 of 0-9 a-f"],
    [["tail", "--since", "yesterday", url, "chat/1"], 2, "Give a position, an offset, a time"],
    [["publish", "--token", "ada", url, "chat/1", "message", "{}"], 1, "[BAD_DATA]"],
    [
      ["publish", admin, "chat/1", "message", "{}"],
      1,
      "[UNAUTHENTICATED]\nhint: Give a key of the API with --api-key-file",
    ],
    [
      ["tail", url, "chat/1"],
      1,
      'with 4500 "The credentials were refused"\nhint: Give what its authenticate asks for with --token',
    ],
  ] as const;
  const results = await Promise.all(cases.map(([args]) => runCommandLine(args)));
  for (const [index, [args, exitCode, words]] of cases.entries()) {
    expect([args, results[index]?.exitCode, results[index]?.stderr]).toEqual([
      args,
      exitCode,
      expect.stringContaining(words),
    ]);
    expect(results[index]?.stdout).toBe("");
  }
});

test("[CM68] a line that is no JSON stops it, and says which one; what came before is stored", async () => {
  const { url } = await open();
  const { exitCode, stderr, stdout } = await runCommandLine(["publish", "--token", "ada", url, "chat/1", "message"], {
    stdin: '{"text":"one"}\nno json\n{"text":"two"}\n',
  });
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^1\.\S+ {2}stored \(mem\) {2}\w+\n$/);
  expect(stderr).toBe(
    'error: Line 2 of stdin is not JSON: "no json"\nhint: Give one JSON value a line, or --field <name> for lines of text\n',
  );
});

test("[CM68] Ctrl-C closes tail in order and exits 130; a reader that goes away ends it with 0 and no stack", async () => {
  const { url } = await open();
  const following = startCommand(["tail", "--token", "ada", url, "chat/1"]);
  await following.said("-- chat/1 is followed from here on\n");
  following.child.kill("SIGINT");
  expect(await following.ended).toEqual({
    exitCode: 130,
    stdout: "",
    stderr: "-- chat/1 is followed from here on\n",
  });
  const piped = startCommand(["tail", "--token", "ada", "--json", url, "chat/1"]);
  await piped.said('"live"');
  piped.child.stdout.destroy();
  const texts = Array.from({ length: 3 }, (_, index) => `{"text":"${index}"}\n`).join("");
  await runCommandLine(["publish", "--token", "bob", "-q", url, "chat/1", "message"], { stdin: texts });
  expect(await piped.ended).toMatchObject({ exitCode: 0, stderr: "" });
});

test("[CM68] a reader that goes away does not stop what publish stores; Ctrl-C does, with 130", async () => {
  const { url } = await open();
  const args = ["publish", "--token", "ada", "--field", "text", url, "chat/1", "message"];
  const piped = startCommand(args, { stdin: null });
  piped.child.stdin.write("one\n");
  await piped.said("stored (mem)");
  piped.child.stdout.destroy();
  piped.child.stdin.end("two\nthree\n");
  expect(await piped.ended).toMatchObject({ exitCode: 0, stderr: "" });
  const stopped = startCommand(args, { stdin: null });
  stopped.child.stdin.write("four\n");
  await stopped.said("4.");
  stopped.child.kill("SIGINT");
  expect(await stopped.ended).toMatchObject({ exitCode: 130, stderr: "" });
});

test("[CM65] a key's file is read as the gateway's own, and with --quiet nothing is printed that is well", async () => {
  const { admin } = await open();
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "keys");
  writeFileSync(file, `publish,read ${key}\nread ${"x".repeat(32)}\n`);
  const args = ["publish", "--quiet", "--api-key-file", file, admin, "chat/1", "message", '{"text":"hi"}'];
  expect(await runCommandLine(args)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  expect(await runCommandLine(args.with(3, join(folder, "none")))).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^error: Cannot read the key file "[^"]+none" \(ENOENT.*\)\nhint: /) as string,
  });
});
