import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addGap, addLive, addOlder, emptyWindow, merge, showNewest, type Window } from "./message-list.ts";

interface Item {
  readonly id: string;
  readonly offset: number;
}

function items(from: number, to: number): readonly Item[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({ id: `m${from + index}`, offset: from + index }));
}

function windowOf(from: number, to: number, more: Partial<Window<Item>> = {}): Window<Item> {
  return { ...emptyWindow, messages: items(from, to), ...more };
}

function offsets({ messages }: Pick<Window<Item>, "messages">): readonly number[] {
  return messages.map(({ offset }) => offset);
}

describe("the window on the log", () => {
  test("[RE3] what comes is added at the end; maxCount are kept, and that there are older ones is known", () => {
    const full = addLive(windowOf(1, 2), items(3, 3)[0]!, 3);
    expect([offsets(full), full.hasOlder]).toEqual([[1, 2, 3], false]);
    const cut = addLive(full, items(4, 4)[0]!, 3);
    expect([offsets(cut), cut.hasOlder, cut.hasNewer]).toEqual([[2, 3, 4], true, false]);
  });

  test("[RE3] a window that was moved away from the end takes nothing new, and stays the same", () => {
    const window = windowOf(1, 2, { hasNewer: true });
    expect(addLive(window, items(3, 3)[0]!, 3)).toBe(window);
  });

  test("[RE3] older ones come before; what is too much goes at the new end", () => {
    const fits = addOlder(windowOf(3, 4, { hasOlder: true }), { messages: items(1, 2), more: false }, 4);
    expect([offsets(fits), fits.hasOlder, fits.hasNewer]).toEqual([[1, 2, 3, 4], false, false]);
    const cut = addOlder(windowOf(4, 6), { messages: items(2, 3), more: true }, 4);
    expect([offsets(cut), cut.hasOlder, cut.hasNewer]).toEqual([[2, 3, 4, 5], true, true]);
    expect(addOlder(cut, { messages: [], more: true }, 9).hasNewer).toBe(true);
  });

  test("[RE3] back at the end the window holds the newest, and is at the end", () => {
    const window = showNewest(windowOf(1, 2, { hasNewer: true }), { messages: items(7, 9), more: false }, 3);
    expect(window).toEqual({ messages: items(7, 9), hasOlder: false, hasNewer: false, gaps: [] });
    expect(showNewest(window, { messages: items(6, 9), more: false }, 3)).toMatchObject({
      messages: items(7, 9),
      hasOlder: true,
    });
    expect(showNewest(window, { messages: [], more: true }, 3).hasOlder).toBe(true);
  });

  test("[RE4] a gap is kept as long as the window reaches it, the newest 16 of them", () => {
    const gap = { from: 2, to: 5, reason: "trimmed" } as const;
    const window = addLive(addGap(windowOf(1, 2), gap), items(6, 6)[0]!, 3);
    expect(window).toMatchObject({ gaps: [gap], messages: [{ offset: 1 }, { offset: 2 }, { offset: 6 }] });
    expect(addLive(window, items(7, 7)[0]!, 2).gaps).toEqual([]);
    let many = windowOf(1, 1);
    for (let from = 1; from <= 17; from += 1) many = addGap(many, { from, to: from + 1, reason: "trimmed" });
    expect(many.gaps.map(({ from }) => from)).toEqual(Array.from({ length: 16 }, (_, index) => index + 2));
  });

  test("[RE4] what the store took back is not shown any more; of another log nothing is", () => {
    const truncated = { from: 4, to: 2, reason: "truncated" } as const;
    expect(addGap(windowOf(1, 4), truncated)).toMatchObject({ messages: items(1, 2), gaps: [truncated] });
    const epoch = { from: 4, to: 9, reason: "epoch" } as const;
    expect(addGap(windowOf(1, 4, { hasOlder: true }), epoch)).toEqual({ ...emptyWindow, gaps: [epoch] });
  });

  test("[RE3] whatever overlaps is there once, in order, as it was last told", () => {
    const lists = fc.uniqueArray(fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(lists, lists, (one, two) => {
        const sorted = (list: readonly number[], from: string): { id: string; offset: number }[] =>
          list.toSorted((a, b) => a - b).map((offset) => ({ id: from, offset }));
        const merged = merge(sorted(one, "earlier"), sorted(two, "later"));
        const all = [...new Set([...one, ...two])].toSorted((a, b) => a - b);
        expect(merged.map(({ offset }) => offset)).toEqual(all);
        expect(merged.every(({ id, offset }) => (id === "later") === two.includes(offset))).toBe(true);
      }),
    );
  });
});
