import { type Head, headAt } from "./msgpack-head.ts";
import { jsonLimits } from "./parse-json.ts";

/** A value of MessagePack, or why it is refused: the limits are those of JSON, and so is what can be said. */
export type UnpackedValue =
  /** `bytesCount`: how many byte strings are in it, which JSON has not. */
  | { readonly type: "value"; readonly value: unknown; readonly bytesCount: number }
  /** `value` is as much of it as could be read: its request id may be there. */
  | { readonly type: "refused"; readonly reason: string; readonly value?: unknown };

/** Where the values of a frame lie. */
export interface Span {
  readonly start: number;
  /** Absent: it is no MessagePack, and where it would end is not known. */
  readonly end?: number;
}

/** The values of a frame, one behind the other, at most so many: each is seen to be whole before anything is built of it. */
export function findSpans(bytes: Uint8Array, maxCount: number): readonly Span[] {
  const view = viewOf(bytes);
  const spans: Span[] = [];
  let start = 0;
  do {
    const end = findEnd(view, start);
    if (end === undefined) return [...spans, { start }];
    spans.push({ start, end });
    start = end;
  } while (start < bytes.length && spans.length < maxCount);
  return spans;
}

/**
 * Reads one value that `findSpans` has found.
 *
 * Refused, beside what JSON refuses: extensions, timestamps among them; keys that are no text; integers beyond 2⁵³; texts that are not
 * UTF-8. Keys like `__proto__` are plain own properties, as `JSON.parse` makes them. The other ways to write the same, as a small
 * integer in eight bytes, are read.
 */
export function unpack(bytes: Uint8Array, { end, start }: Span): UnpackedValue {
  if (end === undefined) return { type: "refused", reason: "it is not MessagePack" };
  const unpacker = new Unpacker(bytes, start);
  const value = unpacker.read(1);
  const { bytesCount, fault: reason } = unpacker;
  return reason === undefined ? { type: "value", value, bytesCount } : { type: "refused", reason, value };
}

/** Where the value at `at` ends. Without recursion: it may nest as deep as it likes. */
function findEnd(view: DataView, start: number): number | undefined {
  let at = start;
  for (let waitingCount = 1; waitingCount > 0; waitingCount -= 1) {
    const head = headAt(view, at);
    if (head === undefined) return undefined;
    at = head.end;
    if (head.kind === "list") waitingCount += head.count;
    else if (head.kind === "map") waitingCount += 2 * head.count;
    // Each of them takes a byte at least: a count that is a lie is found out at once.
    if (waitingCount - 1 > view.byteLength - at) return undefined;
  }
  return at;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Shorter texts are mostly ASCII, and read faster by hand. */
const shortTextBytes = 48;

/** Builds one value. A fault does not stop it: what is behind it is wanted too. */
class Unpacker {
  /** The first thing that was wrong. */
  fault: string | undefined;
  bytesCount = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#at = at;
  }

  /** The next value, `depth` levels down: of the whole one 1. */
  read(depth: number): unknown {
    // `findEnd` has been here.
    const head = headAt(this.#view, this.#at) as Head;
    const { count, end, kind, start } = head;
    this.#at = end;
    switch (kind) {
      case "nil":
        return null;
      case "boolean":
        return count === 1;
      case "integer":
        return end === start ? count : this.#integer(head);
      case "float":
        return this.#float(head);
      case "text":
        return this.#text(start, end);
      case "bytes":
        this.bytesCount += 1;
        return this.#bytes.slice(start, end);
      case "list":
        return this.#list(count, depth);
      case "map":
        return this.#map(count, depth);
      default:
        kind satisfies "extension";
        return this.#refuse("it has an extension type");
    }
  }

  #integer({ end, isSigned, start }: Head): unknown {
    switch (end - start) {
      case 1:
        return isSigned ? this.#view.getInt8(start) : this.#view.getUint8(start);
      case 2:
        return isSigned ? this.#view.getInt16(start) : this.#view.getUint16(start);
      case 4:
        return isSigned ? this.#view.getInt32(start) : this.#view.getUint32(start);
      default: {
        const value = Number(isSigned ? this.#view.getBigInt64(start) : this.#view.getBigUint64(start));
        return Number.isSafeInteger(value) ? value : this.#refuse("an integer is beyond 2^53");
      }
    }
  }

  #float({ end, start }: Head): unknown {
    const value = end - start === 4 ? this.#view.getFloat32(start) : this.#view.getFloat64(start);
    return Number.isFinite(value) ? value : this.#refuse("a number is not finite");
  }

  #text(start: number, end: number): unknown {
    if (end - start <= shortTextBytes) {
      let text = "";
      let at = start;
      for (let byte = 0; at < end && (byte = this.#view.getUint8(at)) < 0x80; at++) text += String.fromCharCode(byte);
      if (at === end) return text;
    }
    try {
      return utf8.decode(this.#bytes.subarray(start, end));
    } catch {
      return this.#refuse("a text is not UTF-8");
    }
  }

  #list(count: number, depth: number): unknown {
    if (depth > jsonLimits.maxDepth) return this.#skip(count);
    const list: unknown[] = [];
    for (let index = 0; index < count; index++) list.push(this.read(depth + 1));
    return list;
  }

  #map(count: number, depth: number): unknown {
    if (depth > jsonLimits.maxDepth) return this.#skip(2 * count);
    if (count > jsonLimits.maxKeyCount) this.#refuse(`an object has more than ${jsonLimits.maxKeyCount} keys`);
    const map: Record<string, unknown> = {};
    for (let index = 0; index < count; index++) {
      const key = this.read(depth + 1);
      const value = this.read(depth + 1);
      if (typeof key !== "string") this.#refuse("a key is no text");
      else if (Object.hasOwn(map, key)) this.#refuse("an object has the same key twice");
      else if (key === "__proto__") Object.defineProperty(map, key, { ...own, value });
      else map[key] = value;
    }
    return map;
  }

  /** Passes over values that nest too deep. */
  #skip(count: number): unknown {
    for (let index = 0; index < count; index++) this.#at = findEnd(this.#view, this.#at) as number;
    return this.#refuse(`it nests deeper than ${jsonLimits.maxDepth}`);
  }

  #refuse(fault: string): undefined {
    this.fault ??= fault;
    return undefined;
  }
}

const own = { configurable: true, enumerable: true, writable: true } as const;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
