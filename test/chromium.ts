/** Real-browser tests: they run in the Chromium of this machine, or say why they cannot. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, test, type TestContext } from "vitest";
import { chromium, type Browser } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

const launchArguments = [
  "--no-sandbox", // CI runs as root, where Chromium's sandbox refuses to start
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const missing = "no Chromium found: `sudo bash tools/setup.sh` installs it, or set CHROMIUM_PATH";

const browserTimeoutMs = 60_000;

/** The path of a Chromium: `CHROMIUM_PATH`, or the first known name on the search path. */
export function findChromium(): string | undefined {
  const configured = process.env["CHROMIUM_PATH"];
  if (configured !== undefined) return configured;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

let launched: Promise<Browser> | undefined;

/**
 * A test with a real browser, started once for each test file. Each test makes its own contexts.
 *
 * Without a Chromium the test is skipped with the reason and the command that would help; with `CI` set it fails.
 */
export function browserTest(name: string, body: (browser: Browser, context: TestContext) => Promise<void>): void {
  test(name, { timeout: browserTimeoutMs }, async (context) => {
    const executablePath = findChromium();
    if (executablePath === undefined) {
      if (process.env["CI"] === undefined) return context.skip(missing);
      throw new Error(missing);
    }
    launched ??= chromium.launch({ executablePath, headless: true, args: launchArguments });
    await body(await launched, context);
  });
}

afterAll(async () => {
  await (await launched)?.close();
});

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
