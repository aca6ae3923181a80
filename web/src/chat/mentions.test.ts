import { expect, test } from "vitest";
import { completeMention, matchPeople, maxMentionCount, maxOfferCount, mentionAt, mentionsIn } from "./mentions.ts";

const ada = { id: "1", name: "Ada" };
const lovelace = { id: "2", name: "Ada Lovelace" };
const bob = { id: "3", name: "Bob" };

test("[WB22] a name is being typed from its @ on to the caret, not inside a word and not over a line", () => {
  expect(mentionAt("hi @ad", 6)).toEqual({ start: 3, text: "ad" });
  expect(mentionAt("@", 1)).toEqual({ start: 0, text: "" });
  expect(mentionAt("@Ada Lo", 7)).toEqual({ start: 0, text: "Ada Lo" });
  expect(mentionAt(`@${"x".repeat(40)}`, 41)?.start).toBe(0);
  expect(mentionAt(`@${"x".repeat(41)}`, 42)).toBeUndefined();
  for (const text of ["mail@ad", "@\nad", "@ ad", "ad", ""]) expect(mentionAt(text, text.length)).toBeUndefined();
});

test("[WB22] those whose name begins so are offered first, then those of whom a later word does, at most 8", () => {
  const love = { id: "4", name: "Lou" };
  expect(matchPeople([lovelace, bob, love], "lo")).toEqual([love, lovelace]);
  const many = Array.from({ length: maxOfferCount + 1 }, (_, index) => ({ id: `${index}`, name: `N${index}` }));
  expect(matchPeople(many, "")).toHaveLength(maxOfferCount);
});

test("[WB22] a name that is taken stands whole, and the caret behind it", () => {
  expect(completeMention("hi @ad, you", { start: 3, text: "ad" }, ada)).toEqual({ text: "hi @Ada , you", caret: 8 });
  expect(completeMention("@b there", { start: 0, text: "b" }, bob)).toEqual({ text: "@Bob there", caret: 5 });
});

test("[WB22] a text calls whom it names, the longest name first, each once and at most 20", () => {
  const people = [ada, lovelace, bob];
  const called = (text: string): readonly string[] => mentionsIn(text, people).map(({ id }) => id);
  expect(called("@Ada Lovelace and @Bob, @Bob")).toEqual(["2", "3"]);
  expect(called("@Ada and @Ada Lovelace")).toEqual(["2", "1"]);
  expect(called("@Adam, Bob, @bob")).toEqual([]);
  const many = Array.from({ length: maxMentionCount + 1 }, (_, index) => ({ id: `${index}`, name: `N${index}` }));
  const text = many.map(({ name }) => `@${name}`).join(" ");
  expect(mentionsIn(text, many)).toHaveLength(maxMentionCount);
});
