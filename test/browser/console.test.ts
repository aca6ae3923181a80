/** An operator at a real browser, on the operator's port of a gateway with real clients. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect } from "vitest";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { z } from "zod";
import { channel, createGateway, event, type Gateway, memoryBroker } from "../../src/server/index.ts";
import { browserTest } from "../chromium.ts";
import { WireClient } from "../gateway/wire-client.ts";
import { findSerious } from "./axe.ts";
import { openPage, phone, type Person } from "./person.ts";

const channels = { chat: channel("chat/:room", { events: { said: event(z.string()) } }) };
const clientCount = 150;
const key = "k".repeat(40);
const [cert, tlsKey] = ["cert", "key"].map((name) =>
  readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url)),
);
const tls = { cert, key: tlsKey };

interface World {
  readonly gateway: Gateway<typeof channels>;
  readonly url: string;
  readonly consoleUrl: string;
  readonly adminPort: number;
}

let world: World;
const people: Person[] = [];
const clients: WireClient[] = [];

async function start(adminPort = 0): Promise<World> {
  const gateway = createGateway({ channels, broker: memoryBroker() });
  const { url } = await gateway.listen({ port: 0 });
  const keys = [{ key, scopes: ["read", "admin"] }] as const;
  const { consoleUrl, port } = await gateway.listenAdmin({ port: adminPort, keys, tls });
  return { gateway, url, consoleUrl, adminPort: port };
}

async function join(url: string, number: number, room: string): Promise<WireClient> {
  const client = await WireClient.join(url, String(number).padStart(32, "0"));
  client.send({ type: "subscribe", channel: `chat/${room}`, start: { from: "live" } });
  await client.next("subscribed");
  clients.push(client);
  return client;
}

beforeAll(async () => {
  world = await start();
  await Promise.all(Array.from({ length: clientCount }, (_, index) => join(world.url, index, `room-${index % 7}`)));
});
afterAll(async () => {
  await Promise.all(people.map((person) => person.close()));
  await world.gateway.close({ graceMs: 500 });
});

async function openConsole(browser: Browser, options?: BrowserContextOptions, url = world.consoleUrl): Promise<Person> {
  const person = await openPage(browser, url, options);
  people.push(person);
  return person;
}

const tile = (page: Page, name: string): ReturnType<Page["locator"]> => page.locator(".tile", { hasText: name });
const panel = (page: Page, name: string): Promise<void> =>
  page
    .getByRole("link", { name: new RegExp(`^${name}`) })
    .first()
    .click();

for (const [width, options] of [
  ["desktop", undefined],
  ["phone", phone],
] as const) {
  browserTest(
    `[CV10] the address opens the console, which takes the key out of it and shows how the gateway is, at ${width} width`,
    async (browser) => {
      const { page, faults, sockets } = await openConsole(browser, options);
      await tile(page, "Connections").getByText(`${clientCount}`).waitFor();
      expect(new URL(page.url()).hash).toBe("");
      expect(sockets.map((socket) => socket.url())).toEqual([`wss://127.0.0.1:${world.adminPort}/console/line`]);
      await page.getByText("What was acknowledged is lost when this process ends.").waitFor();
      const chart = page.getByRole("slider", { name: /^Stored and delivered/ });
      await expect.poll(() => chart.getAttribute("aria-valuetext")).toMatch(/deliveries [\d,.]+\/s, publishes/);
      for (const name of ["Connections", "Channels", "Tap"]) {
        await panel(page, name);
        await page.getByRole("heading", { level: 1, name }).waitFor();
        // Nothing stands out of the page at the side.
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), name).toBe(0);
      }
      expect(faults).toEqual([]);
    },
  );
}

browserTest(
  "[CV11] rows of a long table are drawn where one looks, sorted and filtered by the gateway",
  async (browser) => {
    const { page, faults } = await openConsole(browser);
    await panel(page, "Connections");
    const grid = page.getByRole("grid", { name: "Connections" });
    const rows = grid.locator(".grid-row");
    await rows.first().getByText(String(clientCount), { exact: true }).waitFor();
    expect(await rows.count()).toBeLessThan(60);
    expect(await grid.getAttribute("aria-rowcount")).toBe(String(clientCount + 1));
    await page.getByRole("button", { name: /^Id/ }).click();
    await rows.first().getByText("1", { exact: true }).waitFor();
    await page.locator(".grid-body").evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await rows.last().getByText(String(clientCount), { exact: true }).waitFor();
    await page.getByRole("searchbox", { name: "Filter" }).fill("no such user");
    await page.getByText("No connection matches “no such user”.").waitFor();
    await page.getByText(`0 of ${clientCount}`).waitFor();
    await page.getByRole("searchbox", { name: "Filter" }).fill("");
    await page.getByRole("checkbox", { name: "Slow only" }).check();
    await page.getByText("Everybody keeps up: no connection is slow.").waitFor();
    await panel(page, "Channels");
    await page.getByRole("row", { name: /^chat\/room-0/ }).waitFor();
    expect(faults).toEqual([]);
  },
);

browserTest(
  "[CV12] by keyboard alone a connection is found, looked at, and disconnected after a question",
  async (browser) => {
    const { page, faults } = await openConsole(browser);
    const victim = await join(world.url, 9_001, "keyboard");
    await tile(page, "Connections").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await page
      .getByRole("link", { name: /^Connections/ })
      .first()
      .focus();
    await page.keyboard.press("Enter");
    await page.getByRole("row", { name: /^151/ }).waitFor();
    await page.getByRole("row", { name: /^151/ }).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("End");
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-rowindex"))).toBe("152");
    await page.keyboard.press("Home");
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-rowindex"))).toBe("2");
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: "Connection 151" }).waitFor();
    for (const name of ["Close", "Tap its frames", "Disconnect…"]) {
      await page.keyboard.press("Tab");
      expect(
        await page.evaluate(
          () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent,
        ),
      ).toBe(name);
    }
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Disconnect this connection" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("complementary", { name: "Connection 151" }).waitFor();
    await page.getByRole("button", { name: "Disconnect…" }).press("Enter");
    await page.getByRole("radio", { name: /^Stay away/ }).press("Space");
    await page.getByRole("button", { name: "Disconnect", exact: true }).press("Enter");
    expect(await victim.closed).toMatchObject({ code: 4503 });
    await page.getByText("Connection 151 was disconnected").waitFor();
    await page.getByText("It is not in the list any more").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("complementary").count()).toBe(0);
    expect(faults).toEqual([]);
  },
);

browserTest(
  "[CV13] a tap shows the frames of a connection and of a channel, taken apart to the bit",
  async (browser) => {
    const { page, faults } = await openConsole(browser);
    await panel(page, "Tap");
    await page.getByLabel("Connection id or channel name").fill("1");
    await page.getByRole("button", { name: "Tap", exact: true }).click();
    await page.getByText("Listening to connection 1. Nothing was said yet.").waitFor();
    clients[0]?.send({ type: "publish", channel: "chat/room-0", event: "said", messageId: "m1", data: "hello" });
    const frames = page.getByRole("list", { name: "Frames, newest first" }).getByRole("button");
    await frames.filter({ hasText: "from client" }).filter({ hasText: "publish chat/room-0 said" }).click();
    const parts = page.getByRole("list", { name: "Fields of the frame" });
    await parts.getByRole("button", { name: /^masking key/ }).click();
    await page.getByText("Four random bytes, new for each frame").waitFor();
    await page.getByRole("heading", { name: "The mask, taken off" }).waitFor();
    await frames.filter({ hasText: "to client" }).filter({ hasText: "ack" }).waitFor();
    await page.getByLabel("Connection id or channel name").fill("chat/room-1");
    await page.getByRole("button", { name: "Tap", exact: true }).click();
    await page.getByText("Listening to chat/room-1. Nothing was said yet.").waitFor();
    await world.gateway.publish({ channel: "chat", params: { room: "room-1" }, event: "said", data: "to all of them" });
    await page.getByText('"data": "to all of them"').waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("The tap on chat/room-1 has ended: You stopped it.").waitFor();
    await page.getByLabel("Connection id or channel name").fill("99999");
    await page.getByRole("button", { name: "Tap", exact: true }).click();
    await page.getByText("Cannot tap connection 99999: it is gone").waitFor();
    expect(faults).toEqual([]);
  },
);

browserTest(
  "[CV14] axe finds nothing serious on any panel, light or dark, nor in a dialog or the form for the key",
  async (browser) => {
    for (const options of [undefined, { ...phone, colorScheme: "dark" } as const]) {
      const { page } = await openConsole(browser, options);
      await tile(page, "Connections").getByText(/^\d+$/).waitFor();
      expect(await findSerious(page)).toEqual([]);
      await panel(page, "Connections");
      await page.locator(".grid-row").nth(2).click();
      await page.getByRole("complementary").waitFor();
      expect(await findSerious(page)).toEqual([]);
      await page.getByRole("button", { name: "Disconnect…" }).click();
      expect(await findSerious(page)).toEqual([]);
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Close" }).click();
      await panel(page, "Channels");
      await page.locator(".grid-row").first().waitFor();
      expect(await findSerious(page)).toEqual([]);
      await panel(page, "Tap");
      await page.getByLabel("Connection id or channel name").fill("chat/room-2");
      await page.getByRole("button", { name: "Tap", exact: true }).click();
      await page.getByText(/^Listening to chat\/room-2/).waitFor();
      await world.gateway.publish({ channel: "chat", params: { room: "room-2" }, event: "said", data: "look" });
      await page.getByRole("heading", { name: "Its header, bit by bit" }).waitFor();
      expect(await findSerious(page)).toEqual([]);
    }
    const { page } = await openConsole(browser, undefined, new URL("/", world.consoleUrl).href);
    await page.getByLabel("Key").waitFor();
    expect(await findSerious(page)).toEqual([]);
  },
);

browserTest(
  "[CV15] a node is drained after a question and opened again, and the page says so all the while",
  async (browser) => {
    const small = await start();
    const client = await join(small.url, 1, "small");
    const { page, faults } = await openConsole(browser, undefined, small.consoleUrl);
    await page.getByRole("button", { name: "Drain…" }).click();
    await page.getByText("lets 1 connection go").waitFor();
    await page.getByLabel("Over how many seconds").fill("0");
    await page.getByRole("button", { name: "Drain it" }).click();
    expect(await client.closed).toMatchObject({ code: 1001 });
    await page.getByText("Draining", { exact: true }).waitFor();
    await panel(page, "Connections");
    await page.getByText("Nobody is connected to this node.").waitFor();
    await page.getByRole("button", { name: "Open again" }).click();
    await page.getByText("Open", { exact: true }).waitFor();
    await small.gateway.close({ graceMs: 500 });
    expect(faults).toEqual([]);
  },
);

browserTest(
  "[CV16] a key is asked for and a wrong one refused; when the gateway is gone the page says since when, and comes back with it",
  async (browser) => {
    let small = await start();
    const { adminPort } = small;
    const { page, faults } = await openConsole(browser, undefined, `https://127.0.0.1:${adminPort}/`);
    await page.getByLabel("Key").fill("x".repeat(40));
    await page.getByRole("button", { name: "Open the console" }).click();
    await page.getByText("The key is none of this gateway.").waitFor();
    await page.getByLabel("Key").fill(key);
    await page.keyboard.press("Enter");
    await tile(page, "Connections").getByText("0").waitFor();
    await small.gateway.close({ graceMs: 500 });
    await page.getByText(/What you see is how it was at \d\d:\d\d:\d\d\. It said: The gateway is closed\./).waitFor();
    await page.getByText("No answer").waitFor();
    expect(await findSerious(page)).toEqual([]);
    const tried = page.waitForEvent("websocket");
    await page.getByRole("button", { name: "Try now" }).click();
    await tried;
    small = await start(adminPort);
    await page.getByText("Open", { exact: true }).waitFor();
    expect(await page.getByText("What you see is how it was").count()).toBe(0);
    await small.gateway.close({ graceMs: 500 });
    expect(faults).toEqual([]);
  },
);
