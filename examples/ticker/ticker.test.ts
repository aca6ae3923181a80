import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { findSerious } from "../../test/browser/axe.ts";
import { browserTest } from "../../test/chromium.ts";
import { type ExampleServer, startExample } from "../../test/example-server.ts";
import { findChromium } from "../../test/find-chromium.ts";

let server: ExampleServer;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  if (findChromium() !== undefined) server = await startExample("ticker");
});
/** Each page draws thousands of prices a second: none is left to the next test. */
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
});
afterAll(async () => {
  await server?.remove();
});

async function open(browser: Browser, query = "", width = 1280): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, ignoreHTTPSErrors: true });
  contexts.push(context);
  const page = await context.newPage();
  await page.goto(`${server.url}${query}`);
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

/** Waits for the next price of a symbol that differs. */
async function nextPrice(page: Page, symbol: string): Promise<void> {
  const price = page.getByRole("row", { name: symbol }).locator(".price");
  const before = await price.innerText();
  await expect.poll(() => price.innerText()).not.toBe(before);
}

for (const width of [1280, 390]) {
  browserTest(`[EX3] 500 symbols move, one is charted, some are watched, ${width} pixels wide`, async (browser) => {
    const page = await open(browser, "", width);
    await expect.poll(() => page.locator("tbody tr").count()).toBe(500);
    await nextPrice(page, "AAB");
    await page.getByRole("button", { name: "AAC", exact: true }).click();
    await page.getByRole("heading", { name: "AAC" }).waitFor();
    await page.getByRole("button", { name: "Watch AAB" }).click();
    await page.getByRole("checkbox", { name: "Watched only" }).check();
    expect(await page.locator("tbody tr:visible").allInnerTexts()).toEqual([expect.stringContaining("AAB")]);
    await page.reload();
    await page.getByRole("checkbox", { name: "Watched only" }).check();
    await page.locator("tbody tr:visible").filter({ hasText: "AAB" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(await findSerious(page)).toEqual([]);
  });
}

/** When the newest price was made that the page shows: by the server's clock, which no test waits for. */
async function newestMs(page: Page): Promise<number> {
  return page
    .locator("td.price")
    .evaluateAll((prices) => Math.max(...prices.map((price) => Number((price as HTMLElement).dataset["atMs"]))));
}

browserTest(
  "[EX3] a page that reads twice a second reads what is new then, no backlog, and costs the others nothing",
  async (browser) => {
    const slow = await open(browser, "?throttle=500");
    const fast = await open(browser);
    await expect.poll(() => fast.locator("tbody tr").count()).toBe(500);
    const readCount = (): Promise<number> => slow.locator("tbody tr").count(); // each read is another symbol's, up to 500
    await expect.poll(readCount, { timeout: 30_000 }).toBeGreaterThan(2);
    for (let count = 0; count < 3; count++) await nextPrice(fast, "AAD");
    const told = await newestMs(fast);
    const before = await readCount();
    await expect.poll(() => newestMs(slow), { timeout: 30_000 }).toBeGreaterThanOrEqual(told);
    expect((await readCount()) - before).toBeLessThan(50); // 10,000 more a second wait in a backlog
  },
);

browserTest(
  "[EX3] a tab that stands still does not slow the others, and wakes to the newest prices",
  async (browser) => {
    const [sleepy, awake] = [await open(browser), await open(browser)];
    for (const page of [sleepy, awake]) await expect.poll(() => page.locator("tbody tr").count()).toBe(500);
    const tab = await sleepy.context().newCDPSession(sleepy);
    await tab.send("Debugger.enable");
    const isPaused = new Promise((resolve) => tab.once("Debugger.paused", resolve));
    await tab.send("Debugger.pause"); // none of its script runs
    await isPaused;
    for (let count = 0; count < 3; count++) await nextPrice(awake, "AAE");
    const told = await newestMs(awake);
    await tab.send("Debugger.resume");
    await expect.poll(() => newestMs(sleepy), { timeout: 30_000 }).toBeGreaterThanOrEqual(told);
  },
);

browserTest("[EX3] by keyboard alone a symbol is found, watched and charted", async (browser) => {
  const page = await open(browser);
  await expect.poll(() => page.locator("tbody tr").count()).toBe(500);
  await page.keyboard.press("Tab");
  await page.keyboard.type("aaf");
  await expect.poll(() => page.locator("tbody tr:visible").count()).toBe(1);
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("only-watched");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Watch AAF", pressed: true }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "AAF" }).waitFor();
});
