/** What people expect of a chat, at real browsers over `wss:`: changes, calls, answers, servers, looks. */
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { browserTest } from "../chromium.ts";
import { findChromium } from "../find-chromium.ts";
import { findSerious } from "./axe.ts";
import { type ChatServer, startChatServer } from "./chat-server.ts";
import { openChat, openPage, type Person, phone } from "./person.ts";

let server: ChatServer;
const people: Person[] = [];
let roomCount = 0;

beforeAll(async () => {
  if (findChromium() !== undefined) server = await startChatServer();
}, 30_000);
afterEach(async () => {
  const faults = people.flatMap((person) => person.faults);
  await Promise.all(people.splice(0).map((person) => person.close()));
  if (faults.length > 0) throw new Error(`The pages had faults:\n${faults.join("\n")}`);
});
afterAll(async () => {
  await server?.remove();
});

/** A room of one test's own, on a server of all tests. */
function newRoom(): string {
  return `${server.url}#/acme/talk-${++roomCount}`;
}

async function enter(...[browser, url, name, options]: Parameters<typeof openChat>): Promise<Person> {
  const person = await openChat(browser, url, name, options);
  people.push(person);
  return person;
}

function tool(person: Person, text: string, name: string): Promise<void> {
  return person
    .message(text)
    .hover()
    .then(() => person.page.getByRole("button", { name, exact: true }).click());
}

async function stored(person: Person, text: string): Promise<void> {
  await person.say(text);
  await person.message(text).getByText("Sent").waitFor({ state: "attached" });
}

browserTest(
  "[BW14] one's own words are edited and deleted, everybody reacts, and others have no way to change them",
  async (browser) => {
    const url = newRoom();
    const [ada, bob] = [await enter(browser, url, "Ada"), await enter(browser, url, "Bob")];
    await stored(ada, "helo");
    await ada.page.keyboard.press("ArrowUp");
    await ada.page.getByRole("textbox", { name: "Edit your message" }).fill("hello");
    await ada.page.keyboard.press("Enter");
    await bob.message("hello (edited)").waitFor();
    await expectFocus(ada.page, /^Message to room/u);
    await bob.message("hello").hover();
    await bob.page.getByRole("toolbar").waitFor();
    expect(await bob.page.getByRole("button", { name: /^(Edit|Delete)$/u }).count()).toBe(0);
    await tool(bob, "hello", "React with 👍");
    const reaction = ada.page.getByRole("button", { name: /^thumbs up/u });
    await expect.poll(() => reaction.getAttribute("aria-label")).toBe("thumbs up yes like: 1, Bob");
    await reaction.click();
    await expect.poll(() => reaction.getAttribute("aria-label")).toBe("thumbs up yes like: 2, Bob, Ada");
    await bob.page.getByRole("button", { name: /^thumbs up/u }).click();
    await expect.poll(() => reaction.getAttribute("aria-label")).toBe("thumbs up yes like: 1, Ada");
    await tool(ada, "hello", "Add a reaction");
    await ada.page.getByRole("searchbox", { name: "Find an emoji" }).fill("rocket");
    await ada.page.keyboard.press("Enter");
    await bob.page.getByRole("button", { name: /^rocket/u }).waitFor();
    await tool(ada, "hello", "Delete");
    await ada.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await bob.message("hello").waitFor({ state: "detached" });
    await bob.page.reload();
    await bob.page.getByText("Nobody has said anything").waitFor();
  },
);

browserTest(
  "[BW15] code, emphasis and links are what they were meant as, and a link leads nowhere else",
  async (browser) => {
    const { page, say } = await enter(browser, newRoom(), "Ada");
    await say("**bold** `code` https://example.com/a_(b). javascript:alert(1)\n```ts\nlet a = 1;\n```\n> quoted");
    const text = page.locator(".text").last();
    await text.locator("strong", { hasText: /^bold$/u }).waitFor();
    await text.locator("pre code", { hasText: /^let a = 1;$/u }).waitFor();
    await text.locator("blockquote", { hasText: /^quoted$/u }).waitFor();
    const links = await text.locator("a").evaluateAll((all) => all.map((one) => one.outerHTML));
    expect(links).toEqual([
      '<a href="https://example.com/a_(b)" target="_blank" rel="noopener noreferrer nofollow">https://example.com/a_(b)</a>',
    ]);
  },
);

