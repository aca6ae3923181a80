import { expect, test } from "vitest";
import { maxWatchedCount, type PageMessage } from "./messages.ts";
import { readPageMessage } from "./read-page-message.ts";

const query = {
  sort: "id",
  isDescending: true,
  filter: "ada",
  isOnlyBusy: false,
  from: 0,
  count: maxWatchedCount,
} as const;
const good: readonly PageMessage[] = [
  { type: "hello", key: "k" },
  { type: "watch", table: "connections", query },
  { type: "watch", table: "channels", query: { ...query, sort: "name" } },
  { type: "unwatch", table: "channels" },
  { type: "tap", target: { connection: 4 } },
  { type: "tap", target: { channel: "chat/1" } },
  { type: "untap" },
  { type: "act", id: 1, action: { type: "disconnect", connection: 1, comesBack: true } },
  { type: "act", id: 1, action: { type: "disconnectUser", userId: "ada", comesBack: false } },
  { type: "act", id: 1, action: { type: "drain", overMs: 3_600_000 } },
  { type: "act", id: 1, action: { type: "reopen" } },
];

test("[OP61] every message of the page is read as it was said", () => {
  for (const message of good) expect(readPageMessage(JSON.stringify(message))).toEqual(message);
});

test("[OP61] anything else is refused in words", () => {
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [3, /no type nothing/],
    [{ type: "constructor" }, /no type "constructor"/],
    [{ type: "hello" }, /key must be/],
    [{ type: "hello", key: "k", more: 1 }, /there is no field "more"/],
    [{ type: "watch", table: "rooms", query }, /table must be one of connections/],
    [{ type: "watch", table: "channels", query }, /query.sort must be one of name/],
    [{ type: "watch", table: "connections", query: { ...query, count: maxWatchedCount + 1 } }, /query.count must be/],
    [{ type: "watch", table: "connections", query: { ...query, filter: "x".repeat(129) } }, /query.filter must be/],
    [{ type: "tap", target: { channel: "a b" } }, /target.channel must be/],
    [{ type: "tap", target: "chat" }, /target must be an object/],
    [{ type: "act", id: 1, action: { type: "toString" } }, /action.type must be one of disconnect/],
    [{ type: "act", id: 1, action: { type: "drain", overMs: 3_600_001 } }, /action.overMs must be/],
    [{ type: "act", id: 1, action: 7 }, /action must be an object/],
  ];
  for (const [message, fault] of bad) expect(() => readPageMessage(JSON.stringify(message))).toThrow(fault);
  expect(() => readPageMessage("{")).toThrow(/Cannot read the message/);
});
