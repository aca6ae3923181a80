import fc from "fast-check";
import { expect, test } from "vitest";
import { History } from "./history.ts";

test("[PD16] it holds the last bytes of all that was added, a window of them at most", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 12 });
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 10 }), pieces, (windowBits, added) => {
      const history = new History(windowBits);
      for (const piece of added) history.append(piece);
      const all = Buffer.concat(added);
      const expected = all.subarray(Math.max(0, all.length - 2 ** windowBits));
      expect(Buffer.compare(history.dictionary ?? Buffer.alloc(0), expected)).toBe(0);
      expect(history.dictionary === undefined).toBe(all.length === 0);
    }),
    { numRuns: 300 },
  );
});

test("[PD16] its memory grows with what was added, to the window and no farther", () => {
  const history = new History(15);
  const sizes = [1, 2, 600, 100_000, 5].map((byteCount) => {
    history.append(new Uint8Array(byteCount));
    return history.dictionary?.buffer.byteLength;
  });
  expect(sizes).toEqual([1, 4, 1024, 2 ** 15, 2 ** 15]);
});
