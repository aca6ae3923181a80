import { expect, test } from "vitest";
import { readSlashCommand } from "./slash-command.ts";
import {
  basicAuthorization,
  collectHeader,
  collectText,
  parsePositiveSeconds,
  parseSeconds,
  parseTarget,
} from "./target.ts";

test.each([
  ["chat.example/ws", "ws://chat.example/ws"],
  ["127.0.0.1:8080", "ws://127.0.0.1:8080/"],
  ["http://chat.example/", "ws://chat.example/"],
  ["https://chat.example/", "wss://chat.example/"],
  ["wss://chat.example/?a=1", "wss://chat.example/?a=1"],
])("[CM54] %s is %s", (text, href) => {
  expect(parseTarget(text).href).toBe(href);
});

test.each([
  ["ws://[", "Give a URL, as in wss://chat.example/ws"],
  ["ftp://chat.example/", "The scheme must be ws or wss"],
  ["ws://ada@chat.example/", "Give user and password with --auth"],
  ["ws://:secret@chat.example/", "Give user and password with --auth"],
  ["ws://chat.example/#top", "A WebSocket URL has no fragment"],
])("[CM54] %s is refused: %s", (text, sentence) => {
  expect(() => parseTarget(text)).toThrow(sentence);
});

test("[CM54] headers and texts are gathered, each with what came before", () => {
  const first = collectHeader("Authorization: Bearer a:b");
  expect(collectHeader("X-A :  1", first)).toEqual({ Authorization: "Bearer a:b", "X-A": "1" });
  for (const text of ["no colon", ": no name", "two words: x"]) {
    expect(() => collectHeader(text)).toThrow('Give a name and a value, as in -H "Authorization: Bearer abc"');
  }
  expect(collectText("b", collectText("a"))).toEqual(["a", "b"]);
  expect(basicAuthorization("Aladdin:open sesame")).toBe("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
});

test("[CM54] seconds become milliseconds; what is no time is refused", () => {
  expect(["0", "1.5", "0.0004"].map(parseSeconds)).toEqual([0, 1500, 0]);
  for (const text of ["", " ", "-1", "soon", "Infinity"]) {
    expect(() => parseSeconds(text)).toThrow("Give a number of seconds");
  }
  expect(parsePositiveSeconds("0.001")).toBe(1);
  for (const text of ["0", "0.0004"]) expect(() => parsePositiveSeconds(text)).toThrow("Give more than 0 seconds");
});

test("[CM55] /ping and /close are read with what is behind them; other names are told apart from messages", () => {
  expect(
    ["/ping", "/ping  a b ", "/close", "/close 4001", "/close 4001 Good bye", "/close Good bye"].map((line) =>
      readSlashCommand(line),
    ),
  ).toEqual([
    { type: "ping", data: "" },
    { type: "ping", data: "a b " },
    { type: "close", code: 1000, reason: "" },
    { type: "close", code: 4001, reason: "" },
    { type: "close", code: 4001, reason: "Good bye" },
    { type: "close", code: 1000, reason: "Good bye" },
  ]);
  expect(["/", "/pings x"].map((line) => readSlashCommand(line))).toEqual([
    { type: "refused", reason: "There is no /: /ping [data], /close [code] [reason], /help" },
    { type: "refused", reason: "There is no /pings: /ping [data], /close [code] [reason], /help" },
  ]);
  expect([" /ping", "a/close", ""].map((line) => readSlashCommand(line))).toEqual([undefined, undefined, undefined]);
});
