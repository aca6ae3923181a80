import { expect, test } from "vitest";
import { cuts } from "./cuts.ts";

test("[TS3] every cut is the same bytes: whole, byte by byte, and in two at every place", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const all = cuts(bytes);
  expect(all.map(({ name }) => name)).toEqual(["whole", "byte by byte", "cut at 1", "cut at 2", "cut at 3"]);
  expect(all.map(({ chunks }) => chunks.length)).toEqual([1, 4, 2, 2, 2]);
  for (const { chunks } of all) expect(chunks.flatMap((chunk) => [...chunk])).toEqual([1, 2, 3, 4]);
});

test("[TS3] a receiver may write into its chunks; a long vector is cut at maxCount places; nothing and one byte cannot be cut", () => {
  const bytes = new Uint8Array(1000);
  const all = cuts(bytes, 10);
  for (const { chunks } of all) for (const chunk of chunks) chunk.fill(255);
  expect(bytes.every((byte) => byte === 0)).toBe(true);
  expect(all.length).toBe(2 + 10);
  expect([cuts(new Uint8Array(0)).length, cuts(new Uint8Array(1)).length]).toEqual([1, 1]);
});
