import fc from "fast-check";
import { expect, test } from "vitest";
import { type Batch, Turn } from "./turn.ts";

function frames(batches: readonly Batch[]): unknown[] {
  return batches.map(({ texts, to }) => [to, texts]);
}

test("[SV70] what goes to the same receivers, one behind the other, is one frame; the order stays", () => {
  const turn = new Turn();
  const firsts = [
    turn.add([1, 2], "a"),
    turn.add([1, 2], "b"),
    turn.add([1], "c"),
    turn.add([1, 2], "d"),
    turn.add([2, 1], "e"),
    turn.add([2, 1, 3], "f"),
  ];
  expect(firsts).toEqual([true, false, false, false, false, false]);
  expect(frames(turn.take())).toEqual([
    [
      [1, 2],
      ["a", "b"],
    ],
    [[1], ["c"]],
    [[1, 2], ["d"]],
    [[2, 1], ["e"]],
    [[2, 1, 3], ["f"]],
  ]);
  expect([turn.take(), turn.add([1], "g")]).toEqual([[], true]);
});

test("[SV70] a frame of several messages has at most 64 KiB characters; a longer message goes alone", () => {
  const turn = new Turn();
  const half = "a".repeat(32 * 1024 - 1);
  for (const text of [half, `${half}a`, "b", "c".repeat(70_000), "d"]) turn.add([1], text);
  expect(turn.take().map(({ chars }) => chars)).toEqual([65_536, 1, 70_000, 1]);
  for (const text of [half, `${half}aa`]) turn.add([1], text);
  expect(turn.take()).toHaveLength(2);
});

test("[SV70] whatever is sent to whom, each receiver gets what it was sent, once and in order", () => {
  const sends = fc.array(
    fc.tuple(fc.subarray([1, 2, 3], { minLength: 1 }), fc.string({ maxLength: 3 }), fc.boolean()),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(sends, (all) => {
      const turn = new Turn();
      const batches: Batch[] = [];
      for (const [to, text, isEnd] of all) {
        turn.add(to, text);
        if (isEnd) batches.push(...turn.take());
      }
      batches.push(...turn.take());
      for (const receiver of [1, 2, 3]) {
        expect(batches.flatMap(({ texts, to }) => (to.includes(receiver) ? texts : []))).toEqual(
          all.flatMap(([to, text]) => (to.includes(receiver) ? [text] : [])),
        );
      }
    }),
  );
});
