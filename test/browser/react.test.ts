/** The hooks in a real browser with a real gateway, in the oldest React they are for and in the newest. */
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterEach, describe, expect } from "vitest";
import { z } from "zod";
import { channel, createGateway, ephemeral, event, latest, memoryBroker } from "../../src/server/index.ts";
import { browserTest } from "../chromium.ts";
import { type PageServer, servePage } from "./page-server.ts";

const oldest = new URL("../react-18/node_modules/", import.meta.url).pathname;
const reacts = {
  "React 19": {},
  "React 18": { react: `${oldest}react`, "react-dom": `${oldest}react-dom` },
};

const chat = channel("chat/:room", {
  events: {
    message: event(z.string().max(20)),
    note: event(z.string()),
    typing: ephemeral(z.object({})),
    price: latest(z.object({ symbol: z.string(), cents: z.number() }), { by: ({ symbol }) => symbol, everyMs: 20 }),
  },
  presence: true,
});

function createChat() {
  return createGateway({ channels: { chat }, broker: memoryBroker() });
}

interface World {
  readonly page: Page;
  readonly left: Locator;
  readonly right: Locator;
  /** What the page's client sent, in order. */
  readonly ops: readonly { readonly type: string; readonly channel?: string }[];
  readonly lineCount: () => number;
  publish(text: string, event?: "message" | "note"): Promise<void>;
  quote(symbol: string, cents: number): Promise<void>;
  /** Another page of another person. */
  other(): Promise<Page>;
}

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(browser: Browser, alias: Readonly<Record<string, string>>, stored = 0): Promise<World> {
  const gateway = createChat();
  const server: PageServer = await servePage("react.ts", gateway, alias);
  cleanups.push(() => server.close());
  const publish = async (data: string, name: "message" | "note" = "message"): Promise<void> => {
    await gateway.publish({ channel: "chat", params: { room: "1" }, event: name, data });
  };
  const quote = async (symbol: string, cents: number): Promise<void> => {
    await gateway.tell({ channel: "chat", params: { room: "1" }, event: "price", data: { symbol, cents } });
  };
  for (let index = 1; index <= stored; index += 1) await publish(`stored ${index}`);
  const faults: string[] = [];
  const ops: World["ops"][number][] = [];
  let lineCount = 0;
  const contexts: BrowserContext[] = [];
  const enter = async (): Promise<Page> => {
    const context = await browser.newContext();
    contexts.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (entry) => entry.type() === "error" && faults.push(entry.text()));
    return page;
  };
  cleanups.push(async () => {
    for (const context of contexts) await context.close();
    expect(faults).toEqual([]);
  });
  const page = await enter();
  page.on("websocket", (socket) => {
    lineCount += 1;
    socket.on("framesent", ({ payload }) => {
      for (const text of String(payload).split("\n")) ops.push(JSON.parse(text) as (typeof ops)[number]);
    });
  });
  const [left, right] = ["left", "right"].map((name) => page.getByRole("region", { name }));
  await page.goto(server.url);
  await expect.poll(() => left!.getAttribute("data-status")).toBe("live");
  return {
    page,
    left: left!,
    right: right!,
    ops,
    lineCount: () => lineCount,
    publish,
    quote,
    other: async () => {
      const second = await enter();
      await second.goto(server.url);
      await expect.poll(() => second.getByRole("region", { name: "left" }).getAttribute("data-status")).toBe("live");
      return second;
    },
  };
}

function texts(pane: Locator): Promise<readonly string[]> {
  return pane.locator("ol li").allTextContents();
}

async function say(pane: Locator, text: string): Promise<void> {
  await pane.getByRole("textbox").fill(text);
  await pane.getByRole("button", { name: "send" }).click();
}

function count(world: World, type: string): number {
  return world.ops.filter((op) => op.type === type).length;
}

