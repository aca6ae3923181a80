import { expect, expectTypeOf, test } from "vitest";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { createGateway, memoryBroker } from "../server/index.ts";
import type { InputOf, ParamsOf, ServerMessage } from "../wire/index.ts";
import { channels, type ChatEvents, type ChatGateway, type ChatMessage } from "./chat.ts";
import { identifyGuest } from "./identify-guest.ts";

function accepts(event: keyof ChatEvents, data: unknown): boolean {
  return "value" in channels.chat.events[event].schema["~standard"].validate(data);
}

const isMessage = (data: unknown): boolean => accepts("message", data);

test("[CM20] a message is 1 to 4,000 characters that are not all white space", () => {
  const texts = ["a", "x".repeat(4000), " a ", "🦊".repeat(2000)];
  expect(texts.map((text) => isMessage({ text }))).toEqual([true, true, true, true]);
  const wrong = [{ text: "" }, { text: " \n " }, { text: "x".repeat(4001) }, { text: 1 }, {}, null, "a"];
  expect(wrong.map(isMessage)).toEqual(wrong.map(() => false));
});

test("[CM21] a room keeps what is said and done to it, and not who types, who is away and who is there", () => {
  const { events, pattern, presence } = channels.chat;
  const kinds = Object.entries(events).map(([name, { kind }]) => `${name} ${kind}`);
  expect([pattern, presence, ...kinds, events.typing.ttlMs]).toEqual([
    "chat/:room",
    true,
    "message event",
    "edit event",
    "remove event",
    "reaction event",
    "typing ephemeral",
    "away ephemeral",
    5_000,
  ]);
  expect([channels.server.pattern, channels.server.events.opened.kind]).toEqual(["server/:server", "event"]);
  expectTypeOf<InputOf<ChatGateway["channels"]["chat"]["events"]["message"]>>().toEqualTypeOf<ChatMessage>();
  expectTypeOf<ParamsOf<ChatGateway["channels"]["chat"]["pattern"]>>().toEqualTypeOf<{ readonly room: string }>();
});

const target = { offset: 1, id: "m" };

test("[CM25] a reaction is one emoji, a mention has a name, a room a name that fits into an address", () => {
  const emoji = ["👍", "❤️", "👩‍🚀", "🇩🇪", "1️⃣", "👍🏽"];
  expect(emoji.map((one) => accepts("reaction", { target, emoji: one, isOn: true }))).toEqual(emoji.map(() => true));
  const others = ["", "a", "1", "👍👍", " 👍", "👍\n", "<b>", "\u200d"];
  expect(others.map((one) => accepts("reaction", { target, emoji: one, isOn: true }))).toEqual(others.map(() => false));
  const called = (count: number, name: string): unknown => ({
    text: "hi",
    mentions: Array.from({ length: count }, () => ({ id: "u", name })),
  });
  const mentions = [called(20, "x".repeat(40)), called(21, "x"), called(1, ""), called(1, "x".repeat(41))];
  expect(mentions.map((data) => accepts("message", data))).toEqual([true, false, false, false]);
  const targets = [target, { offset: 0, id: "m" }, { offset: 1.5, id: "m" }, { offset: 1, id: "" }, { offset: 1 }];
  expect(targets.map((one) => accepts("remove", { target: one }))).toEqual([true, false, false, false, false]);
  const rooms = ["a", "x".repeat(32), "", "x".repeat(33), "A", "a b", "a/b", "a.b"];
  const { validate } = channels.server.events.opened.schema["~standard"];
  expect(rooms.map((room) => "value" in validate({ room }))).toEqual([true, true, ...Array(6).fill(false)]);
});

test("[CM27] who wrote a message is looked up in the log: only they change it, anybody reacts to it", async () => {
  const gateway = createGateway({ channels, broker: memoryBroker() });
  const { url } = await gateway.listen({ port: 0 });
  const [ada, bob] = [await WireClient.join(url, "a".repeat(32)), await WireClient.join(url, "b".repeat(32))];
  try {
    let count = 0;
    const publish = async (who: WireClient, event: string, data: unknown): Promise<string> => {
      const messageId = `m${(count += 1)}`;
      const id = who.send({ type: "publish", channel: "chat/x", event, messageId, data });
      const answerOf = (message: ServerMessage): boolean =>
        (message.type === "ack" || message.type === "error") && message.id === id;
      await expect.poll(() => who.messages.some(answerOf)).toBe(true);
      const answer = who.messages.find(answerOf);
      return answer?.type === "error" ? answer.code : messageId;
    };
    for (const who of [ada, bob]) who.send({ type: "subscribe", channel: "chat/x", start: { from: "live" } });
    await Promise.all([ada.next("subscribed"), bob.next("subscribed")]);
    const at = { offset: 1, id: await publish(ada, "message", { text: "mine" }) };
    expect(await publish(bob, "edit", { target: at, text: "yours" })).toBe("app:NOT_YOURS");
    expect(await publish(bob, "remove", { target: at })).toBe("app:NOT_YOURS");
    expect(await publish(bob, "reaction", { target: at, emoji: "👍", isOn: true })).toBe("m4");
    expect(await publish(ada, "edit", { target: at, text: "better" })).toBe("m5");
    expect(await publish(ada, "remove", { target: at })).toBe("m6");
    const none = [
      { ...at, id: "other" },
      { ...at, offset: 2 },
      { ...at, offset: 99 },
    ];
    for (const one of none) expect(await publish(ada, "edit", { target: one, text: "x" })).toBe("app:NO_MESSAGE");
    expect(await publish(ada, "reaction", { target: none[2], emoji: "👍", isOn: true })).toBe("app:NO_MESSAGE");
  } finally {
    await gateway.close({ graceMs: 1 });
  }
});

test("[CM22] a guest's id follows from the device, gives it to nobody, and stays when the name changes", () => {
  const device = "0123456789abcdef0123456789abcdef";
  const ada = identifyGuest({ device, token: '{"name":" Ada "}' });
  const grace = identifyGuest({ device, token: '{"name":"Grace"}' });
  const other = identifyGuest({ device: device.replace("0", "1"), token: '{"name":"Ada"}' });
  expect(ada).toEqual({ id: expect.stringMatching(/^guest-[\w-]{16}$/), name: "Ada" });
  expect(grace?.id).toBe(ada?.id);
  expect(other?.id).not.toBe(ada?.id);
  expect(identifyGuest({ device, token: undefined })).toEqual({ id: ada?.id });
});

test("[CM23] a token that gives no name that can be shown is refused", () => {
  const accepted = ["A", "x".repeat(40), "Zoë 👩‍🚀"].map(
    (name) => identifyGuest({ device: "d", token: JSON.stringify({ name }) })?.name,
  );
  expect(accepted).toEqual(["A", "x".repeat(40), "Zoë 👩‍🚀"]);
  const names = ["", "  ", "x".repeat(41), "a\nb", "a\u202eb", "a\u0000", "a\u2028b", "\ud800", 7];
  const tokens = ["", "Ada", "{", "null", "[]", '"Ada"', ...names.map((name) => JSON.stringify({ name }))];
  for (const token of tokens) expect([token, identifyGuest({ device: "d", token })]).toEqual([token, undefined]);
});
