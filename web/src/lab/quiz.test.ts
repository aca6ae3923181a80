import { expect, test } from "vitest";
import fc from "fast-check";
import { isOrdered, move, orderedSteps, questions, shuffle } from "./quiz.ts";

test("[LB12] the steps begin in another order than the right one, and none is lost", () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (stream) => {
      const order = shuffle(() => stream.next().value as number);
      expect(isOrdered(order)).toBe(false);
      expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
    }),
  );
  expect(isOrdered(shuffle(() => 0.999_999))).toBe(false); // that which would change nothing
});

test("[LB12] a step is moved by one place, and stays at the ends", () => {
  expect(move([2, 0, 1], { from: 0, by: 1 })).toEqual([0, 2, 1]);
  expect(move([2, 0, 1], { from: 2, by: -1 })).toEqual([2, 1, 0]);
  expect(move([2, 0, 1], { from: 0, by: -1 })).toEqual([2, 0, 1]);
  expect(move([2, 0, 1], { from: 2, by: 1 })).toEqual([2, 0, 1]);
  expect([isOrdered([0, 1, 2]), isOrdered([0, 2, 1])]).toEqual([true, false]);
});

test("[LB12] there are five steps, and every question has one right answer and a reason", () => {
  expect(orderedSteps).toHaveLength(5);
  for (const { answers, right, because } of questions) {
    expect(answers[right]).toBeDefined();
    expect(new Set(answers).size).toBe(answers.length);
    expect(because).not.toBe("");
  }
});
