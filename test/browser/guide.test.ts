/** The guide in a real browser, over `wss:`'s server, at both widths, with the keyboard, and without a program. */
import { afterAll, beforeAll, expect } from "vitest";
import { serveLab, type ServedLab } from "../../src/cli/lab-command.ts";
import { browserTest } from "../chromium.ts";
import { findSerious } from "./axe.ts";
import { openPage, phone, type Person } from "./person.ts";

let served: ServedLab;
const people: Person[] = [];
const file = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
const docs = (path = ""): string => new URL(`/docs${path}`, served.url).href;

beforeAll(async () => {
  served = await serveLab({ host: "127.0.0.1", port: 0, tls: { cert: file("cert.pem"), key: file("key.pem") } });
});
afterAll(async () => {
  await Promise.all(people.map((person) => person.close()));
  await served.close();
});

for (const [width, options] of [
  ["desktop", undefined],
  ["phone", phone],
] as const) {
  browserTest(
    `[GD7] the search is used with the keyboard alone, and leads to the name, at ${width} width`,
    async (browser) => {
      const person = await openPage(browser, docs("/channels"), options);
      people.push(person);
      const { page, faults } = person;
      await page.keyboard.press("/");
      await page.getByRole("combobox", { name: "Search the guide and the API" }).waitFor();
      await page.keyboard.type("createGateway");
      const first = page.getByRole("option").first();
      await first.filter({ hasText: "createGateway" }).waitFor();
      expect(await first.getAttribute("aria-selected")).toBe("true");
      await page.keyboard.press("ArrowDown");
      expect(await first.getAttribute("aria-selected")).toBe("false");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/docs/api/switchboard#creategateway");
      expect(await page.getByRole("heading", { name: "createGateway", exact: false }).first().isVisible()).toBe(true);
      await page.keyboard.press("Control+k");
      await page.keyboard.press("Escape");
      expect(await page.getByRole("dialog").count()).toBe(0);
      expect(faults).toEqual([]);
    },
  );

  browserTest(
    `[GD8] nothing stands out at the side and axe finds nothing serious, at ${width} width`,
    async (browser) => {
      const person = await openPage(browser, docs(), options);
      people.push(person);
      const { page, faults } = person;
      for (const path of ["", "/concepts", "/comparison", "/api/msgpack", "/no-such-page"]) {
        await page.goto(docs(path));
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          expect([path, colorScheme, await findSerious(page)]).toEqual([path, colorScheme, []]);
        }
      }
      expect(faults).toEqual([]);
    },
  );
}

browserTest("[GD10] the scheme that was chosen in the chat holds here, before anything is painted", async (browser) => {
  const person = await openPage(browser, docs());
  people.push(person);
  const { page, faults } = person;
  const scheme = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(await scheme()).toBe("light dark");
  const choose = (theme: string): Promise<void> =>
    page.evaluate((text) => localStorage.setItem("switchboard.settings", text), JSON.stringify({ theme }));
  await choose("dark");
  // The first style that is ever computed: a frame before it would be white.
  await page.addInitScript(() => {
    new MutationObserver((_changes, observer) => {
      if (document.body === null) return;
      observer.disconnect();
      document.documentElement.dataset["first"] = document.documentElement.dataset["theme"] ?? "";
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(docs("/channels"));
  expect([await scheme(), await page.locator("html").getAttribute("data-first")]).toEqual(["dark", "dark"]);
  const other = await page.context().newPage();
  await other.goto(docs("/concepts"));
  await choose("light");
  await other.locator("html[data-theme=light]").waitFor();
  expect(faults).toEqual([]);
});

browserTest("[GD6] without a program everything can be read, and the contents open on a phone", async (browser) => {
  const context = await browser.newContext({ ...phone, javaScriptEnabled: false, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(docs("/first-app"));
  await page.getByRole("button", { name: "Contents" }).click();
  await page.getByRole("link", { name: "Concepts, in pictures" }).first().click();
  await page.waitForURL("**/docs/concepts");
  await page.getByRole("heading", { name: "Concepts, in pictures" }).waitFor();
  await page.getByRole("link", { name: /^Next/ }).click();
  await page.waitForURL("**/docs/recipes");
  const missing = await page.goto(docs("/no-such-page"));
  expect([missing?.status(), await page.title()]).toEqual([404, "No such page · Switchboard guide"]);
  await context.close();
});
