/** A real page is loaded again and again while messages come. */
import { expect } from "vitest";
import { z } from "zod";
import { channel, createGateway, event, memoryBroker } from "../../src/server/index.ts";
import { browserTest } from "../chromium.ts";
import { servePage } from "./page-server.ts";

const reloadCount = 6;

browserTest("[CC40] a page that is loaded again in the middle is told each message once, in order", async (browser) => {
  const numbers = channel("numbers", { events: { next: event(z.number()) }, history: { maxCount: 100_000 } });
  const gateway = createGateway({ channels: { numbers }, broker: memoryBroker() });
  const server = await servePage("reload.ts", gateway);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(server.url);
    const seen = (): Promise<readonly number[]> =>
      page.evaluate(() => JSON.parse(sessionStorage.getItem("seen") ?? "[]") as number[]);
    const publish = async (data: number): Promise<void> => {
      await gateway.publish({ channel: "numbers", params: {}, event: "next", data });
    };
    // Until it is subscribed nothing is promised to it.
    let last = 0;
    while ((await seen()).length === 0) await publish((last += 1));
    const [from = 0] = await seen();
    for (let reload = 0; reload < reloadCount; reload += 1) {
      let isLoading = true;
      const loaded = page.reload().then(() => (isLoading = false));
      while (isLoading) {
        await publish((last += 1));
        await new Promise((resolve) => setTimeout(resolve, 1)); // a pace that leaves the browser some of the machine
      }
      await loaded;
    }
    await expect.poll(async () => (await seen()).at(-1)).toBe(last);
    expect(await seen()).toEqual(Array.from({ length: last - from + 1 }, (_, index) => from + index));
    expect(await page.textContent("main")).toBe("");
  } finally {
    await context.close();
    await server.close();
  }
});
