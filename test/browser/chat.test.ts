/** People at real browsers, over `wss:`, at the real command. */
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Locator, Page } from "playwright-core";
import { browserTest } from "../chromium.ts";
import { findChromium } from "../find-chromium.ts";
import { type ChatServer, startChatServer } from "./chat-server.ts";
import { openChat, openPage, type Person, phone } from "./person.ts";

let server: ChatServer;
const people: Person[] = [];
let roomCount = 0;

beforeAll(async () => {
  if (findChromium() !== undefined) server = await startChatServer();
}, 30_000);
afterEach(async () => {
  await Promise.all(people.splice(0).map((person) => person.close()));
});
afterAll(async () => {
  await server?.remove();
});

/** A room of one test's own. */
function newRoom(): string {
  return `${server.url}#/room-${++roomCount}`;
}

async function enter(...[browser, url, name, options]: Parameters<typeof openChat>): Promise<Person> {
  const person = await openChat(browser, url, name, options);
  people.push(person);
  return person;
}

function field(page: Page): ReturnType<Page["getByRole"]> {
  return page.getByRole("textbox", { name: /^Message/ });
}

browserTest("[BW1] a page opens, upgrades, and is pushed a friend's message the moment it is sent", async (browser) => {
  const url = newRoom();
  const [ada, bob] = [await enter(browser, url, "Ada"), await enter(browser, url, "Bob")];
  expect(bob.sockets.map((socket) => new URL(socket.url()).protocol)).toEqual(["wss:"]);
  const sentBefore = bob.sentFrames.length;
  await ada.say("hello Bob");
  await bob.message("hello Bob").waitFor();
  // Nothing was asked for: the message was pushed.
  expect(bob.sentFrames.length).toBe(sentBefore);
  await ada.message("hello Bob").getByText("Sent").waitFor({ state: "attached" });
});

browserTest("[BW2] who types is seen typing, the other way on the same connection", async (browser) => {
  const url = newRoom();
  const [ada, bob] = [await enter(browser, url, "Ada"), await enter(browser, url, "Bob")];
  await ada.say("anyone?");
  await bob.message("anyone?").waitFor();
  await field(bob.page).pressSequentially("Yes");
  await ada.page.getByText("Bob is typing…").waitFor();
  expect(bob.sentFrames.some((frame) => frame.includes('"ephemeral"'))).toBe(true);
  expect(bob.sockets).toHaveLength(1);
  await bob.page.keyboard.press("Enter");
  await ada.message("Yes").waitFor();
  await ada.page.getByText("Bob is typing…").waitFor({ state: "detached" });
});

browserTest(
  "[BW3] closing the tab says 1001 in a close frame, ends the connection, and the friend sees it",
  async (browser) => {
    const url = newRoom();
    const ada = await enter(browser, url, "Ada");
    const bob = await enter(browser, url, "Bob");
    const connection = server.lastLog((line) => line["msg"] === "Connection opened")?.["connection"];
    const here = ada.page.getByRole("complementary", { name: "People here" });
    await here.getByText("Bob").waitFor();
    await bob.page.close();
    const closed = await server.waitForLog(
      (line) => line["msg"] === "Connection closed" && line["connection"] === connection,
    );
    expect(closed).toMatchObject({ code: 1001, by: "peer", wasClean: true });
    await here.getByText("Bob").waitFor({ state: "detached" });
  },
);

browserTest("[BW4] a reload keeps the person, the room and its history", async (browser) => {
  const ada = await enter(browser, newRoom(), "Ada");
  await ada.say("remember me");
  await ada.message("remember me").getByText("Sent").waitFor({ state: "attached" });
  await ada.page.reload();
  await ada.message("remember me").waitFor();
  await expectCount(ada, "remember me", 1);
  await ada.page.getByText("Ada (you)").waitFor();
});

browserTest(
  "[BW5] what is said while the server is gone waits in sight, and is delivered once when it is back",
  async (browser) => {
    const url = newRoom();
    const [ada, bob] = [await enter(browser, url, "Ada"), await enter(browser, url, "Bob")];
    await ada.say("before");
    await bob.message("before").waitFor();
    await server.kill();
    await ada.page
      .getByText(/Reconnecting in \d+ s…|You are offline|Reconnecting…/)
      .first()
      .waitFor();
    await ada.say("meanwhile");
    await ada.message("meanwhile").getByText("Sending").waitFor({ state: "attached" });
    await server.start();
    const told = ada.page.getByText(/^Connected again\./).waitFor(); // it goes by itself
    await Promise.all([told, ...[ada, bob].map(({ page }) => tryNow(page))]);
    await ada.message("meanwhile").getByText("Sent").waitFor({ state: "attached" });
    await bob.message("meanwhile").waitFor();
    for (const person of [ada, bob]) {
      await expectCount(person, "before", 1);
      await expectCount(person, "meanwhile", 1);
    }
  },
);