browserTest(
  "[BW16] a name is completed by keys, its owner is called, and an answer leads to its message",
  async (browser) => {
    const url = newRoom();
    const [ada, bob] = [await enter(browser, url, "Ada"), await enter(browser, url, "Bob the Builder")];
    await bob.page.getByRole("link", { name: "Server Switchboard" }).click();
    await bob.page.getByRole("heading", { name: "general" }).waitFor();
    await field(ada.page).pressSequentially("look @bui");
    await ada.page.getByRole("option", { name: "Bob the Builder" }).waitFor();
    await ada.page.keyboard.press("Tab");
    expect(await field(ada.page).inputValue()).toBe("look @Bob the Builder ");
    await ada.page.keyboard.press("Enter");
    await bob.page.getByRole("link", { name: "Server acme, 1 unread" }).click();
    await bob.message("look @Bob the Builder").locator(".mention.me").waitFor();
    await tool(bob, "look", "Reply");
    await bob.page.getByText("Answering Ada").waitFor();
    await expectFocus(bob.page, /^Message to room/u);
    await bob.say("on it");
    const line = ada.message("on it").getByRole("button", { name: /^Answer to Ada/u });
    await line.click();
    await expect.poll(() => ada.page.locator("li.shown").textContent()).toContain("look @Bob");
  },
);

browserTest("[BW17] what was said meanwhile is told with a bar that leads to the first of it", async (browser) => {
  const url = newRoom();
  const [ada, bob] = [await enter(browser, url, "Ada"), await enter(browser, url, "Bob")];
  await stored(ada, `read${"\n.".repeat(60)}`); // Higher than the window.
  await bob.message("read").waitFor();
  await bob.page.getByRole("link", { name: "Server Switchboard" }).click();
  for (let index = 1; index <= 70; index += 1) await ada.say(`line ${index}.`);
  await ada.message("line 70.").getByText("Sent").waitFor({ state: "attached" });
  await bob.page.reload(); // Of 70 only the newest 50 come at once.
  await bob.page.getByRole("link", { name: /^Server acme, \d+ unread/u }).click();
  await bob.page.getByRole("link", { name: new RegExp(`^${new URL(url).hash.slice(7)}`, "u") }).click();
  await bob.message("line 70.").waitFor();
  await bob.page.getByRole("button", { name: /^50\+ new messages since/u }).click();
  await expect.poll(() => bob.page.getByText("line 1.", { exact: true }).isVisible()).toBe(true);
  await expect.poll(() => isInSight(bob.page.locator(".divider.new"))).toBe(true);
  await bob.page.getByRole("button", { name: "Jump to the newest" }).click();
  await bob.page.getByRole("button", { name: /^70 new messages since/u }).waitFor();
  await bob.page.getByRole("button", { name: "Mark as read" }).click();
  await bob.page.locator(".divider.new").waitFor({ state: "detached" });
});

browserTest(
  "[BW18] a server is made by its name and joined by its link, its rooms are everybody's, and two tabs are one person",
  async (browser) => {
    const ada = await enter(browser, server.url, "Ada");
    await ada.page.getByRole("button", { name: "Create or join a server" }).click();
    await ada.page.keyboard.type("Night Shift");
    await ada.page.keyboard.press("Enter");
    await ada.page.getByText("This is where general begins").or(ada.page.getByText("Nobody has said")).waitFor();
    expect(new URL(ada.page.url()).hash).toBe("#/night-shift/general");
    const bob = await enter(browser, ada.page.url(), "Bob");
    await ada.page.getByRole("button", { name: "Open a room" }).click();
    await ada.page.keyboard.type("kitchen");
    await ada.page.keyboard.press("Enter");
    await bob.page.getByRole("link", { name: "kitchen", exact: true }).click();
    await ada.page.getByRole("complementary", { name: "People here" }).getByText("Bob").waitFor();
    const tab = await ada.page.context().newPage();
    await tab.goto(ada.page.url());
    const here = bob.page.getByRole("complementary", { name: "People here" });
    await tab.getByText(/^Here now — 2/u).waitFor();
    expect(await here.getByRole("listitem").count()).toBe(2);
    // Ada is away when she looks at none of her tabs.
    await hide(tab);
    await hide(ada.page);
    await here.getByText("away").waitFor();
    await hide(tab, "visible");
    await here.getByText("away").waitFor({ state: "detached" });
    await tab.close();
    await here.getByText("away").waitFor();
  },
);

