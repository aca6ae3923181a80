import { expect, test } from "vitest";
import { Slab } from "./slab.ts";

test("[EN27] memory is used again when nobody reads it any more, and not before", () => {
  const slab = new Slab(100);
  expect([slab.reserve(40), slab.reserve(40)]).toEqual([0, 40]);
  const { block } = slab;
  slab.reuse();
  expect([slab.reserve(10), slab.block]).toEqual([0, block]);
  slab.hold();
  slab.reuse();
  expect([slab.reserve(10), slab.block]).toEqual([10, block]);
  expect([slab.reserve(90), slab.block === block]).toEqual([0, false]);
  slab.reuse();
  expect(slab.reserve(1)).toBe(0);
});

test("[EN27] what is given back is the next that is set aside; a larger block than usual is not kept", () => {
  const slab = new Slab(100);
  slab.reserve(50);
  slab.giveBack(20);
  expect(slab.reserve(10)).toBe(30);
  slab.reserve(1000);
  slab.reuse();
  slab.reserve(1);
  expect(slab.block).toHaveLength(100);
});
