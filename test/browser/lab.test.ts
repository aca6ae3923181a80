/** The lab's page in a real browser, over `wss:`, at both widths. */
import { afterAll, beforeAll, expect } from "vitest";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { serveLab, type ServedLab } from "../../src/cli/lab-command.ts";
import { browserTest } from "../chromium.ts";
import { findSerious } from "./axe.ts";
import { openPage, phone, type Person } from "./person.ts";

let served: ServedLab;
const people: Person[] = [];
const file = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;

beforeAll(async () => {
  served = await serveLab({ host: "127.0.0.1", port: 0, tls: { cert: file("cert.pem"), key: file("key.pem") } });
});
afterAll(async () => {
  await Promise.all(people.map((person) => person.close()));
  await served.close();
});

async function openLab(browser: Browser, options?: BrowserContextOptions): Promise<Person> {
  const person = await openPage(browser, served.url, options);
  people.push(person);
  await person.page.getByText(/answer after/).waitFor();
  return person;
}

/** Buttons of one part of the page. */
function button(page: Page, section: string, name: string): ReturnType<Page["locator"]> {
  return page.locator(`#${section}`).getByRole("button", { name, exact: true });
}

for (const [width, options] of [
  ["desktop", undefined],
  ["phone", phone],
] as const) {
  browserTest(`[LB13] the page shows the browser's own handshake, step by step, at ${width} width`, async (browser) => {
    const { page, faults, sockets } = await openLab(browser, options);
    expect(new URL(sockets[0]?.url() ?? "").protocol).toBe("wss:");
    await page.getByText("Within TLS, 1 connection, 1 round trip").waitFor();
    const lines = page.getByRole("list", { name: "Lines of the request" });
    expect(await lines.getByRole("button").first().innerText()).toMatch(
      /^GET \/lab\/line\?lab=[\da-f]{32} HTTP\/1\.1$/,
    );
    const key = (
      (await lines.getByRole("button", { name: "Sec-WebSocket-Key" }).innerText()).split(": ")[1] ?? ""
    ).trim();
    expect(Buffer.from(key, "base64")).toHaveLength(16);
    await lines.getByRole("button", { name: "Origin" }).click();
    await page.getByText("The page that the script comes from.").waitFor();
    await button(page, "handshake", "Next step").click();
    await page.getByRole("rowheader", { name: "Version 13" }).waitFor();
    await button(page, "handshake", "Next step").click();
    const accept = await page.locator(".proof li").last().locator("code").innerText();
    await button(page, "handshake", "Next step").click();
    await page.getByRole("list", { name: "Lines of the response" }).getByText(`: ${accept}`).waitFor();
    await button(page, "handshake", "Next step").click();
    await page.getByText("No frame yet").waitFor();
    expect(await button(page, "handshake", "Next step").isDisabled()).toBe(true);
    await button(page, "handshake", "Back").click();
    await page.getByRole("heading", { name: "4. 101 Switching Protocols" }).waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await findSerious(page)).toEqual([]);
    }
    // Nothing stands out of the page at the side.
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(faults).toEqual([]);
  });
}

browserTest("[LB13] frames of both directions are taken apart, masked ones too", async (browser) => {
  const { page, faults } = await openLab(browser);
  await page.getByLabel("A message").fill("Hi");
  await button(page, "frames", "Send as text").click();
  const rows = page.locator("#frames .frames tbody tr");
  await rows.nth(1).waitFor();
  expect(await rows.allInnerTexts()).toEqual([
    "1\tbrowser\ttext\t6 bytes\t2 bytes\tHi",
    "2\tserver\ttext\t2 bytes\t2 bytes\tHi",
  ]);
  await rows.first().getByRole("button").click();
  const parts = page.getByRole("list", { name: "Fields of the frame" });
  await parts.getByRole("button", { name: /^masking key/ }).click();
  await page.getByText("Four random bytes, new for each frame").waitFor();
  await page.getByText("“Hi”").waitFor();
  await button(page, "frames", "Have the server ping").click();
  await rows.nth(3).waitFor();
  expect((await rows.allInnerTexts()).slice(2).map((row) => row.split("\t").slice(1, 3))).toEqual([
    ["server", "ping"],
    ["browser", "pong"],
  ]);
  await button(page, "frames", "Have the server close").click();
  await page.getByText("The connection was closed cleanly with 1000 (Said the server).").waitFor();
  await button(page, "frames", "Connect").click();
  await page.getByText("The connection is open.").waitFor();
  expect(faults).toEqual([]);
});

