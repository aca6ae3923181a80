/** Real-browser tests: they run in the Chromium of this machine, or say why they cannot. */
import { afterAll, test, type TestContext } from "vitest";
import { chromium, type Browser } from "playwright-core";
import { findChromium, launchArguments } from "./find-chromium.ts";

const missing = "no Chromium found: `sudo bash tools/setup.sh` installs it, or set CHROMIUM_PATH";

const browserTimeoutMs = 60_000;

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
