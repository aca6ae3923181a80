/** Drives the Chromium of `CHROMIUM_PATH`: a page, a screenshot, 3 MB out of a script. */
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";
import "./ours.mjs";

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM_PATH,
  args: ["--no-sandbox", "--disable-gpu"],
  headless: true,
});
const page = await browser.newPage();
await page.setContent("<h1>hi</h1>");
assert.equal(await page.$eval("h1", (heading) => heading.textContent), "hi");
assert.ok((await page.screenshot()).length > 1_000);
assert.equal((await page.evaluate(() => "x".repeat(3_000_000))).length, 3_000_000);
await browser.close();
