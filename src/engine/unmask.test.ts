import fc from "fast-check";
import { expect, test } from "vitest";
import { applyMask } from "../protocol/index.ts";
import { createVectorMemory, sharedReadBuffer, unmask, type WebAssemblyHost } from "./unmask.ts";

const host = (globalThis as unknown as { readonly WebAssembly: WebAssemblyHost }).WebAssembly;

const lengths = fc.oneof(fc.nat(64), fc.integer({ min: 120, max: 200 }), fc.nat(3000));
const payloads = fc.record({ start: fc.nat(130), length: lengths, phase: fc.nat(2 ** 30), key: fc.integer() });

test("[EN133] this Node has the vectors: what lies in the shared memory is unmasked by the RFC's rule, and nothing else is touched", () => {
  const shared = sharedReadBuffer();
  expect(createVectorMemory(host)).toBeDefined();
  expect(shared.length).toBe(256 * 1024);
  fc.assert(
    fc.property(payloads, ({ start, length, phase, key }) => {
      const used = shared.subarray(0, start + length + 200);
      for (let at = 0; at < used.length; at++) used[at] = at * 31;
      const expected = Uint8Array.from(used);
      applyMask(expected, start, start + length, key, phase);
      unmask(shared, start, start + length, key, phase);
      expect(used.equals(expected)).toBe(true);
    }),
  );
});

test("[EN133] up to the memory's last byte", () => {
  const shared = sharedReadBuffer();
  shared.fill(0x61);
  expect(unmask(shared, shared.length - 640, shared.length, 0x01020304, 0)).toBe(true);
  expect(shared.subarray(-4)).toEqual(Buffer.from([0x60, 0x63, 0x62, 0x65]));
  expect(shared.at(-641)).toBe(0x61);
});

test("[EN133] it tells ASCII from what is not, wherever the one byte beyond it lies", () => {
  const shared = sharedReadBuffer();
  const key = 0x81828384 | 0;
  for (const length of [64, 65, 127, 128, 190, 700]) {
    for (let odd = -1; odd < length; odd++) {
      shared.fill("a", 3, 3 + length);
      if (odd >= 0) shared[3 + odd] = 0xc3;
      unmask(shared, 3, 3 + length, key, 1);
      expect(unmask(shared, 3, 3 + length, key, 1), `${length} bytes, number ${odd}`).toBe(odd === -1);
    }
  }
});

test("[EN133] other memory is unmasked as well", () => {
  const bytes = new Uint8Array(500).fill(0x61);
  unmask(bytes, 0, 500, 0x01020304, 0);
  const masked = [0x60, 0x63, 0x62, 0x65];
  expect([...bytes]).toEqual(Array.from(bytes, (_byte, at) => masked[at % 4]));
});

test("[EN133] without WebAssembly, without SIMD, or without room for it, there are no vectors and no error", () => {
  expect(createVectorMemory(undefined)).toBeUndefined();
  expect(createVectorMemory({ ...pick(host), validate: () => false })).toBeUndefined();
  const full = class {
    constructor() {
      throw new RangeError("could not allocate memory");
    }
  };
  expect(createVectorMemory({ ...pick(host), Memory: full as never })).toBeUndefined();
});

/** Its members can not be enumerated. */
function pick({ Instance, Memory, Module }: WebAssemblyHost): WebAssemblyHost {
  return { Instance, Memory, Module, validate: (program) => host.validate(program) };
}
