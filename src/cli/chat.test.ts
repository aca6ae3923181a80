import { expect, expectTypeOf, test } from "vitest";
import type { InputOf, ParamsOf } from "../wire/index.ts";
import { channels, type ChatGateway } from "./chat.ts";
import { identifyGuest } from "./identify-guest.ts";

function isMessage(data: unknown): boolean {
  const result = channels.chat.events.message.schema["~standard"].validate(data);
  return "value" in result;
}

test("[CM20] a message is 1 to 4,000 characters that are not all white space", () => {
  const texts = ["a", "x".repeat(4000), " a ", "🦊".repeat(2000)];
  expect(texts.map((text) => isMessage({ text }))).toEqual([true, true, true, true]);
  const wrong = [{ text: "" }, { text: " \n " }, { text: "x".repeat(4001) }, { text: 1 }, {}, null, "a"];
  expect(wrong.map(isMessage)).toEqual(wrong.map(() => false));
});

test("[CM21] a room has messages that are kept, typing that is not, and a list of who is there", () => {
  const { events, pattern, presence } = channels.chat;
  expect([pattern, presence, events.message.kind, events.typing.kind, events.typing.ttlMs]).toEqual([
    "chat/:room",
    true,
    "event",
    "ephemeral",
    5_000,
  ]);
  expectTypeOf<InputOf<ChatGateway["channels"]["chat"]["events"]["message"]>>().toEqualTypeOf<{
    readonly text: string;
  }>();
  expectTypeOf<ParamsOf<ChatGateway["channels"]["chat"]["pattern"]>>().toEqualTypeOf<{ readonly room: string }>();
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
