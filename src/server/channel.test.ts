import { expect, test } from "vitest";
import { z } from "zod";
import { connect } from "../client/index.ts";
import { binary } from "./binary.ts";
import { channel } from "./channel.ts";
import { ephemeral, event, latest } from "./event.ts";
import { createGateway, type Gateway } from "./gateway.ts";

const message = event(z.object({ text: z.string() }));

test("[SV1] what is left out has its default", () => {
  const chat = channel("chat/:room", { events: { message, typing: ephemeral(z.object({})) } });
  expect(chat).toMatchObject({ pattern: "chat/:room", presence: false });
  expect(chat.events.message.kind).toBe("event");
  expect(chat.events.typing).toMatchObject({ kind: "ephemeral", ttlMs: 10_000 });
  expect(latest(z.number())).toMatchObject({ kind: "latest", everyMs: 100 });
  expect(latest(z.number())).not.toHaveProperty("by");
});

test.for([
  ["chat//room", {}, 'Cannot use pattern "chat//room": "" is neither a name nor a :parameter'],
  ["a", { "b c": message }, 'Cannot use event name "b c": it must be 1-64 of A-Z a-z 0-9 _ . -'],
  ["a", { presence: message }, `Cannot use event name "presence": a client's room has a property of that name`],
  ["a", { b: { ...message, everyMs: Infinity } }, 'Cannot use Infinity as everyMs of "b": give a positive number'],
  ["a", { b: { ...message, ttlMs: -1 } }, 'Cannot use -1 as ttlMs of "b": give a positive number'],
] as const)("[SV1] the channel %s with %o is refused", ([pattern, events, fault]) => {
  expect(() => channel(pattern, { events })).toThrow(new TypeError(fault));
});

test("[SV1] a time to live that is not positive is refused", () => {
  expect(() => ephemeral(z.object({}), { ttlMs: 0 })).toThrow("Cannot use 0 as ttlMs: give a positive number");
});

test.for([0, -1, NaN, Infinity])("[SV1] %s as everyMs is refused", (everyMs) => {
  expect(() => latest(z.number(), { everyMs })).toThrow(
    new RangeError(`Cannot use ${everyMs} as everyMs: give a positive number`),
  );
});

// ---- types: what must not compile is expected not to

const price = latest(z.object({ symbol: z.string(), at: z.string().transform(Number) }), {
  by: ({ at, symbol }) => `${symbol} ${at.toFixed()}`,
});
const channels = {
  chat: channel("chat/:room", {
    events: { message, typing: ephemeral(z.object({})), counted: event(z.string().transform(Number)), price },
    authorize: ({ params, event: name }) => params.room !== "" && name !== "typing",
  }),
  news: channel("news", { events: { message } }),
  board: channel("board", { events: { update: event(binary()), pointer: ephemeral(binary()) } }),
};

/** Only for its types. */
async function publishes(gateway: Gateway<typeof channels>): Promise<void> {
  await gateway.publish({ channel: "chat", params: { room: "1" }, event: "message", data: { text: "hi" } });
  await gateway.publish({ channel: "chat", params: { room: "1" }, event: "counted", data: "7" });
  await gateway.publish({ channel: "news", params: {}, event: "message", data: { text: "hi" } });
  await gateway.publish({ channel: "board", params: {}, event: "update", data: new Uint8Array(1) });
  // @ts-expect-error the server hands in bytes, not their base64
  await gateway.publish({ channel: "board", params: {}, event: "update", data: "AA==" });
  // @ts-expect-error there is no such channel
  await gateway.publish({ channel: "chats", params: { room: "1" }, event: "message", data: { text: "hi" } });
  // @ts-expect-error there is no such event
  await gateway.publish({ channel: "chat", params: { room: "1" }, event: "massage", data: { text: "hi" } });
  await gateway.tell({ channel: "chat", params: { room: "1" }, event: "typing", data: {} });
  await gateway.tell({ channel: "chat", params: { room: "1" }, event: "price", data: { symbol: "A", at: "1" } });
  // @ts-expect-error a stored event is published
  await gateway.tell({ channel: "chat", params: { room: "1" }, event: "message", data: { text: "hi" } });
  // @ts-expect-error the payload has no symbol
  await gateway.tell({ channel: "chat", params: { room: "1" }, event: "price", data: { at: "1" } });
  // @ts-expect-error the schema gives no such field
  latest(z.object({ symbol: z.string() }), { by: ({ name }) => name });
  // @ts-expect-error a newest value is not stored
  await gateway.publish({ channel: "chat", params: { room: "1" }, event: "price", data: { symbol: "A", at: "1" } });
  // @ts-expect-error an ephemeral event is not stored
  await gateway.publish({ channel: "chat", params: { room: "1" }, event: "typing", data: {} });
  // @ts-expect-error the payload's text is a string
  await gateway.publish({ channel: "chat", params: { room: "1" }, event: "message", data: { text: 1 } });
  // @ts-expect-error what goes in is a string, the number comes out
  await gateway.publish({ channel: "chat", params: { room: "1" }, event: "counted", data: 7 });
  // @ts-expect-error the parameter is called room
  await gateway.publish({ channel: "chat", params: { rome: "1" }, event: "message", data: { text: "hi" } });
}

/** Only for its types. */
async function sends(): Promise<void> {
  const client = connect<Gateway<typeof channels>>("ws://127.0.0.1:1");
  const room = client.chat({ room: "1" });
  await room.message.send({ text: "hi" });
  for await (const { data } of room.counted) data.toFixed();
  await client.board().update.send(new Uint8Array(1));
  client.board().pointer.on(({ data }) => data.byteLength);
  // @ts-expect-error bytes, not their base64
  await client.board().update.send("AA==");
  for (const { data } of room.price.values.values()) data.at.toFixed();
  // @ts-expect-error there is no such channel
  client.chats({ room: "1" });
  // @ts-expect-error the parameter is called room
  client.chat({ rome: "1" });
  // @ts-expect-error there is no such event
  await room.massage.send({ text: "hi" });
  // @ts-expect-error the payload's text is a string
  await room.message.send({ text: 1 });
}

test("[SV2] wrong names and payloads do not compile, with the types of a real gateway", () => {
  const gateway = createGateway({ channels });
  const isTyped: Gateway<typeof channels> = gateway;
  expect(isTyped.channels.chat.pattern).toBe("chat/:room");
  expect([publishes, sends]).toHaveLength(2);
  // @ts-expect-error authorize has no such parameter
  channel("chat/:room", { events: {}, authorize: ({ params }) => params.rome === "1" });
});

test("[SV1] a channel's limits are numbers that are not negative", () => {
  const options = { events: {}, limits: { publishesPerSecond: -1 } };
  expect(() => channel("c", options)).toThrow(
    'Cannot use -1 as publishesPerSecond of "c": give a number that is not negative',
  );
  expect(() => channel("c", { events: {}, history: { maxBytes: NaN } })).toThrow("Cannot use NaN as maxBytes");
  const limits = { publishesPerSecond: Infinity, maxSubscriberCount: 0 };
  expect(channel("c", { events: {}, limits, history: { maxCount: 0 } }).limits).toEqual(limits);
});
