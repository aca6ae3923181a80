import { afterAll, beforeAll, expect } from "vitest";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { findSerious } from "../../test/browser/axe.ts";
import { phone } from "../../test/browser/person.ts";
import { browserTest } from "../../test/chromium.ts";
import { type ExampleServer, startExample } from "../../test/example-server.ts";
import { findChromium } from "../../test/find-chromium.ts";

let server: ExampleServer;

beforeAll(async () => {
  if (findChromium() !== undefined) server = await startExample("chat-minimal");
});
afterAll(async () => {
  await server?.remove();
});

async function enter(browser: Browser, name: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext({ ...options, ignoreHTTPSErrors: true })).newPage();
  page.on("dialog", (dialog) => void dialog.accept(name));
  await page.goto(server.url);
  await page.locator('body[data-state="open"]').waitFor();
  return page;
}

/** The field has the focus from the start: nobody needs a mouse. */
async function say(page: Page, text: string): Promise<void> {
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

browserTest(
  "[EX1] the minimal chat: a message, who types, who is there, and nothing lost or twice over a crash",
  async (browser) => {
    const [ada, bob] = [await enter(browser, "Ada"), await enter(browser, "Bob")];
    await ada.getByText("Here: ").filter({ hasText: "Bob" }).waitFor();
    await bob.keyboard.type("he");
    await ada.getByText("Bob is typing…").waitFor();
    await say(bob, "llo <b>Ada</b>");
    await ada.getByText("Bob: hello <b>Ada</b>").waitFor();
    await server.crash();
    await say(ada, "still there?");
    await bob.getByText("Ada: still there?").waitFor();
    const texts = await bob.getByRole("list", { name: "Messages" }).getByRole("listitem").allInnerTexts();
    expect(texts).toEqual(["Bob: hello <b>Ada</b>", "Ada: still there?"]);
    const cleo = await enter(browser, "Cleo", phone);
    await cleo.getByText("Ada: still there?").waitFor();
    expect(await cleo.getByRole("listitem").allInnerTexts()).toEqual(texts);
    expect(await cleo.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(await findSerious(cleo)).toEqual([]);
  },
);
