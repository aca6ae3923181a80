import fc from "fast-check";
import { expect, test } from "vitest";
import { SmallMap } from "./small-map.ts";

const key = fc.constantFrom("a", "b", "c");
const step = fc.oneof(
  fc.record({ type: fc.constant("set" as const), key, value: fc.option(fc.nat(9), { nil: undefined }) }),
  fc.record({ type: fc.constant("delete" as const), key }),
);

test("[SE12] a small map is a map, whatever is done to it", () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const map = new Map<string, number | undefined>();
      const small = new SmallMap<string, number | undefined>();
      for (const one of steps) {
        if (one.type === "set") {
          map.set(one.key, one.value);
          small.set(one.key, one.value);
        } else {
          map.delete(one.key);
          small.delete(one.key);
        }
        expect(small.entries()).toEqual([...map]);
        expect(small.size).toBe(map.size);
        const keys = ["a", "b", "c"];
        expect(keys.map((each) => small.get(each))).toEqual(keys.map((each) => map.get(each)));
        expect(keys.map((each) => small.has(each))).toEqual(keys.map((each) => map.has(each)));
      }
    }),
  );
});
