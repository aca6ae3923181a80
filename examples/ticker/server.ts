import { channel, createGateway, latest, memoryBroker } from "switchboard";
import { z } from "zod";
import { serve } from "../serve.ts";

const symbolCount = 500;
const changesPerSecond = 20;

const quote = z.object({ symbol: z.string(), cents: z.int().positive(), atMs: z.number() });

const market = channel("market/:name", {
  events: { quote: latest(quote, { by: ({ symbol }) => symbol, everyMs: 100 }) },
  // Nobody but the server says what something costs.
  authorize: ({ action }) => action === "subscribe",
});

const gateway = createGateway({ channels: { market }, broker: memoryBroker() });
export type TickerGateway = typeof gateway;

/** AAA, AAB, … */
function symbolOf(index: number): string {
  return [index / 676, index / 26, index].map((digit) => String.fromCharCode(65 + (Math.floor(digit) % 26))).join("");
}

const prices = Array.from({ length: symbolCount }, (_, index) => ({
  symbol: symbolOf(index),
  cents: Math.round(1000 + Math.random() * 50_000),
}));

/** A tenth of a per cent up or down, and never below a cent. */
async function changeAll(): Promise<void> {
  const atMs = Date.now();
  const tellAll = prices.map((price) => {
    price.cents = Math.max(1, Math.round(price.cents * (1 + (Math.random() - 0.5) / 500) + (Math.random() - 0.5)));
    return gateway.tell({
      channel: "market",
      params: { name: "all" },
      event: "quote",
      data: { ...price, atMs },
      bypassLimits: true, // those are for people
    });
  });
  await Promise.all(tellAll);
}

const timer = setInterval(() => {
  changeAll().catch((error: unknown) => console.error(error));
}, 1000 / changesPerSecond);

await serve({
  title: "The ticker",
  folder: import.meta.dirname,
  attach: (server) => gateway.attach(server, { path: "/ws" }),
  async close() {
    clearInterval(timer);
    await gateway.close();
  },
});
