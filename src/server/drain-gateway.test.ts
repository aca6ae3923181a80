import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { memoryBroker } from "../brokers/index.ts";
import { connect } from "../engine/index.ts";
import { channel } from "./channel.ts";
import { event } from "./event.ts";
import { createGateway, type Gateway } from "./gateway.ts";

const channels = { news: channel("news", { events: { item: event(z.number()) } }) };
const gateways: Gateway[] = [];
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
});

async function start(count: number): Promise<{
  readonly gateway: Gateway<typeof channels>;
  readonly url: string;
  readonly clients: readonly WireClient[];
}> {
  const gateway = createGateway({ channels, broker: memoryBroker() });
  gateways.push(gateway);
  const { url } = await gateway.listen({ port: 0 });
  const devices = Array.from({ length: count }, (_, index) => String(index).padStart(32, "0"));
  const clients = await Promise.all(devices.map((device) => WireClient.join(url, device)));
  return { gateway, url, clients };
}

test("[OP1] all are let go, each told another time to come back", async () => {
  const { clients, gateway } = await start(20);
  const closing = gateway.close({ reconnectsPerSecond: 10 });
  const told = await Promise.all(clients.map((client) => client.next("reconnect")));
  const delays = told.map(({ afterMs }) => afterMs).sort((a, b) => a - b);
  expect(delays).toEqual(Array.from({ length: 20 }, (_, index) => index * 100));
  for (const client of clients) expect(await client.closed).toMatchObject({ code: 1001, by: "peer", wasClean: true });
  await closing;
});

test("[OP2] while it drains, new connections are refused with 503, and those who stay are served", async () => {
  const { clients, gateway, url } = await start(2);
  const closing = gateway.close({ drainMs: 3_600_000, graceMs: 7_200_000 });
  const first = await Promise.race(clients.map(async (client) => client.closed.then(() => client)));
  expect(first.messages.at(-1)).toEqual({ type: "reconnect", afterMs: 0 });
  const [stays] = clients.filter((client) => client !== first);
  await expect(connect(url, { protocols: ["switchboard.v1+json"] })).rejects.toMatchObject({ status: 503 });
  stays?.send({ type: "publish", channel: "news", event: "item", messageId: "m1", data: 1 });
  expect(await stays?.next("ack")).toMatchObject({ offset: 1 });
  expect(await gateway.publish({ channel: "news", params: {}, event: "item", data: 2 })).toMatchObject({ offset: 2 });
  await expect(gateway.listen({ port: 0 })).rejects.toMatchObject({ code: "CLOSED" });
  await stays?.close();
  await closing;
  await expect(gateway.publish({ channel: "news", params: {}, event: "item", data: 3 })).rejects.toMatchObject({
    code: "CLOSED",
  });
});

test("[OP2] an option that cannot be is refused, and nothing is closed", async () => {
  const { clients, gateway } = await start(1);
  expect(() => gateway.close({ drainMs: -1 })).toThrow("Cannot use -1 as drainMs: give a time");
  expect(gateway.info()).toMatchObject({ status: "ok", connectionCount: clients.length });
});
