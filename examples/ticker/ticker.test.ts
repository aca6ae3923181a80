import { afterAll, beforeAll, expect } from "vitest";
import type { Browser, Page } from "playwright-core";
import { findSerious } from "../../test/browser/axe.ts";
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
    expect(await findSerious(page)).toEqual([]);
  });
}

/** Of the last price that the page has read. */
async function ageMs(page: Page): Promise<number> {
  return Number(
    /the last one (?<age>\d+) ms/u.exec(await page.locator("#rate").innerText())?.groups?.["age"] ?? Infinity,
  );
}

browserTest(
  "[EX3] a page that reads twice a second reads what is new then, no backlog, and costs the others nothing",
  async (browser) => {
    const slow = await open(browser, "?throttle=500");
    const fast = await open(browser);
    await expect.poll(() => fast.locator("tbody tr").count()).toBe(500);
    await nextPrice(fast, "AAD");
    await nextPrice(fast, "AAD");
    await expect.poll(() => slow.locator("tbody tr").count(), { timeout: 30_000 }).toBeGreaterThan(5);
    expect(await slow.locator("tbody tr").count()).toBeLessThan(100);
    await expect.poll(() => ageMs(slow)).toBeLessThan(2000); // the sixth of a backlog would be 2.5 seconds old
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
    await expect.poll(() => ageMs(awake)).toBeLessThan(2000);
    await tab.send("Debugger.resume");
    await nextPrice(sleepy, "AAE");
    await expect.poll(() => ageMs(sleepy), { timeout: 30_000 }).toBeLessThan(2000);
  },
);
