import { createHash } from "node:crypto";
import { binary, channel, createGateway, ephemeral, latest, memoryBroker } from "switchboard";
import { z } from "zod";
import { serve } from "../serve.ts";
import { Arena } from "./arena.ts";
import { encodeView, tickMs, unpack } from "./rules.ts";

const arena = new Arena(Math.random);

/** Each player's own: inputs go in, 20 times a second; what is near comes out. Of views only the newest counts, however slow the line. */
const seat = channel("seat/:player", {
  events: {
    input: ephemeral(binary({ maxBytes: 6 }), {
      handle(bytes, { user }) {
        const [seq = 0, dx = 0, dy = 0] = unpack(bytes);
        arena.take(user, { seq, dx, dy }, performance.now());
      },
    }),
    view: latest(binary(), { everyMs: 1 }),
  },
  authorize: ({ user, params, event }) => user.id === params.player && event !== "view",
});

/** For all: who plays, the best first. */
const ranking = channel("ranking", {
  events: { rows: latest(z.array(z.object({ number: z.int(), name: z.string(), score: z.int() })), { everyMs: 250 }) },
  authorize: ({ action }) => action === "subscribe",
});

const gateway = createGateway({
  channels: { seat, ranking },
  broker: memoryBroker(),
  limits: { ephemeralsPerSecond: 30 },
  authenticate: ({ token, device }) => ({
    id: createHash("sha256").update(device).digest("hex").slice(0, 16), // the device's secret stays here
    name: token?.slice(0, 16) ?? "Guest",
  }),
});
export type GameGateway = typeof gateway;

async function tick(): Promise<void> {
  arena.tick(performance.now());
  const views = [...arena.seats].map(([player, one]) =>
    gateway.tell({ channel: "seat", params: { player }, event: "view", data: encodeView(arena.view(one)) }),
  );
  const rows = [...arena.seats.values()].toSorted((one, other) => other.score - one.score);
  await Promise.all([...views, gateway.tell({ channel: "ranking", params: {}, event: "rows", data: rows })]);
}

const timer = setInterval(() => {
  tick().catch((error: unknown) => console.error(error));
}, tickMs);

await serve({
  title: "The arena",
  folder: import.meta.dirname,
  attach: (server) => gateway.attach(server, { path: "/ws" }),
  async close() {
    clearInterval(timer);
    await gateway.close();
  },
});
