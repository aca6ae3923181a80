/** What may be learned from refusals: no more than that it is refused. */
import { expect, test } from "vitest";
import type { WireClient } from "../gateway/wire-client.ts";
import { startAttacked } from "./attacked-gateway.ts";

const live = { from: "live" } as const;
const position = { epoch: "0".repeat(16), offset: 1, tag: 1 };

type Ask = (client: WireClient, channel: string) => void;

/** Everything that can be asked of a channel. */
const asks: Readonly<Record<string, Ask>> = {
  subscribe: (client, channel) => client.send({ type: "subscribe", channel, start: live }),
  "subscribe from far back": (client, channel) =>
    client.send({ type: "subscribe", channel, start: { from: "recent", count: 9 } }),
  resume: (client, channel) => client.send({ type: "resume", channels: [{ channel, position }] }),
  publish: (client, channel) =>
    client.send({ type: "publish", channel, event: "message", messageId: "m1", data: { text: "x" } }),
  "publish what does not fit": (client, channel) =>
    client.send({ type: "publish", channel, event: "message", messageId: "m2", data: 1 }),
  typing: (client, channel) => client.send({ type: "ephemeral", channel, event: "typing", data: {} }),
  call: (client, channel) => client.send({ type: "call", channel, method: "roll", data: 6 }),
  history: (client, channel) => client.send({ type: "history", channel, before: 9, count: 9 }),
  unsubscribe: (client, channel) => client.send({ type: "unsubscribe", channel }),
};

/** The answer, without its id and the room's name. */
async function answerTo(client: WireClient, ask: Ask, channel: string): Promise<string> {
  const count = client.messages.length;
  ask(client, channel);
  const answer = await client.next(ask === asks["resume"] ? "resumed" : "error");
  expect(client.messages).toHaveLength(count + 1);
  return JSON.stringify({ ...answer, id: 0 }).replaceAll(channel, "*");
}

test.each(Object.keys(asks))(
  "[GA19, GA8] %s is refused alike in a room that is full of people and messages, and in one that is not there",
  async (name) => {
    const { enter, gateway } = await startAttacked();
    const ada = await enter("ada");
    for (const [definition, room] of [
      ["chat", "secret"],
      ["small", "secret-full"],
    ] as const) {
      const channel = `${definition}/${room}`;
      ada.send({ type: "subscribe", channel, start: live });
      await ada.next("subscribed");
      await gateway.publish({ channel: definition, params: { room }, event: "message", data: { text: "x" } });
    }
    const eve = await enter("eve");
    const ask = asks[name];
    if (ask === undefined) throw new Error(`There is no ${name}`);
    for (const definition of ["chat", "small"]) {
      const there = await answerTo(eve, ask, `${definition}/secret${definition === "small" ? "-full" : ""}`);
      expect(there).toBe(await answerTo(eve, ask, `${definition}/secret-never`));
      expect(there).toMatch(/FORBIDDEN|NOT_SUBSCRIBED|UNKNOWN_CALL|UNKNOWN_EVENT/);
    }
  },
);