browserTest("[BW19] the look is chosen and kept over a reload", async (browser) => {
  const { page } = await enter(browser, newRoom(), "Ada");
  const isDark = (): Promise<boolean> =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor === "rgb(21, 27, 26)");
  expect(await isDark()).toBe(false);
  await page.getByRole("button", { name: "Change your name or leave" }).click();
  await page.getByRole("radio", { name: "Dark" }).check({ force: true });
  await expect.poll(isDark).toBe(true);
  await page.reload();
  await expect.poll(isDark).toBe(true);
});

browserTest(
  "[BW23] the browser is asked only after a press, and then tells of calls to who looks elsewhere",
  async (browser) => {
    const url = newRoom();
    const [ada, bob] = [await enter(browser, url, "Ada"), await enter(browser, url, "Bob")];
    await ada.page.evaluate(() => {
      const told: string[] = [];
      class Told extends EventTarget {
        static readonly permission = "granted";
        static async requestPermission(): Promise<string> {
          told.push("asked");
          return "granted";
        }
        constructor(title: string, { body }: NotificationOptions) {
          super();
          told.push(`${title}: ${body}`);
        }
      }
      Object.assign(globalThis, { Notification: Told, told });
    });
    const told = (): Promise<unknown> => ada.page.evaluate(() => (globalThis as { told?: unknown }).told);
    await bob.say("@Ada now");
    await ada.message("@Ada now").waitFor();
    expect(await told()).toEqual([]);
    await ada.page.getByRole("button", { name: "Change your name or leave" }).click();
    expect(await ada.page.getByRole("checkbox", { checked: true }).count()).toBe(0);
    await ada.page.getByRole("checkbox", { name: /^Notify me/u }).click();
    await ada.page.getByRole("checkbox", { name: /^Notify me/u, checked: true }).waitFor();
    await ada.page.keyboard.press("Escape");
    await bob.say("@Ada **while** you look");
    await ada.message("while you look").waitFor();
    await hide(ada.page);
    await bob.say("@Ada **while** you do not");
    await expect.poll(told).toEqual(["asked", `Bob in #${new URL(url).hash.slice(7)}: @Ada while you do not`]);
  },
);

