import { binary, channel, createGateway, ephemeral, latest, memoryBroker } from "switchboard";
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
        arena.take(user.id, { seq, dx, dy }, performance.now());
      },
    }),
    view: latest(binary(), { everyMs: 1 }),
  },
  authorize: ({ user, params, event }) => user.id === params.player && event !== "view",
});

// Everybody is a guest: who has the same device is the same player.
const gateway = createGateway({ channels: { seat }, broker: memoryBroker(), limits: { ephemeralsPerSecond: 30 } });
export type GameGateway = typeof gateway;

const timer = setInterval(() => {
  arena.tick(performance.now());
  for (const [player, one] of arena.seats) {
    const data = encodeView(arena.view(one));
    gateway.tell({ channel: "seat", params: { player }, event: "view", data }).catch(console.error);
  }
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
