import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { memoryBroker } from "../brokers/index.ts";
import { channel } from "./channel.ts";
import { latest } from "./event.ts";
import { createGateway } from "./gateway.ts";

const price = z.object({ symbol: z.string(), cents: z.int(), filler: z.string() });
const channels = {
  market: channel("market", { events: { price: latest(price, { by: ({ symbol }) => symbol, everyMs: 1 }) } }),
};

test("[SV66] who reads nothing is left out of what changes, holds nobody up, and is told the newest of each key when it reads on", async () => {
  const gateway = createGateway({ channels, broker: memoryBroker() });
  onTestFinished(() => gateway.close());
  const { url } = await gateway.listen({ port: 0 });
  const [slow, quick] = [await WireClient.join(url, "a".repeat(32)), await WireClient.join(url, "b".repeat(32))];
  for (const client of [slow, quick]) {
    client.send({ type: "subscribe", channel: "market", start: { from: "live" } });
    await client.next("latest", ({ snapshot }) => snapshot === true);
  }
  const filler = "x".repeat(60_000);
  const tell = async (symbol: string, cents: number): Promise<void> => {
    await gateway.tell({ channel: "market", params: {}, event: "price", data: { symbol, cents, filler } });
    await quick.next("latest", (message) => JSON.stringify(message.values).includes(`"cents":${cents},`));
  };
  (await slow.socket).pause();
  const count = 300; // 18 MB: more than the sockets of this machine take by themselves
  await tell("first", 0);
  for (let cents = 1; cents <= count; cents++) await tell("one", cents);
  (await slow.socket).resume();
  await slow.next("latest", (message) => JSON.stringify(message.values).includes(`"cents":${count},`));
  const told = slow.messages.filter(({ type }) => type === "latest").length;
  expect(told).toBeLessThan(count / 2);
  expect(gateway.info().connectionCount).toBe(2);
});
