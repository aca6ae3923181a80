import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { channel, createGateway, ephemeral, event } from "switchboard";
import { createServer as createPages } from "vite";
import { z } from "zod";

const chat = channel("chat/:room", {
  events: {
    message: event(z.object({ text: z.string().trim().min(1).max(2000) })),
    typing: ephemeral(z.object({}), { ttlMs: 3000 }),
  },
  presence: true,
});

const gateway = createGateway({
  channels: { chat }, // its history is in data/switchboard.db
  authenticate: ({ token, device }) => ({
    id: createHash("sha256").update(device).digest("hex").slice(0, 16), // the device's secret stays here
    name: token?.slice(0, 40) ?? "Guest",
  }),
});
export type ChatGateway = typeof gateway;

const pages = await createPages({
  root: import.meta.dirname,
  appType: "mpa",
  server: { middlewareMode: true, hmr: false, ws: false },
});
const server = createServer(pages.middlewares);
await gateway.attach(server, { path: "/ws" });
server.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1", () => {
  console.log(`The chat is at http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => void gateway.close().then(() => process.exit(0)));
}
