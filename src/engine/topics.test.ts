import { expect, test } from "vitest";
import { Topics } from "./topics.ts";

test("[EN110] whoever joins twice is a member once, in the order of joining", () => {
  const topics = new Topics<string>(8);
  expect([topics.add("ada", "news"), topics.add("bob", "news"), topics.add("ada", "news")]).toEqual([true, true, true]);
  expect([...topics.membersOf("news")]).toEqual(["ada", "bob"]);
  expect([...topics.membersOf("weather")]).toEqual([]);
});

test("[EN111] a member hears as many topics as the limit says, and not one more", () => {
  const topics = new Topics<string>(2);
  expect([topics.add("ada", "a"), topics.add("ada", "b"), topics.add("ada", "c")]).toEqual([true, true, false]);
  expect(topics.membersOf("c").size).toBe(0);
  expect([topics.add("ada", "b"), topics.add("bob", "c")]).toEqual([true, true]);
  expect(topics.remove("ada", "a")).toBe(true);
  expect(topics.add("ada", "c")).toBe(true);
});

test("[EN112] nothing is left of a topic whose last member left or is gone", () => {
  const topics = new Topics<string>(8);
  for (const topic of ["a", "b"]) topics.add("ada", topic);
  topics.add("bob", "b");
  expect([topics.remove("ada", "a"), topics.remove("ada", "a"), topics.remove("carl", "a")]).toEqual([
    true,
    false,
    false,
  ]);
  expect(topics.count).toBe(1);
  topics.removeAll("ada");
  topics.removeAll("ada");
  expect([...topics.membersOf("b")]).toEqual(["bob"]);
  expect(topics.remove("bob", "b")).toBe(true);
  expect(topics.count).toBe(0);
});
