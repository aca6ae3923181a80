import { afterAll, beforeAll, expect } from "vitest";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { findSerious } from "../../test/browser/axe.ts";
import { phone } from "../../test/browser/person.ts";
import { browserTest } from "../../test/chromium.ts";
import { type ExampleServer, startExample } from "../../test/example-server.ts";
import { findChromium } from "../../test/find-chromium.ts";

let server: ExampleServer;

beforeAll(async () => {
  if (findChromium() !== undefined) server = await startExample("drop-in");
});
afterAll(async () => {
  await server?.remove();
});

async function open(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext({ ...options, ignoreHTTPSErrors: true })).newPage();
  page.on("pageerror", (error) => expect.fail(error.message));
  await page.goto(server.url);
  await expect.poll(() => page.locator("output").allInnerTexts()).toEqual(Array.from({ length: 4 }, () => "websocket"));
  return page;
}

browserTest(
  "[EX10] Socket.IO, graphql-ws, tRPC and y-websocket are live on switchboard/ws, between two browsers, by the keyboard",
  async (browser) => {
    const [ada, bob] = [await open(browser), await open(browser, { ...phone, colorScheme: "dark" })];
    await ada.getByRole("textbox", { name: "Say something" }).focus();
    await ada.keyboard.type("hello");
    await ada.keyboard.press("Enter");
    await bob.getByRole("list", { name: "Said" }).getByText("hello").waitFor();
    await expect.poll(() => ada.getByRole("textbox", { name: "Say something" }).inputValue()).toBe(""); // acknowledged
    const seconds = async (page: Page): Promise<number> => Number(await page.locator("#graphql strong").innerText());
    const before = await seconds(bob);
    await expect.poll(() => seconds(bob)).toBeGreaterThan(before);
    await ada.getByRole("button", { name: "Press" }).focus();
    await ada.keyboard.press("Enter");
    for (const page of [ada, bob]) await page.locator("#trpc").getByText("1 pressed").waitFor();
    await ada.getByRole("textbox", { name: "Shared text" }).pressSequentially("one two");
    await expect.poll(() => bob.getByRole("textbox", { name: "Shared text" }).inputValue()).toBe("one two");
    await bob.getByRole("textbox", { name: "Shared text" }).fill("one and two");
    await expect.poll(() => ada.getByRole("textbox", { name: "Shared text" }).inputValue()).toBe("one and two");
    for (const page of [ada, bob]) expect(await findSerious(page)).toEqual([]);
    expect(await bob.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  },
);
