import { randomFillSync } from "node:crypto";

// One call of the generator for 2048 keys: drawing each alone costs more than masking a small frame.
const keys = new Uint32Array(2048);
let nextIndex = keys.length;

/** 32 bits nobody can predict, for one frame (RFC 6455 §5.3: "derived from a strong source of entropy"). */
export function createMaskingKey(): number {
  if (nextIndex === keys.length) {
    randomFillSync(keys);
    nextIndex = 0;
  }
  const key = keys[nextIndex] as number; // nextIndex is below the length
  keys[nextIndex++] = 0; // used once, and not kept
  return key;
}