browserTest(
  "[BW6] what people write is text, whatever it looks like, and the policy is never violated",
  async (browser) => {
    const url = newRoom();
    const name = "<b>Eve</b>";
    const [eve, bob] = [await enter(browser, url, name), await enter(browser, url, "Bob")];
    const texts = [
      "<img src=x onerror=\"document.title='owned'\">",
      "<script>document.title='owned'</script>",
      "javascript:document.title='owned'",
      "<svg/onload=document.title='owned'>",
      "\u202egnp.exe",
    ];
    for (const text of texts) {
      await eve.say(text);
      await bob.page.getByText(text, { exact: true }).last().waitFor();
    }
    await bob.page.getByRole("complementary", { name: "People here" }).getByText(name).waitFor();
    expect(await bob.page.locator("main img, main script, main b, main svg[onload]").count()).toBe(0);
    expect(await bob.page.title()).not.toContain("owned");
    expect([...eve.faults, ...bob.faults]).toEqual([]);
  },
);

browserTest("[BW6] the policy refuses markup made of text, foreign scripts and styles in the page", async (browser) => {
  const { page, faults } = await enter(browser, newRoom(), "Ada");
  const attempts = [
    () => void (document.body.innerHTML = "<b>owned</b>"),
    () => document.body.setAttribute("style", "color: red"),
    () => document.body.append(Object.assign(document.createElement("img"), { src: "https://example.com/x.png" })),
  ];
  for (const [index, attempt] of attempts.entries()) {
    await page.evaluate(attempt).catch(() => undefined); // Some throw, all are told.
    await expect.poll(() => faults.length).toBeGreaterThan(index);
  }
});

browserTest("[BW7] everything is done by keyboard: name, message, rooms, people, leaving", async (browser) => {
  const { page, ...person } = await openPage(browser, server.url);
  people.push({ page, ...person });
  await hasFocus(page.getByLabel("Your name", { exact: true }));
  await page.keyboard.type("Ada");
  await page.keyboard.press("Enter");
  await page.getByText("On the line").waitFor();
  await expectFocus(page, "Message to room general");
  await page.keyboard.type("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Enter");
  await person.message("one\ntwo").waitFor();
  await page.keyboard.press("Alt+ArrowDown");
  await page.getByRole("heading", { name: "random" }).waitFor();
  expect(new URL(page.url()).hash).toBe("#/random");
  await expectFocus(page, "Message to room random");
  await page.getByRole("button", { name: "Open a room" }).focus();
  await page.keyboard.press("Enter");
  await hasFocus(page.getByLabel("Room", { exact: true }));
  await page.keyboard.type("Late Night");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "late-night" }).waitFor();
  await expectFocus(page, "Message to room late-night");
  await page.keyboard.press("Alt+ArrowDown");
  await page.getByRole("heading", { name: "general" }).waitFor();
  await expectFocus(page, "Message to room general");
  await page.getByRole("button", { name: "Change your name or leave" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "You" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Leave the chat" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Join the chat" }).waitFor();
});

browserTest("[BW7] the first thing to tab to skips to the message field", async (browser) => {
  const { page } = await enter(browser, newRoom(), "Ada");
  const first = await page.evaluate(
    () => document.querySelector("a, button, input, textarea, [tabindex]")?.textContent,
  );
  expect(first).toBe("Skip to the message field");
  await page.getByRole("link", { name: "Skip to the message field" }).focus();
  await page.keyboard.press("Enter");
  await expectFocus(page, /^Message to room/);
});

browserTest("[BW8] at phone width nothing is cut off, and rooms and people slide in and out", async (browser) => {
  const url = newRoom();
  const { page, say } = await enter(browser, url, "Ada", phone);
  await say(`https://example.com/${"long/".repeat(60)}`);
  await page.getByText("Sent").last().waitFor({ state: "attached" });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.getByRole("button", { name: /^People here/ }).tap();
  const drawer = page.getByRole("dialog", { name: "People here" });
  await drawer.getByText("Ada (you)").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => drawer.count()).toBe(0);
  await expectFocus(page, /^People here/);
  await page.getByRole("button", { name: /^Rooms/ }).tap();
  await page.getByRole("dialog", { name: "Rooms" }).getByRole("link", { name: /^help/ }).tap();
  await page.getByRole("heading", { name: "help" }).waitFor();
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
});

browserTest("[BW9] a text past the limit says by how much, and is not sent", async (browser) => {
  const { page, message } = await enter(browser, newRoom(), "Ada");
  await field(page).fill("x".repeat(4001));
  await page.getByRole("alert").getByText("1 character too long").waitFor();
  await page.keyboard.press("Enter");
  expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
  expect(await message("xxx").count()).toBe(0);
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Enter");
  await message("xxx").getByText("Sent").waitFor({ state: "attached" });
});

