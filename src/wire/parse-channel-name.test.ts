import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  buildChannelName,
  type ChannelName,
  findPatternFault,
  matchPattern,
  parseChannelName,
} from "./parse-channel-name.ts";

function name(text: string): ChannelName {
  const parsed = parseChannelName(text);
  if (parsed === undefined) throw new Error(`${text} is not a channel name`);
  return parsed;
}

describe("channel names", () => {
  test("[WR9] 1 to 128 of the allowed characters are a name", () => {
    expect(parseChannelName("Az09_:./-")).toBe("Az09_:./-");
    expect(parseChannelName("a".repeat(128))).toBe("a".repeat(128));
    expect(parseChannelName("a".repeat(129))).toBeUndefined();
  });

  test.each([
    "",
    "a b",
    "a*",
    "a>",
    "{a}",
    "a\n",
    "\na",
    "ä",
    "а",
    "a\u0000",
    "a%2f",
    "a\\b",
    "a#b",
    "a?b",
    "a~b",
    "😀",
  ])("[WR9] %j is no name", (text) => {
    expect(parseChannelName(text)).toBeUndefined();
  });
});

describe("patterns", () => {
  test.each(["lobby", "chat/:room", "a/:b/c/:d_2", "v1.2/x:y"])("[WR10] %s is a pattern", (pattern) => {
    expect(findPatternFault(pattern)).toBeUndefined();
  });

  const faults = [
    ["", 'Cannot use pattern "": "" is neither a name nor a :parameter'],
    ["chat//x", 'Cannot use pattern "chat//x": "" is neither a name nor a :parameter'],
    ["chat/:", 'Cannot use pattern "chat/:": ":" is neither a name nor a :parameter'],
    ["chat/:1", 'Cannot use pattern "chat/:1": ":1" is neither a name nor a :parameter'],
    ["chat/*", 'Cannot use pattern "chat/*": "*" is neither a name nor a :parameter'],
    ["a/:b/:b", 'Cannot use pattern "a/:b/:b": it has :b twice'],
    ["x".repeat(129), `Cannot use pattern "${"x".repeat(60)}"…: it is longer than 128`],
  ] as const;
  test.each(faults)("[WR10] %j is refused", (pattern, fault) => {
    expect(findPatternFault(pattern)).toBe(fault);
  });

  test("[WR10] a pattern of 128 is the longest", () => {
    expect(findPatternFault("x".repeat(128))).toBeUndefined();
  });
});

describe("matching", () => {
  test("[WR10] a parameter is one whole segment", () => {
    expect(matchPattern("chat/:room", name("chat/42"))).toEqual({ room: "42" });
    expect(matchPattern("chat/:room", name("chat/a:b.c"))).toEqual({ room: "a:b.c" });
    expect(matchPattern("a/:b/c/:d", name("a/1/c/2"))).toEqual({ b: "1", d: "2" });
    expect(matchPattern("lobby", name("lobby"))).toEqual({});
  });

  test.each(["chat", "chat/", "chat/1/2", "Chat/1", "xchat/1", "chat/1/", "/chat/1"])(
    "[WR10] %s is not chat/:room",
    (text) => {
      expect(matchPattern("chat/:room", name(text))).toBeUndefined();
    },
  );
});

describe("building", () => {
  test("[WR10] a name is built of exactly its parameters", () => {
    expect(buildChannelName("a/:b/c/:d", { b: "1", d: "x:y" })).toEqual({ type: "name", name: "a/1/c/x:y" });
    expect(buildChannelName("lobby", {})).toEqual({ type: "name", name: "lobby" });
  });

  const must = "must be 1-128 of A-Z a-z 0-9 _ : . -";
  const refusals = [
    [{}, `room ${must}, got nothing`],
    [{ room: "" }, `room ${must}, got ""`],
    [{ room: "a/b" }, `room ${must}, got "a/b"`],
    [{ room: 42 }, `room ${must}, got 42`],
    [{ room: "1", rom: "2" }, 'it has no parameter "rom"'],
    [{ room: "x".repeat(124) }, "it would be longer than 128"],
  ] as const;
  test.each(refusals)("[WR10] %j gives no name", (params, reason) => {
    // What a caller without types may hand in.
    const answer = buildChannelName("chat/:room", params as Readonly<Record<string, string>>);
    expect(answer).toEqual({ type: "refused", reason: `Cannot name a channel of "chat/:room": ${reason}` });
  });

  test("[WR10] an inherited property is no parameter", () => {
    expect(buildChannelName("chat/:constructor", {}).type).toBe("refused");
  });

  test("[WR10] what is built is matched with the same parameters", () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9:_.-]{1,30}$/);
    fc.assert(
      fc.property(segment, segment, (a, b) => {
        const built = buildChannelName("x/:a/y/:b", { a, b });
        expect(built.type === "name" && matchPattern("x/:a/y/:b", built.name)).toEqual({ a, b });
      }),
    );
  });
});