browserTest("[LB13] what is broken is told in the words of the server, and of the browser", async (browser) => {
  const { page, faults } = await openLab(browser);
  const answer = page.locator("#break .bench").first().locator(".answer");
  await button(page, "break", "POST").click();
  await answer.getByRole("heading", { name: "HTTP/1.1 405 Method Not Allowed" }).waitFor();
  await answer.getByText("a WebSocket handshake is a GET").waitFor();
  await button(page, "break", "An unmasked frame").click();
  await answer.getByText(/^Then a close frame: 1002/).waitFor();
  await page.getByRole("textbox", { name: "Method" }).fill("BREW");
  await button(page, "break", "Send it").click();
  await answer.getByRole("heading", { name: /^HTTP\/1\.1 (?!101)/ }).waitFor();
  await button(page, "break", "A wrong Accept").click();
  await page.getByText("Your browser never opened it. The page is told 1006").waitFor();
  await button(page, "break", "A masked frame").click();
  await page.getByText("Your browser opened the connection, noticed, and ended it.").waitFor();
  await page.getByText("To the server it said 1002 in its close frame.").waitFor();
  expect(faults).toEqual([]);
});

browserTest("[LB13] the cache is poisoned where a defence is off, and not where it is on", async (browser) => {
  const { page, faults } = await openLab(browser);
  for (const bench of await page.locator("#poison .bench").all()) {
    await bench.getByRole("button", { name: "Play it" }).click();
    await bench.getByText("The cache is clean").waitFor();
    await bench.getByRole("checkbox").uncheck();
    await bench.getByRole("button", { name: "Play it" }).click();
    await bench.getByText("The cache is poisoned").waitFor();
  }
  expect(faults).toEqual([]);
});

browserTest(
  "[LB13] the same twenty messages come by push and by polling, and what both cost is shown",
  async (browser) => {
    const { page, faults } = await openLab(browser);
    await button(page, "race", "Start").click();
    await page.getByText(/^Push needed/).waitFor();
    const row = async (name: string): Promise<readonly string[]> =>
      (await page.getByRole("row", { name: new RegExp(`^${name}`) }).innerText())
        .split("\t")
        .map((cell) => cell.trim());
    const [polling, push] = [await row("Polling"), await row("WebSocket")];
    expect([polling[1], push[1]]).toEqual(["20", "20"]);
    expect([Number(polling[2]) > 1, push[2]]).toEqual([true, "0"]);
    const bytes = (cells: readonly string[]): number => Number(cells[3]?.replace(",", ""));
    expect(bytes(polling)).toBeGreaterThan(bytes(push));
    expect(faults).toEqual([]);
  },
);

browserTest("[LB13] the proof and the questions work by keyboard alone", async (browser) => {
  const { page, faults } = await openLab(browser);
  await page.getByRole("list", { name: "Lines of the request" }).getByRole("button").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.getByRole("heading", { name: "Host", exact: true }).waitFor();
  await page.getByLabel("Sec-WebSocket-Key").focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("short");
  await page.getByText("This is not 16 bytes in base64").waitFor();
  await button(page, "accept", "The RFC's key").press("Enter");
  await page.getByLabel("Accept value").getByText("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=").waitFor();
  const order = page.locator(".order li");
  // Sorts them as a person would: the first to its place, then the second.
  const steps = [/^The browser opens/, /^The server checks/, /^The server joins/, /^The server answers/, /^Both sides/];
  for (const [index, step] of steps.entries()) {
    const texts = await order.allInnerTexts();
    for (let at = texts.findIndex((text) => step.test(text)); at > index; at--) {
      await order.nth(at).getByRole("button", { name: "Move up" }).press("Enter");
    }
  }
  await button(page, "quiz", "Check").press("Enter");
  await page.getByText("Right: that is how every WebSocket begins.").waitFor();
  const question = page.getByRole("group", { name: /What does Sec-WebSocket-Accept prove/ });
  await question.getByRole("radio").first().focus();
  await page.keyboard.press("Space");
  await question.getByText("No. Look again.").waitFor();
  await page.keyboard.press("ArrowDown");
  await question.getByText(/^Right\./).waitFor();
  expect(faults).toEqual([]);
});