browserTest(
  "[BW10] a reader further up stays where they are, is told what is new, and can load what is older",
  async (browser) => {
    const url = newRoom();
    const ada = await enter(browser, url, "Ada");
    for (let index = 1; index <= 60; index++) await ada.say(`line ${index}.`);
    await ada.message("line 60.").getByText("Sent").waitFor({ state: "attached" });
    const bob = await enter(browser, url, "Bob");
    await bob.message("line 60.").waitFor();
    await expectCount(bob, "line 10.", 0);
    const scroller = bob.page.getByRole("region", { name: /^Messages in/ });
    await scroller.evaluate((element) => element.scrollTo({ top: 0 }));
    await bob.message("line 1.").waitFor();
    await scroller.evaluate((element) => element.scrollTo({ top: element.scrollHeight / 2 }));
    const top = await topOf(bob, "line 30.");
    await ada.say("news");
    await bob.page.getByRole("button", { name: "1 new message" }).waitFor();
    expect(await topOf(bob, "line 30.")).toBe(top);
    await bob.page.getByRole("button", { name: "1 new message" }).click();
    await expect.poll(() => isInSight(bob, "news")).toBe(true);
  },
);

browserTest("[BW11] a room that is not looked at lights its lamp", async (browser) => {
  const url = newRoom();
  const [ada, bob] = [await enter(browser, url, "Ada"), await enter(browser, url, "Bob")];
  await bob.page.getByRole("link", { name: "help" }).click();
  await ada.say("psst");
  const room = new URL(url).hash.slice(2);
  await bob.page.getByRole("link", { name: new RegExp(`^${room}.*1 unread$`, "u") }).click();
  await bob.message("psst").waitFor();
  await bob.page.getByRole("link", { name: room, exact: true }).waitFor();
});

browserTest("[BW12] another name is seen by the others, and one's own messages stay one's own", async (browser) => {
  const url = newRoom();
  const [ada, bob] = [await enter(browser, url, "Ada"), await enter(browser, url, "Bob")];
  await ada.say("mine");
  await ada.message("mine").getByText("Sent").waitFor({ state: "attached" });
  await ada.page.getByRole("button", { name: "Change your name or leave" }).click();
  await ada.page.getByLabel("Your name", { exact: true }).fill("Countess");
  await ada.page.keyboard.press("Enter");
  await bob.page.getByRole("complementary", { name: "People here" }).getByText("Countess").waitFor();
  await ada.message("mine").getByText("Sent").waitFor({ state: "attached" });
});

browserTest("[BW13] a refused message stays with its reason, and is sent again or discarded", async (browser) => {
  const person = await openPage(browser, "about:blank");
  people.push(person);
  const { page, message, say } = person;
  let isRefusing = true;
  await page.routeWebSocket(/\/ws$/u, (line) => {
    const gateway = line.connectToServer();
    line.onMessage((frame) => {
      // What our client sends: one operation a line.
      for (const operation of String(frame).split("\n")) {
        const { type, id } = JSON.parse(operation) as { type: string; id: number };
        if (type !== "publish" || !isRefusing) gateway.send(operation);
        else line.send(JSON.stringify({ type: "error", id, code: "INTERNAL", message: "The server failed" }));
      }
    });
  });
  await page.goto(newRoom());
  await page.getByLabel("Your name", { exact: true }).fill("Ada");
  await page.keyboard.press("Enter");
  await page.getByText("On the line").waitFor();
  await say("first");
  await say("second");
  await message("first").getByText("Not sent. The server failed.").waitFor();
  await message("second").getByRole("button", { name: "Discard" }).click();
  await message("second").waitFor({ state: "detached" });
  isRefusing = false;
  await message("first").getByRole("button", { name: "Send again" }).click();
  await message("first").getByText("Sent").waitFor({ state: "attached" });
  await expectCount(person, "first", 1);
});

async function tryNow(page: Page): Promise<void> {
  const button = page.getByRole("button", { name: "Try now" });
  const isOpen = page.getByText("On the line");
  while (!(await isOpen.isVisible())) await button.click({ timeout: 500 }).catch(() => undefined);
}

async function expectCount(person: Person, text: string, count: number): Promise<void> {
  await expect.poll(() => person.page.getByText(text, { exact: true }).count()).toBe(count);
}

async function expectFocus(page: Page, label: string | RegExp): Promise<void> {
  const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.tagName ?? "");
  await expect.poll(focused).toMatch(label);
}

async function hasFocus(element: Locator): Promise<void> {
  await expect.poll(() => element.evaluate((node) => node === document.activeElement)).toBe(true);
}

async function topOf(person: Person, text: string): Promise<number | undefined> {
  return (await person.page.getByText(text, { exact: true }).boundingBox())?.y;
}

async function isInSight(person: Person, text: string): Promise<boolean> {
  const box = await person.page.getByText(text, { exact: true }).boundingBox();
  return box !== null && box.y > 0 && box.y + box.height <= 800;
}
