/** What a hostile client may say to a gateway, over a real socket; each time the others are served on. */
import { createGateway, channel, event, memoryBroker, type ServerLimits } from "switchboard";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../gateway/wire-client.ts";

const chat = channel("chat/:room", {
  events: { message: event(z.looseObject({ text: z.string() })) },
  authorize: ({ params }) => params.room !== "secret",
});

async function serve(limits: Partial<ServerLimits> = {}): Promise<string> {
  const gateway = createGateway({
    channels: { chat },
    broker: memoryBroker(),
    authenticate: ({ device, token }) => ({ id: token ?? device }),
    limits,
  });
  onTestFinished(() => gateway.close({ graceMs: 1 }));
  return (await gateway.listen({ port: 0 })).url;
}

function enter(url: string, name = "ada"): Promise<WireClient> {
  return WireClient.join(url, "0".repeat(32), name);
}

function publish(client: WireClient, messageId: string, text = messageId): number {
  return client.send({ type: "publish", channel: "chat/1", event: "message", messageId, data: { text } });
}

/** The code that answers this text; and the same line, and another, are served on. */
async function codeFor(url: string, text: string): Promise<string> {
  const client = await enter(url);
  client.sendText(text);
  const { code } = await client.next("error");
  publish(client, "alive");
  await client.next("ack");
  await client.close();
  const other = await enter(url, "bob");
  publish(other, "alive");
  await other.next("ack");
  await other.close();
  return code;
}

const publishOf = (data: string): string =>
  `{"type":"publish","id":9,"channel":"chat/1","event":"message","messageId":"m","data":${data}}`;

test.each([
  ["nested 10 000 deep", `${"[".repeat(10_000)}${"]".repeat(10_000)}`],
  [
    "10 000 keys like integers (CVE-2026-21717)",
    `{${Array.from({ length: 5_000 }, (_, key) => `"${key}":0`).join(",")}}`,
  ],
  ["the same key twice", '{"text":"a","text":"b"}'],
  ["a number no double holds", '{"text":"a","n":1e999}'],
  ["NaN", '{"text":"a","n":NaN}'],
  ["half a surrogate pair", '{"text":"\\ud800"}'],
])("[GA1] data that is %s is refused, unparsed, and the line goes on", async (_name, data) => {
  expect(await codeFor(await serve(), publishOf(data))).toBe("BAD_MESSAGE");
});

