import { expect, test } from "vitest";
import { Slab } from "./slab.ts";

test("[EN27] what is given back is the next that is set aside", () => {
  const slab = new Slab(100);
  slab.reserve(50);
  slab.giveBack(20);
  expect(slab.reserve(10)).toBe(30);
});
