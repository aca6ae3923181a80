/** What a gateway makes of the options that its engine takes. */
import { subscribe as onDiagnostics, unsubscribe as offDiagnostics } from "node:diagnostics_channel";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { memoryBroker } from "../brokers/index.ts";
import { type ClientSocket, connect, type ConnectOptions } from "../engine/index.ts";
import { encodeClientOp, subprotocol } from "../wire/index.ts";
import { channel } from "./channel.ts";
import { event } from "./event.ts";
import { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";

const channels = { news: channel("news", { events: { item: event(z.string()) } }) };
const device = "0".repeat(32);
const live = { from: "live" } as const;
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(
  options: Partial<GatewayOptions<typeof channels>>,
): Promise<{ readonly gateway: Gateway<typeof channels>; readonly url: string }> {
  const gateway = createGateway({ channels, broker: memoryBroker(), ...options });
  cleanups.push(() => gateway.close({ graceMs: 1 }));
  return { gateway, url: (await gateway.listen({ port: 0 })).url };
}

/** A subscriber by hand; `event` resolves with the first entry it is sent. */
async function subscribe(
  url: string,
  options: ConnectOptions = {},
): Promise<{ readonly socket: ClientSocket; readonly event: Promise<string> }> {
  let isSubscribed = (): void => {};
  let hasEvent = (_text: string): void => {};
  const subscribed = new Promise<void>((resolve) => (isSubscribed = resolve));
  const event = new Promise<string>((resolve) => (hasEvent = resolve));
  const socket = await connect(url, {
    ...options,
    protocols: [subprotocol],
    message(_socket, data) {
      for (const text of String(data).split("\n")) {
        if (text.startsWith('{"type":"subscribed"')) isSubscribed();
        if (text.startsWith('{"type":"event"')) hasEvent(text);
      }
    },
  });
  cleanups.push(() => socket.terminate());
  socket.send(encodeClientOp({ type: "auth", id: 1, device }));
  socket.send(encodeClientOp({ type: "subscribe", id: 2, channel: "news", start: live }));
  await subscribed;
  return { socket, event };
}

const long = "The same words again and again. ".repeat(200);

test("[SV60] with compression long messages go compressed to those who offer it, and to the others as they are", async () => {
  const { gateway, url } = await start({ compression: {} });
  const told: { readonly direction: string; readonly messageBytes: number; readonly payloadBytes: number }[] = [];
  const listener = (message: unknown): void => void told.push(message as (typeof told)[number]);
  onDiagnostics("switchboard:compression", listener);
  cleanups.push(() => offDiagnostics("switchboard:compression", listener));
  const all = [
    await subscribe(url, { compression: {} }),
    await subscribe(url, { compression: {} }),
    await subscribe(url),
  ];
  expect(all.map(({ socket }) => socket.extensions.split(";")[0])).toEqual([
    "permessage-deflate",
    "permessage-deflate",
    "",
  ]);
  await gateway.publish({ channel: "news", params: {}, event: "item", data: long });
  for (const { event: text } of all) expect(JSON.parse(await text)).toMatchObject({ data: long });
  const sent = told.filter(({ direction, messageBytes }) => direction === "out" && messageBytes > long.length);
  expect(sent).toHaveLength(2);
  for (const { payloadBytes } of sent) expect(payloadBytes).toBeLessThan(long.length / 10);
});

test("[SV60] without the option nobody is compressed to", async () => {
  const { url } = await start({});
  expect((await subscribe(url, { compression: {} })).socket.extensions).toBe("");
});

test("[SV61] one byte of queue more than highWaterBytes makes a reader of the log, who gets everything all the same", async () => {
  const { gateway, url } = await start({ limits: { highWaterBytes: 1, maxReplayBytes: 1 } });
  const client = await WireClient.join(url, device);
  client.send({ type: "subscribe", channel: "news", start: live });
  await client.next("subscribed");
  const data = "x".repeat(1_000);
  for (let index = 0; index < 50; index += 1) {
    await gateway.publish({ channel: "news", params: {}, event: "item", data });
  }
  await client.next("event", ({ offset }) => offset === 50);
  const offsets = client.messages.flatMap((message) => (message.type === "event" ? [message.offset] : []));
  expect(offsets).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
});

test("[SV61] whoever says nothing for deadAfterMs, or takes nothing for stalledAfterMs, is cut", async () => {
  const { gateway, url } = await start({ limits: { deadAfterMs: 100, stalledAfterMs: 100 } });
  const { socket } = await subscribe(url);
  socket.pause();
  await expect.poll(() => gateway.info().connectionCount, { timeout: 5_000 }).toBe(0);
});
