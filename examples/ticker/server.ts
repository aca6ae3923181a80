import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { channel, createGateway, latest, memoryBroker } from "switchboard";
import { createServer as createPages } from "vite";
import { z } from "zod";

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

const pages = await createPages({
  root: import.meta.dirname,
  appType: "mpa",
  server: { middlewareMode: true, hmr: false, ws: false },
});
const server = createServer(pages.middlewares);
await gateway.attach(server, { path: "/ws" });
server.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1", () => {
  console.log(`The ticker is at http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});

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

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    clearInterval(timer);
    void gateway.close().then(() => process.exit(0));
  });
}
