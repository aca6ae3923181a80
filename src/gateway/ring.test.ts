import fc from "fast-check";
import { expect, test } from "vitest";
import { type Delivery, isNext, markBefore, Ring } from "./ring.ts";

function delivery(offset: number, text = "x"): Delivery {
  return { offset, tag: offset * 10, previousTag: (offset - 1) * 10, text };
}

function ringOf(count: number, limits: { readonly maxCount?: number; readonly maxBytes?: number } = {}): Ring {
  const ring = new Ring({ maxCount: 256, maxBytes: 1024, ...limits });
  for (let offset = 1; offset <= count; offset += 1) ring.push(delivery(offset));
  return ring;
}

const offsetsOf = (deliveries: readonly Delivery[]): number[] => deliveries.map(({ offset }) => offset);

test("[DL2] the next delivery has the next offset and the matching previous tag", () => {
  expect(isNext({ offset: 4, tag: 40 }, delivery(5))).toBe(true);
  expect(isNext({ offset: 4, tag: 41 }, delivery(5))).toBe(false);
  expect(isNext({ offset: 3, tag: 40 }, delivery(5))).toBe(false);
  expect(markBefore(delivery(5))).toEqual({ offset: 4, tag: 40 });
});

test("[DL8] the ring keeps the newest entries: its limit of them, and not one more", () => {
  expect(ringOf(3, { maxCount: 3 }).base).toEqual({ offset: 0, tag: 0 });
  const ring = ringOf(4, { maxCount: 3 });
  expect(ring.base).toEqual({ offset: 1, tag: 10 });
  expect(ring.top).toMatchObject({ offset: 4, tag: 40 });
  expect(offsetsOf(ring.after(1, { maxCount: 9, maxBytes: 9 }))).toEqual([2, 3, 4]);
});

test("[DL8] the ring keeps its limit of bytes, and not one more", () => {
  const ring = new Ring({ maxCount: 9, maxBytes: 4 });
  ring.push(delivery(1, "ab"));
  ring.push(delivery(2, "cd"));
  expect(ring.base.offset).toBe(0);
  ring.push(delivery(3, "e"));
  expect(ring.base.offset).toBe(1);
  ring.push(delivery(4, "too long"));
  expect(ring.base).toEqual(ring.top);
  expect(ring.top.offset).toBe(4);
});

test("[DL7] a page of the ring has its limits, and one entry at least", () => {
  const ring = ringOf(5);
  expect(offsetsOf(ring.after(0, { maxCount: 2, maxBytes: 9 }))).toEqual([1, 2]);
  expect(offsetsOf(ring.after(2, { maxCount: 9, maxBytes: 2 }))).toEqual([3, 4]);
  expect(offsetsOf(ring.after(2, { maxCount: 9, maxBytes: 0 }))).toEqual([3]);
  expect(ring.after(5, { maxCount: 9, maxBytes: 9 })).toEqual([]);
});

test("[DL4] the ring knows the tags of its entries and of the one before them, no others", () => {
  const ring = ringOf(4, { maxCount: 2 });
  expect([1, 2, 3, 4, 5].map((offset) => ring.tagAt(offset))).toEqual([undefined, 20, 30, 40, undefined]);
  expect(ring.marks()).toEqual([
    { offset: 2, tag: 20 },
    { offset: 3, tag: 30 },
    { offset: 4, tag: 40 },
  ]);
});

test("[DL10] an entry that does not continue the chain begins the ring anew", () => {
  const ring = ringOf(3);
  ring.push(delivery(7));
  expect(ring.base).toEqual({ offset: 6, tag: 60 });
  expect(offsetsOf(ring.after(6, { maxCount: 9, maxBytes: 9 }))).toEqual([7]);
});

test("[DL8] after any pushes the ring is contiguous and within its limits", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(5)),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 12 }),
      (sizes, maxCount, maxBytes) => {
        const ring = new Ring({ maxCount, maxBytes });
        for (const [index, size] of sizes.entries()) ring.push(delivery(index + 1, "x".repeat(size)));
        const held = ring.after(ring.base.offset, { maxCount: Infinity, maxBytes: Infinity });
        expect(held.length).toBeLessThanOrEqual(maxCount);
        expect(held.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(maxBytes);
        expect(ring.top.offset).toBe(sizes.length);
        expect(offsetsOf(held)).toEqual(held.map((_, index) => ring.base.offset + 1 + index));
      },
    ),
  );
});
