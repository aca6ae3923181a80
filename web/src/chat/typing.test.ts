import { expect, test } from "vitest";
import * as typing from "./typing.ts";

const [ada, bob, cleo, dan] = ["Ada", "Bob", "Cleo", "Dan"].map((name) => ({
  user: { id: name.toLowerCase(), name },
  untilMs: 5_000,
})) as [typing.Typist, typing.Typist, typing.Typist, typing.Typist];

test("[WB11] a person types until their time is over, or their message comes", () => {
  const both = typing.addTypist([ada], bob.user, 7_000);
  expect(typing.nextExpiryMs(both)).toBe(5_000);
  expect(typing.expireTypists(both, 4_999)).toBe(both);
  expect(typing.expireTypists(both, 5_000)).toEqual([{ user: bob.user, untilMs: 7_000 }]);
  expect(typing.removeTypist(both, "bob")).toEqual([ada]);
  expect(typing.removeTypist(both, "cleo")).toBe(both);
  expect(typing.nextExpiryMs([])).toBeUndefined();
});

test("[WB11] a person who types on counts once, longer", () => {
  expect(typing.addTypist([ada, bob], ada.user, 9_000)).toEqual([bob, { user: ada.user, untilMs: 9_000 }]);
});

test("[WB11] no more typists are kept than the limit", () => {
  let typists: readonly typing.Typist[] = [];
  for (let index = 0; index <= typing.maxTypistCount; index++) {
    typists = typing.addTypist(typists, { id: `u${index}` }, 1);
  }
  expect(typists).toHaveLength(typing.maxTypistCount);
});

test("[WB11] that one types is told at most every three seconds", () => {
  expect(typing.isTypingDue(undefined, 0)).toBe(true);
  expect(typing.isTypingDue(0, typing.typingEveryMs - 1)).toBe(false);
  expect(typing.isTypingDue(0, typing.typingEveryMs)).toBe(true);
});

test("[WB11] the sentence names two people and counts the others", () => {
  const text = (...typists: readonly typing.Typist[]): string | undefined => {
    const sentence = typing.typingSentence(typists);
    return sentence && sentence.names.join("+") + sentence.rest;
  };
  expect(text()).toBeUndefined();
  expect(text(ada)).toBe("Ada is typing…");
  expect(text(ada, bob)).toBe("Ada+Bob are typing…");
  expect(text(ada, bob, cleo)).toBe("Ada+Bob and one other are typing…");
  expect(text(ada, bob, cleo, dan)).toBe("Ada+Bob and 2 others are typing…");
});

test("[WB11] a person without a name is a guest with a number", () => {
  expect(typing.nameOf({ id: "abcdef" })).toBe("Guest abcd");
});