test("[GA2] keys named like parts of the language change no object, in the envelope and in the data", async () => {
  const url = await serve();
  const client = await enter(url);
  client.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
  await client.next("subscribed");
  const data = '{"text":"a","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
  client.sendText(publishOf(data).replace("{", '{"__proto__":{"polluted":1},"constructor":{"polluted":1},'));
  await client.next("event");
  expect("polluted" in {}).toBe(false);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test("[GA3] a channel name with a wildcard, a path, another case or script, a quote or a line end reaches no channel", async () => {
  const url = await serve();
  const names = [
    "chat/*",
    "chat/>",
    "chat/{a}",
    "chat/a\r\nb",
    "chat/%2e%2e",
    "chat/'; DROP TABLE entries; --",
    "ch\u0430t/1",
  ];
  const codes = await Promise.all(
    [...names, "CHAT/1", "chat//1", "chat/1/", "chat/../chat/1", "", "c".repeat(129)].map(async (name) => {
      const client = await enter(url);
      client.sendText(JSON.stringify({ type: "subscribe", id: 9, channel: name, start: { from: "live" } }));
      const { code } = await client.next("error");
      await client.close();
      return code;
    }),
  );
  expect(codes.filter((code) => !/^(BAD_CHANNEL|UNKNOWN_CHANNEL|BAD_MESSAGE)$/.test(code))).toEqual([]);
});

test("[GA4] whoever uses another's message id first takes nothing from them: an id belongs to its user", async () => {
  const url = await serve();
  const [ada, eve] = [await enter(url, "ada"), await enter(url, "eve")];
  publish(eve, "m1", "stolen");
  expect(await eve.next("ack")).toMatchObject({ offset: 1, duplicate: false });
  publish(ada, "m1", "mine");
  expect(await ada.next("ack")).toMatchObject({ offset: 2, duplicate: false });
  publish(ada, "m1", "changed");
  expect(await ada.next("error")).toMatchObject({ code: "ID_CONFLICT" });
});

test("[GA5] a forged position is answered with a gap and the truth, and opens no channel that is forbidden", async () => {
  const url = await serve();
  const writer = await enter(url);
  publish(writer, "m1");
  const { epoch } = await writer.next("ack");
  const forged = [
    { epoch, offset: Number.MAX_SAFE_INTEGER, tag: 1 },
    { epoch, offset: 1, tag: 2 ** 32 - 1 },
    { epoch: "f".repeat(16), offset: 0, tag: 0 },
  ];
  for (const position of forged) {
    const eve = await enter(url, "eve");
    const secret = { channel: "chat/secret", position };
    eve.send({ type: "resume", channels: [{ channel: "chat/1", position }, secret] });
    const { channels } = await eve.next("resumed");
    expect(channels.find(({ channel: name }) => name === "chat/secret")).toMatchObject({
      error: { code: "FORBIDDEN" },
    });
    expect(await eve.next("gap")).toMatchObject({ channel: "chat/1" });
    await eve.close();
  }
});

test("[GA6] a flood of subscriptions ends at the limit, and the line goes on", async () => {
  const client = await enter(await serve({ maxPendingRequestCount: 1_000 }));
  for (let room = 1; room <= 257; room += 1) {
    client.send({ type: "subscribe", channel: `chat/${room}`, start: { from: "live" } });
  }
  // Not that of requests without an answer: this one is about the channels it has.
  expect(await client.next("error")).toMatchObject({
    code: "LIMIT",
    message: expect.stringContaining("256 channels") as string,
  });
  client.send({ type: "unsubscribe", channel: "chat/1" });
  await client.next("unsubscribed");
  expect(client.messages.filter(({ type }) => type === "subscribed")).toHaveLength(256);
});

test("[GA7] a flood of publishes is refused beyond its burst, with the time to wait, and stores no more than that", async () => {
  const client = await enter(await serve({ publishesPerSecond: 0.001 }));
  for (let message = 1; message <= 61; message += 1) publish(client, `m${message}`);
  expect(await client.next("error")).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: expect.any(Number) });
  client.send({ type: "subscribe", channel: "chat/1", start: { from: "live" } });
  expect((await client.next("subscribed")).top).toBe(60);
});

test("[GA8] of a forbidden channel nobody learns whether anything is in it", async () => {
  const url = await serve();
  const eve = await enter(url, "eve");
  eve.send({ type: "subscribe", channel: "chat/secret", start: { from: "recent", count: 9 } });
  const { id: _, ...subscribed } = await eve.next("error");
  expect(subscribed).toMatchObject({ code: "FORBIDDEN" });
  eve.send({ type: "publish", channel: "chat/secret", event: "message", messageId: "m", data: { text: "x" } });
  expect(await eve.next("error")).toMatchObject({ code: "FORBIDDEN" });
  eve.send({ type: "history", channel: "chat/secret", before: 9, count: 9 });
  expect(await eve.next("error")).toMatchObject({ code: "NOT_SUBSCRIBED" });
});

test("[GA9] who sends nothing but garbage is closed with 4002, and nobody else is", async () => {
  const url = await serve();
  const [ada, eve] = [await enter(url, "ada"), await enter(url, "eve")];
  for (const garbage of ["", "null", "\0"]) eve.sendText(garbage);
  expect(await eve.closed).toMatchObject({ code: 4002 });
  publish(ada, "m1");
  expect(await ada.next("ack")).toMatchObject({ offset: 1 });
});
