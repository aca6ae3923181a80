/** docs/guide/first-app.md, done as it says: its files as they stand, its commands, two people, a server that is killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect } from "vitest";
import type { Browser, Page } from "playwright-core";
import { readCommands, readFences } from "../../tools/fences.ts";
import { runCommand } from "../../tools/run-command.ts";
import { browserTest } from "../chromium.ts";
import { freePort } from "../free-port.ts";

const root = resolve(import.meta.dirname, "../..");
const markdown = readFileSync(join(root, "docs/guide/first-app.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "switchboard-first-app-"));
let server: ChildProcess | undefined;
afterAll(async () => {
  await stop("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** What `npm install` would make: the packages that the page names, those of this repository. */
function install(command: string): void {
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  const names = [...command.matchAll(/^npm install(?: --save-dev)? (.+)$/gmu)].flatMap(([, list = ""]) =>
    list.split(" "),
  );
  for (const name of names) {
    symlinkSync(name === "switchboard" ? root : join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
}

/** A group of its own: npx and tsx stand before the server. */
async function start(command: string, port: number): Promise<void> {
  server = spawn("bash", ["-c", command], {
    cwd: folder,
    detached: true,
    env: { ...process.env, PORT: String(port), PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}` },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: server.stdout as NodeJS.ReadableStream })) {
    if (line.includes("My chat is at")) return;
  }
  throw new Error("The first app ended without saying where it is");
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, "exit");
  process.kill(-server.pid, signal);
  await exit;
}

async function enter(browser: Browser, port: number, name: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.on("dialog", (dialog) => void dialog.accept(name));
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.getByText(/alone here|are here/).waitFor();
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

browserTest("[GD9] the first app does what its page says, done as it stands there", async (browser) => {
  const [setUp = "", run = "", check = ""] = readCommands(markdown);
  for (const { code, fileName } of readFences("first-app.md", markdown)) {
    writeFileSync(join(folder, fileName ?? ""), code);
  }
  install(setUp);
  expect([run.trim(), check.trim()]).toEqual(["npx tsx server.ts", "npx tsc"]);
  expect(await runCommand([join(root, "node_modules/.bin/tsc")], { cwd: folder, output: "keep" })).toMatchObject({
    exitCode: 0,
  });

  const port = await freePort();
  await start(run, port);
  const [ada, bob] = [await enter(browser, port, "Ada"), await enter(browser, port, "Bob")];
  await say(ada, "hello");
  await bob.getByText("Ada: hello").waitFor();
  await stop("SIGKILL");
  await bob.getByText("The line is down.").waitFor();
  await say(bob, "still there?");
  await start(run, port);
  await ada.getByText("Bob: still there?").waitFor();
  await bob.getByText("Bob: still there?").waitFor();
  await ada.reload();
  await ada.getByText("Bob: still there?").waitFor();
  expect(await ada.getByRole("listitem").allInnerTexts()).toEqual(["Ada: hello", "Bob: still there?"]);

  const wrong = readFileSync(join(folder, "page.ts"), "utf8").replace("data.text", "data.txt");
  writeFileSync(join(folder, "page.ts"), wrong);
  const types = await runCommand([join(root, "node_modules/.bin/tsc")], { cwd: folder, output: "keep" });
  expect([types.exitCode === 0, types.output]).toEqual([false, expect.stringContaining("'txt' does not exist")]);
});
