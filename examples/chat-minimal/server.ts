import { createHash } from "node:crypto";
import { channel, createGateway, ephemeral, event } from "switchboard";
import { z } from "zod";
import { serve } from "../serve.ts";

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

await serve({
  title: "The chat",
  folder: import.meta.dirname,
  attach: (server) => gateway.attach(server, { path: "/ws" }),
  close: () => gateway.close(),
});
