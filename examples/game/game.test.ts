import { afterAll, beforeAll, expect } from "vitest";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { findSerious } from "../../test/browser/axe.ts";
import { phone } from "../../test/browser/person.ts";
import { browserTest } from "../../test/chromium.ts";
import { type CutLine, startCutLine } from "../../test/cut-line.ts";
import { type ExampleServer, startExample } from "../../test/example-server.ts";
import { findChromium } from "../../test/find-chromium.ts";

let server: ExampleServer;
let line: CutLine;

beforeAll(async () => {
  if (findChromium() === undefined) return;
  server = await startExample("game");
  line = await startCutLine(server.url);
});
afterAll(async () => {
  await line?.close();
  await server?.remove();
});

async function play(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext({ ...options, ignoreHTTPSErrors: true })).newPage();
  page.on("pageerror", (error) => expect.fail(error.message));
  await page.goto(line.url);
  await page.locator("#figures").filter({ hasText: "in sight" }).waitFor();
  return page;
}

async function placeOf(page: Page): Promise<{ readonly x: number; readonly y: number; readonly inSight: number }> {
  const [, x = 0, y = 0, inSight = 0] = (await page.locator("#figures").innerText()).match(/\d+/gu)?.map(Number) ?? [];
  return { x, y, inSight };
}

browserTest(
  "[EX7] two players see each other until one has flown out of sight; a lost line and a reload keep the seat",
  async (browser) => {
    const ada = await play(browser);
    const bob = await play(browser, phone);
    for (const page of [ada, bob]) await expect.poll(() => placeOf(page)).toMatchObject({ inSight: 1 });
    await ada
      .getByRole("list", { name: "Scores" })
      .getByText(/^Player 2: \d+$/u)
      .waitFor();
    await ada.keyboard.down("ArrowLeft");
    await ada.keyboard.down("KeyW");
    for (const page of [ada, bob]) await expect.poll(() => placeOf(page)).toMatchObject({ inSight: 0 });
    await ada.keyboard.up("KeyW");
    await expect.poll(() => placeOf(ada)).toMatchObject({ x: 25 }); // the wall
    await ada.keyboard.up("ArrowLeft");
    line.cut();
    await ada.getByText("No connection: your seat is kept for 30 seconds").waitFor();
    line.mend();
    await ada.evaluate(() => dispatchEvent(new Event("online"))); // as when the network is back: nobody waits longer
    await expect.poll(() => ada.locator("output").textContent()).toBe("");
    expect(await placeOf(ada)).toMatchObject({ x: 25 });
    await ada.reload();
    await expect.poll(() => placeOf(ada)).toMatchObject({ x: 25 });
    expect(
      await ada
        .getByRole("listitem")
        .filter({ hasText: /^(?:You, player 1|Player 2): \d+$/u })
        .count(),
    ).toBe(2);
    expect(await ada.getByRole("listitem").count()).toBe(2);
  },
);

browserTest("[EX7] a finger steers, and nothing is wider than a phone", async (browser) => {
  const page = await play(browser, phone);
  const before = await placeOf(page);
  const touch = await page.context().newCDPSession(page);
  const point = (x: number) => ({ touchPoints: [{ x, y: 400 }] });
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", ...point(300) });
  await touch.send("Input.dispatchTouchEvent", { type: "touchMove", ...point(350) });
  await expect.poll(async () => (await placeOf(page)).x).toBeGreaterThan(before.x + 50);
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  expect(await findSerious(page)).toEqual([]);
});