describe.each(Object.entries(reacts))("in %s", (_, alias) => {
  browserTest(
    "[RE2] strict mode and two components make one line, one subscription, one end of each",
    async (browser) => {
      const world = await open(browser, alias);
      const { page, ops } = world;
      await expect.poll(() => world.left.locator(".people").textContent()).toBe("1 of 1");
      expect([world.lineCount(), count(world, "subscribe"), count(world, "unsubscribe")]).toEqual([1, 1, 0]);
      await page.getByRole("button", { name: "close a pane" }).click();
      await say(world.right, "still here");
      await expect.poll(() => texts(world.right)).toEqual(["still here"]);
      expect(count(world, "unsubscribe")).toBe(0);
      await page.getByRole("button", { name: "close a pane" }).click();
      await expect.poll(() => count(world, "unsubscribe")).toBe(1);
      const closed = new Promise<void>((resolve) =>
        page.on("console", (entry) => entry.text() === "closed" && resolve()),
      );
      await page.evaluate(() => {
        const { close } = WebSocket.prototype;
        WebSocket.prototype.close = function closing(...reason) {
          this.addEventListener("close", () => console.log("closed"));
          close.apply(this, reason);
        };
        dispatchEvent(new Event("unmount"));
      });
      await closed;
      expect([world.lineCount(), ops.filter(({ type }) => type === "subscribe").length]).toEqual([1, 1]);
    },
  );

  browserTest("[RE2] other parameters are another room, the one from before is left", async (browser) => {
    const world = await open(browser, alias);
    await world.page.getByRole("button", { name: "room 2" }).click();
    await expect
      .poll(() =>
        world.ops
          .filter(({ type }) => type.endsWith("subscribe"))
          .map(({ type, channel: name }) => `${type} ${name}`)
          .toSorted(),
      )
      .toEqual(["subscribe chat/1", "subscribe chat/2", "subscribe chat/3", "unsubscribe chat/1"]);
    await say(world.left, "hello");
    await expect.poll(() => texts(world.right)).toEqual(["hello"]);
  });

  browserTest(
    "[RE3] the newest are there, older ones come when asked, and what is told is the same in every component",
    async (browser) => {
      const world = await open(browser, alias, 130);
      await expect.poll(() => texts(world.left)).toEqual(["stored 128", "stored 129", "stored 130"]);
      const changes = (): Promise<readonly (string | null)[]> =>
        Promise.all([world.left, world.right].map((pane) => pane.getAttribute("data-changes")));
      const changesBefore = await changes();
      await world.publish("a note", "note");
      await world.publish("live");
      await expect.poll(async () => (await texts(world.left)).at(-1)).toBe("live");
      await expect.poll(() => texts(world.right)).toEqual(await texts(world.left));
      await world.left.getByRole("button", { name: "older" }).click();
      await expect.poll(async () => (await texts(world.left)).length).toBe(104);
      await world.left.getByRole("button", { name: "older" }).click();
      await expect.poll(async () => (await texts(world.left))[0]).toBe("stored 1");
      expect((await texts(world.left)).length).toBe(120);
      expect(await world.left.getByRole("button", { name: "older" }).isDisabled()).toBe(true);
      await world.left.getByRole("button", { name: "newest" }).click();
      await expect
        .poll(() => texts(world.left))
        .toEqual(["stored 127", "stored 128", "stored 129", "stored 130", "live"]);
      expect(await world.page.locator("main > div").getAttribute("data-torn")).toBe("0");
      expect(await changes()).toEqual(changesBefore);
    },
  );

  browserTest("[RE6] a message that is refused stays with its reason until it is discarded", async (browser) => {
    const world = await open(browser, alias);
    await say(world.left, "x".repeat(21));
    const failed = world.left.locator('ul li[data-state="failed"]');
    await failed.waitFor();
    await failed.getByRole("button", { name: "retry" }).click();
    await expect.poll(() => count(world, "publish")).toBe(2);
    await failed.waitFor();
    await failed.getByRole("button", { name: "discard" }).click();
    await failed.waitFor({ state: "detached" });
    await say(world.left, "short");
    await expect.poll(() => texts(world.right)).toEqual(["short"]);
    await expect.poll(() => world.left.locator("ul li").count()).toBe(0);
    expect(await world.left.locator("ol li").getAttribute("data-mine")).toBe("true");
  });

  browserTest("[RE11] a row shows its own newest price, and is not rendered for the others'", async (browser) => {
    const { page, quote } = await open(browser, alias);
    const [a, b, all] = ["A", "B", "all"].map((label) => page.getByLabel(label, { exact: true }));
    await quote("A", 1);
    await expect.poll(() => a!.textContent()).toBe("1");
    const renderCount = await a!.getAttribute("data-renders");
    await quote("B", 5);
    await quote("B", 6);
    await expect.poll(() => b!.textContent()).toBe("6");
    await expect.poll(() => all!.textContent()).toBe("A 1, B 6");
    expect(await a!.getAttribute("data-renders")).toBe(renderCount);
  });

  browserTest("[RE7] who is here and who types is shown to the others", async (browser) => {
    const world = await open(browser, alias);
    const other = await world.other();
    await expect.poll(() => world.left.locator(".people").textContent()).toBe("2 of 2");
    const pane = other.getByRole("region", { name: "left" });
    await pane.getByRole("textbox").pressSequentially("hel");
    await expect.poll(() => world.left.locator(".typing").textContent()).toMatch(/^.{4}$/u);
    expect(await pane.locator(".typing").textContent()).toBe("");
    await pane.getByRole("button", { name: "send" }).click();
    await expect.poll(() => texts(world.left)).toEqual(["hel"]);
    await expect.poll(() => world.left.locator(".typing").textContent()).toBe("");
    await other.close();
    await expect.poll(() => world.left.locator(".people").textContent()).toBe("1 of 1");
    expect(await world.page.locator("main > div").getAttribute("data-state")).toBe("open");
  });
});
