import { afterAll, beforeAll, expect } from "vitest";
import type { Browser, Page } from "playwright-core";
import { browserTest } from "../../test/chromium.ts";
import { type ExampleServer, startExample } from "../../test/example-server.ts";
import { findChromium } from "../../test/find-chromium.ts";

let server: ExampleServer;

beforeAll(async () => {
  if (findChromium() !== undefined) server = await startExample("ticker");
});
afterAll(async () => {
  await server?.remove();
});

async function open(browser: Browser, query = "", width = 1280): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width, height: 800 } })).newPage();
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
  });
}

browserTest(
  "[EX3] a page that reads slowly is told the newest price, no backlog, and costs the others nothing",
  async (browser) => {
    const slow = await open(browser, "?throttle=1000");
    const fast = await open(browser);
    await expect.poll(() => fast.locator("tbody tr").count()).toBe(500);
    await nextPrice(fast, "AAD");
    await nextPrice(fast, "AAD");
    // It has read a handful of prices in all this time; each that it reads was new when it was read.
    expect(await slow.locator("tbody tr").count()).toBeLessThan(100);
    await expect.poll(() => slow.locator("tbody tr").count()).toBeGreaterThan(1);
  },
);
