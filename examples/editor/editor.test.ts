import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { connect } from "switchboard/client";
import { WebSocket } from "ws";
import * as Y from "yjs";
import { findSerious } from "../../test/browser/axe.ts";
import { phone } from "../../test/browser/person.ts";
import { browserTest } from "../../test/chromium.ts";
import { type CutLine, startCutLine } from "../../test/cut-line.ts";
import { type ExampleServer, startExample } from "../../test/example-server.ts";
import { readSnapshot, writeSnapshot } from "./bytes.ts";
import type { EditorGateway } from "./channels.ts";
import { type DocumentRoom, readDocument } from "./log.ts";

let server: ExampleServer;
let line: CutLine;

beforeAll(async () => {
  server = await startExample("editor", { SNAPSHOT_EVERY: "20", KEPT_ENTRIES: "50" });
  line = await startCutLine(server.url);
});
afterAll(async () => {
  await line?.close();
  await server?.remove();
});

interface Person {
  readonly page: Page;
  readonly text: Locator;
}

async function open(
  browser: Browser,
  {
    name,
    document = "notes",
    url = server.url,
    ...options
  }: BrowserContextOptions & Record<"name", string> & { readonly document?: string; readonly url?: string },
): Promise<Person> {
  const page = await (await browser.newContext({ ...options, ignoreHTTPSErrors: true })).newPage();
  page.on("pageerror", (error) => expect.fail(error.message));
  await page.goto(`${url}#${document}`);
  await page.getByText("Saved", { exact: true }).waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  return { page, text: page.getByRole("textbox", { name: "Document" }) };
}

async function linesOf({ text }: Person): Promise<readonly string[]> {
  return text.locator(".cm-line").evaluateAll((lines) =>
    lines.map((one) => {
      const copy = one.cloneNode(true) as Element;
      for (const cursor of copy.querySelectorAll(".cm-ySelectionCaret")) cursor.remove();
      return copy.textContent ?? "";
    }),
  );
}

browserTest(
  "[EX8] two people write at once and see each other's cursors; a third, later, sees both; who leaves is gone",
  async (browser) => {
    const ada = await open(browser, { name: "Ada" });
    const bob = await open(browser, { ...phone, name: "Bob" });
    await ada.text.focus();
    await ada.page.keyboard.type("one\ntwo");
    await expect.poll(() => linesOf(bob)).toEqual(["one", "two"]);
    await bob.text.focus();
    await bob.page.keyboard.press("Control+Home");
    await Promise.all([bob.page.keyboard.type("zero "), ada.page.keyboard.type(" three")]);
    for (const person of [ada, bob]) await expect.poll(() => linesOf(person)).toEqual(["zero one", "two three"]);
    await bob.page.keyboard.press("Control+z"); // what Bob wrote, and nothing of Ada's
    for (const person of [ada, bob]) await expect.poll(() => linesOf(person)).toEqual(["one", "two three"]);
    expect(await bob.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    const cleo = await open(browser, { name: "Cleo", colorScheme: "dark" });
    for (const name of ["Ada", "Bob"]) await cleo.text.locator(".cm-ySelectionInfo", { hasText: name }).waitFor();
    const people = cleo.page.getByRole("list", { name: "People here" });
    await people.getByText("Bob").waitFor();
    for (const { page } of [bob, cleo]) expect(await findSerious(page)).toEqual([]);
    await bob.page.context().close();
    await people.getByText("Bob").waitFor({ state: "detached" });
    await people.getByText("Ada").waitFor();
  },
);

browserTest(
  "[EX8] what two people write offline is merged when there is a line again, and nothing is lost when the server is killed",
  async (browser) => {
    const ada = await open(browser, { name: "Ada", document: "offline", url: line.url });
    const bob = await open(browser, { name: "Bob", document: "offline" });
    await ada.text.fill("shared");
    await expect.poll(() => linesOf(bob)).toEqual(["shared"]);
    line.cut();
    await ada.page.getByText("Offline", { exact: true }).waitFor();
    await ada.text.press("Control+End");
    await ada.page.keyboard.type(" from a train");
    await ada.page.getByText("Offline: your changes wait here").waitFor();
    await bob.text.press("Control+Home");
    await bob.page.keyboard.type("still ");
    await bob.page.getByText("Saved", { exact: true }).waitFor();
    await server.crash();
    line.mend();
    for (const person of [ada, bob]) {
      await person.page.evaluate(() => dispatchEvent(new Event("online"))); // as when the network is back: nobody waits longer
      await expect.poll(() => linesOf(person)).toEqual(["still shared from a train"]);
      await person.page.getByText("Saved", { exact: true }).waitFor();
    }
    const late = await open(browser, { name: "Cleo", document: "offline" });
    await expect.poll(() => linesOf(late)).toEqual(["still shared from a train"]);
  },
);

/** One that takes the test's certificate. */
class Line extends WebSocket {
  declare binaryType: "arraybuffer";

  constructor(url: string | URL, protocols: string[]) {
    super(url, protocols, { rejectUnauthorized: false });
  }
}

function join(token: string): { readonly room: DocumentRoom; close(): Promise<void> } {
  const client = connect<EditorGateway>(`${server.url.replace("http", "ws")}ws`, { token, WebSocket: Line });
  return { room: client.doc({ name: "long" }), close: () => client.close() };
}

test("[EX9] a newcomer reads the newest snapshot and what came since, also when the log begins later; nobody but the keeper stores one", async () => {
  const writer = join("Ada");
  const document = new Y.Doc();
  const updates: Uint8Array[] = [];
  document.on("update", (update: Uint8Array) => updates.push(update));
  for (let count = 0; count < 70; count++) document.getText("text").insert(count, String(count % 10));
  const summedUp = new Promise<void>((resolve) => {
    writer.room.snapshot.on(({ data }) => void (readSnapshot(data).upTo >= 60 && resolve()));
  });
  for (const update of updates) await writer.room.update.send(update);
  await summedUp;
  const newcomer = new Y.Doc();
  const reader = join("Bob");
  const pages: number[] = [];
  const counted = { ...reader.room, history: countPages };
  async function countPages(options: Parameters<DocumentRoom["history"]>[0]): ReturnType<DocumentRoom["history"]> {
    const page = await reader.room.history({ ...options, count: 16 }); // a page for so many entries
    pages.push(page.messages.length);
    return page;
  }
  await readDocument(counted, newcomer);
  expect(newcomer.getText("text").toJSON()).toBe(document.getText("text").toJSON());
  expect(pages.reduce((total, length) => total + length)).toBeLessThan(40);
  const { messages } = await reader.room.history({ count: 100 });
  expect(messages[0]?.offset).toBeGreaterThan(1); // the first updates are no longer there
  await expect(reader.room.snapshot.send(writeSnapshot(1, new Uint8Array()))).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
  await expect(reader.room.update.send(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({ code: "app:NO_UPDATE" });
  await Promise.all([writer.close(), reader.close()]);
});