const looks: readonly (readonly [string, BrowserContextOptions])[] = [
  ["desktop", { viewport: { width: 1280, height: 800 } }],
  ["phone", phone],
];
for (const [width, options] of looks) {
  browserTest(
    `[BW20] axe finds nothing serious at ${width} width, light and dark, whatever is open`,
    async (browser) => {
      const { page, say, message } = await enter(browser, newRoom(), "Ada", options);
      await say("**bold** `code` ||hidden|| https://example.com\n```ts\nlet a = 1;\n```\n> quoted");
      await message("bold").getByText("Sent").waitFor({ state: "attached" });
      await message("bold").focus();
      await page.getByRole("button", { name: "React with 👍" }).click();
      await page.getByRole("button", { name: /^thumbs up/u }).waitFor();
      const check = async (): Promise<void> => expect(await findSerious(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      await check();
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog", { name: "Go to a room" }).waitFor();
      await check();
      await page.keyboard.press("Escape");
      await message("bold").focus();
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      await check();
      await page.keyboard.press("+");
      await page.getByRole("dialog", { name: "Emoji" }).waitFor();
      await check();
      await page.keyboard.press("Escape");
      if (width === "phone") await page.getByRole("button", { name: /^Rooms/u }).click();
      await page.getByRole("button", { name: "Change your name or leave" }).click();
      await check();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog", { name: "You" }).waitFor({ state: "detached" });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    },
  );
}

browserTest("[BW21] messages are gone through, answered, reacted to, edited and deleted by keys", async (browser) => {
  const ada = await enter(browser, newRoom(), "Ada");
  const { page } = ada;
  for (const text of ["one", "two", "three"]) await stored(ada, text);
  await page.getByRole("region", { name: /^Messages in/u }).focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("two");
  await page.keyboard.press("+");
  await page.keyboard.type("heart");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await ada
    .message("two")
    .getByRole("button", { name: /^heart/u })
    .waitFor();
  await ada.message("two").focus();
  await page.keyboard.press("e");
  await page.keyboard.type("!");
  await page.keyboard.press("Enter");
  await ada.message("two!").waitFor();
  await ada.message("two!").focus();
  await page.keyboard.press("r");
  await expectFocus(page, /^Message to room/u);
  await page.keyboard.type("four");
  await page.keyboard.press("Enter");
  await ada
    .message("four")
    .getByRole("button", { name: /^Answer to/u })
    .waitFor();
  await ada.message("one").focus();
  await page.keyboard.press("Delete");
  await page.getByRole("dialog", { name: "Delete message" }).waitFor();
  await page.keyboard.press("Enter");
  await ada.message("one").waitFor({ state: "detached" });
  await page.keyboard.press("Control+k");
  await page.keyboard.type("rand");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "random" }).waitFor();
});

browserTest(
  "[BW22] after the line was down the banner says how much was recovered, and that none is lost",
  async (browser) => {
    const url = newRoom();
    const ada = await enter(browser, url, "Ada");
    const bob = await openPage(browser, "about:blank");
    people.push(bob);
    let cut = (): void => {};
    let isDown = false;
    await bob.page.routeWebSocket(/\/ws$/u, (line) => {
      if (isDown) return void line.close({ code: 4000, reason: "down" });
      line.connectToServer();
      cut = () => void line.close({ code: 4000, reason: "cut" });
    });
    await bob.page.goto(url);
    await bob.page.getByLabel("Your name", { exact: true }).fill("Bob");
    await bob.page.keyboard.press("Enter");
    await bob.page.getByText(/^Here now — 2/u).waitFor();
    isDown = true;
    cut();
    await bob.page.getByText("Connection lost.").waitFor();
    for (const text of ["one", "two", "three"]) await stored(ada, text);
    isDown = false;
    await bob.page
      .getByRole("button", { name: "Try now" })
      .click({ timeout: 5_000 })
      .catch(() => undefined);
    await bob.page.getByText("Connected again. 3 messages recovered, none lost.").waitFor();
    await bob.message("three").waitFor();
  },
);

browserTest("[BW6] every page has the policy", async (browser) => {
  const { page } = await openPage(browser, server.url);
  const request = page.context().request;
  for (const path of ["", "lab/", "nothing-here"]) {
    const policy = (await request.get(`${server.url}${path}`)).headers()["content-security-policy"] ?? "";
    expect(policy).toContain("script-src 'self'; style-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'");
    expect(policy).not.toContain("unsafe");
  }
  await page.context().close();
});

/** Lets a page believe that it is not in sight, or that it is again. */
async function hide(page: Page, state = "hidden"): Promise<void> {
  await page.evaluate((visibilityState) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, value: visibilityState });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

function field(page: Page): Locator {
  return page.getByRole("textbox", { name: /^Message to room/u });
}

async function expectFocus(page: Page, label: RegExp): Promise<void> {
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "")).toMatch(label);
}

async function isInSight(element: Locator): Promise<boolean> {
  const box = await element.boundingBox();
  return box !== null && box.y > 50 && box.y + box.height <= 800;
}
