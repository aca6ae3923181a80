import { expect, test } from "vitest";
import { bannerOf, durabilityWords, type ConnectionView, initialConnection } from "./connection-words.ts";

function text(change: Partial<ConnectionView>): string | undefined {
  const banner = bannerOf({ ...initialConnection, ...change }, 10_000);
  return banner && banner.text + (banner.countdown ?? "");
}

const rows: readonly (readonly [name: string, change: Partial<ConnectionView>, text: string | undefined])[] = [
  ["the first try", {}, "Connecting…"],
  ["another try", { hasBeenOpen: true }, "Reconnecting…"],
  ["an open line", { state: "open", hasBeenOpen: true }, undefined],
  ["a lost line", { state: "waiting", hasBeenOpen: true, retryAtMs: 12_001 }, "Connection lost. Reconnecting in 3 s…"],
  ["a wait that is over", { state: "waiting", hasBeenOpen: true, retryAtMs: 9_000 }, "Connection lost. Reconnecting…"],
  ["no server", { state: "waiting", retryAtMs: 11_000 }, "Cannot reach the server. Trying again in 1 s…"],
  [
    "no network",
    { state: "waiting", retryAtMs: 11_000, isOnline: false },
    "You are offline. What you write is sent when you are back.",
  ],
  [
    "nothing missed",
    { state: "open", recovered: { messageCount: 0, gapCount: 0 } },
    "Connected again. Nothing was missed.",
  ],
  [
    "one missed",
    { state: "open", recovered: { messageCount: 1, gapCount: 0 } },
    "Connected again. 1 message recovered, none lost.",
  ],
  [
    "some missed",
    { state: "open", recovered: { messageCount: 9, gapCount: 0 } },
    "Connected again. 9 messages recovered, none lost.",
  ],
  [
    "a gap",
    { state: "open", recovered: { messageCount: 9, gapCount: 1 } },
    "Connected again. 9 messages recovered, some are gone: a line in the room shows where.",
  ],
  [
    "a refused name",
    { state: "closed", code: 4500 },
    "The server did not let you in under this name. Leave, and come in again.",
  ],
  ["an old page", { state: "closed", code: 4501 }, "This page is older than the server. Reload it to go on."],
  [
    "another verdict",
    { state: "closed", code: 4600, reason: "maintenance" },
    "The server ended the connection: maintenance (code 4600).",
  ],
  ["an end without a word", { state: "closed" }, "The server ended the connection."],
];

for (const [name, change, expected] of rows) {
  test(`[WB13] the banner has words for ${name}`, () => expect(text(change)).toBe(expected));
}

test("[WB13] a person can act on what waits or has ended, and on nothing else", () => {
  const action = (change: Partial<ConnectionView>): string | undefined =>
    bannerOf({ ...initialConnection, ...change }, 0)?.action;
  expect(action({ state: "waiting" })).toBe("try-now");
  expect(action({ state: "waiting", isOnline: false })).toBe("try-now");
  expect(action({ state: "closed", code: 4500 })).toBe("leave");
  expect(action({ state: "closed", code: 4501 })).toBe("reload");
  expect(action({ state: "closed", code: 4999 })).toBe("reload");
  expect(action({ state: "connecting" })).toBeUndefined();
});

test("[WB13] what an acknowledgement is worth is said in words", () => {
  const words = (["mem", "os", "fsync", "quorum"] as const).map(durabilityWords);
  expect(
    words.map((sentence) => /when the server stops|crash|power loss|loss of a server/u.exec(sentence)?.[0]),
  ).toEqual(["when the server stops", "crash", "power loss", "loss of a server"]);
});
