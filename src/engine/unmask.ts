import { applyMask } from "../protocol/index.ts";

// What a read makes room for. Node would allocate 64 KiB anew for every read, and copy what came out of it.
const readBytes = 256 * 1024;
const pageBytes = 64 * 1024;

/**
 * ```wat
 * (module
 *   (import "e" "m" (memory 1))
 *   ;; xors bytes [at, end), a multiple of 64 and at least that, with a key of four bytes; not 0 if one is not ASCII then
 *   (func (export "x") (param $at i32) (param $end i32) (param $key i32) (result i32) (local $keys v128) (local $seen v128) (local $word v128)
 *     (local.set $keys (i32x4.splat (local.get $key)))
 *     (loop $next
 *       ;; four times, with offset 0, 16, 32 and 48
 *       (v128.store (local.get $at) (local.tee $word (v128.xor (v128.load (local.get $at)) (local.get $keys))))
 *       (local.set $seen (v128.or (local.get $seen) (local.get $word)))
 *       (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 64))) (local.get $end))))
 *     (i8x16.bitmask (local.get $seen))))
 * ```
 */
const program: Buffer = Buffer.from(
  "AGFzbQEAAAABCAFgA39/fwF/AggBAWUBbQIAAQMCAQAHBQEBeAAACokBAYYBAQN7IAL9ESEDA0AgACAA/QAAACAD/VEiBf0LAAAgBCAF" +
    "/VAhBCAAIAD9AAAQIAP9USIF/QsAECAEIAX9UCEEIAAgAP0AACAgA/1RIgX9CwAgIAQgBf1QIQQgACAA/QAAMCAD/VEiBf0LADAgBCAF/VAh" +
    "BCAAQcAAaiIAIAFJDQALIAT9ZAs=",
  "base64",
);
const stepBytes = 64;

/** As much of `WebAssembly` as is asked for here; Node's types have none of it. */
export interface WebAssemblyHost {
  validate(program: Uint8Array): boolean;
  Module: new (program: Uint8Array) => object;
  Memory: new (options: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

type MaskSteps = (at: number, end: number, key: number) => number;

/** Memory to read into, and what masks it 16 bytes at a time. */
export interface VectorMemory {
  readonly buffer: Buffer;
  /** Only of `buffer`, and only in multiples of 64 bytes. */
  readonly maskSteps: MaskSteps;
}

/** Undefined where there is no WebAssembly, no SIMD in it, or no address space: then {@link applyMask} does it all. */
export function createVectorMemory(host: WebAssemblyHost | undefined): VectorMemory | undefined {
  if (host === undefined || !host.validate(program)) return undefined;
  try {
    const pageCount = readBytes / pageBytes;
    const memory = new host.Memory({ initial: pageCount, maximum: pageCount });
    const { exports } = new host.Instance(new host.Module(program), { e: { m: memory } });
    return { buffer: Buffer.from(memory.buffer), maskSteps: exports["x"] as MaskSteps }; // what the program exports
  } catch {
    return undefined;
  }
}

let shared: Buffer | undefined;
let maskShared: MaskSteps | undefined;

/** What all sockets are read into where they are read past their streams. */
export function sharedReadBuffer(): Buffer {
  if (shared === undefined) {
    const vectors = createVectorMemory((globalThis as { readonly WebAssembly?: WebAssemblyHost }).WebAssembly);
    shared = vectors?.buffer ?? Buffer.allocUnsafeSlow(readBytes);
    maskShared = vectors?.maskSteps;
  }
  return shared;
}

/** Whether these bytes lie in {@link sharedReadBuffer}: the next read overwrites them. */
export function isReadBuffer(bytes: Uint8Array): boolean {
  return bytes.buffer === shared?.buffer;
}

/** As {@link applyMask}, which does what does not lie in {@link sharedReadBuffer}; there ASCII is told whatever the length. */
export function unmask(bytes: Uint8Array, start: number, end: number, maskingKey: number, phase: number): boolean {
  if (bytes !== shared || maskShared === undefined || end - start < stepBytes) {
    return applyMask(bytes, start, end, maskingKey, phase);
  }
  const stepsEnd = end - ((end - start) % stepBytes);
  const seen = maskShared(start, stepsEnd, toWord(maskingKey, phase));
  // 64 is a multiple of four: the phase is the same there.
  return applyMask(bytes, stepsEnd, end, maskingKey, phase) && seen === 0;
}

/** The key from its byte number `phase` on, as the little-endian word it is in memory. */
function toWord(maskingKey: number, phase: number): number {
  const bits = (phase & 3) << 3;
  const key = (maskingKey << bits) | (maskingKey >>> (32 - bits));
  return (key << 24) | ((key << 8) & 0xff0000) | ((key >>> 8) & 0xff00) | (key >>> 24);
}
