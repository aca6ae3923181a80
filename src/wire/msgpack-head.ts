/** What a value of MessagePack begins with (https://github.com/msgpack/msgpack/blob/master/spec.md). */

/** `items`: as many values follow as it has; of a map two each. */
type Kind = "nil" | "boolean" | "integer" | "float" | "text" | "bytes" | "list" | "map" | "extension";

export interface Head {
  readonly kind: Kind;
  /** Where what follows the head begins. */
  readonly start: number;
  /** Where it ends; of a list or a map where its items begin. */
  readonly end: number;
  /** Of a list its items, of a map its keys; of a small integer or a boolean itself. */
  readonly count: number;
  /** Of a number, whether it is signed. */
  readonly isSigned: boolean;
}

/** Of the heads 0xc0-0xdf: what it is, and how many bytes its number, or its length, has. */
type Form = readonly [kind: Kind, size: number, isSigned?: true];
const forms: readonly (Form | undefined)[] = [
  ["nil", 0],
  undefined, // 0xc1: "never used"
  ["boolean", 0],
  ["boolean", 0],
  ["bytes", 1],
  ["bytes", 2],
  ["bytes", 4],
  ["extension", 1],
  ["extension", 2],
  ["extension", 4],
  ["float", 4],
  ["float", 8],
  ["integer", 1],
  ["integer", 2],
  ["integer", 4],
  ["integer", 8],
  ["integer", 1, true],
  ["integer", 2, true],
  ["integer", 4, true],
  ["integer", 8, true],
  // A fixed extension: the size is that of its data.
  ["extension", -1],
  ["extension", -2],
  ["extension", -4],
  ["extension", -8],
  ["extension", -16],
  ["text", 1],
  ["text", 2],
  ["text", 4],
  ["list", 2],
  ["list", 4],
  ["map", 2],
  ["map", 4],
];

/** The head at `at`; nothing if the bytes end before what it says follows, or it is none. */
export function headAt(view: DataView, at: number): Head | undefined {
  if (at >= view.byteLength) return undefined;
  const first = view.getUint8(at);
  const head = first < 0xc0 || first > 0xdf ? smallHead(first, at + 1) : largeHead(view, first, at + 1);
  return head === undefined || head.end > view.byteLength ? undefined : head;
}

/** A head that has everything in one byte. */
function smallHead(first: number, start: number): Head {
  if (first < 0x80) return { kind: "integer", start, end: start, count: first, isSigned: false };
  if (first < 0x90) return { kind: "map", start, end: start, count: first & 15, isSigned: false };
  if (first < 0xa0) return { kind: "list", start, end: start, count: first & 15, isSigned: false };
  if (first < 0xc0) return { kind: "text", start, end: start + (first & 31), count: 0, isSigned: false };
  return { kind: "integer", start, end: start, count: first - 256, isSigned: true };
}

function largeHead(view: DataView, first: number, at: number): Head | undefined {
  const form = forms[first - 0xc0];
  if (form === undefined) return undefined;
  const [kind, size, isSigned = false] = form;
  switch (kind) {
    case "nil":
    case "boolean":
      return { kind, start: at, end: at, count: first & 1, isSigned };
    case "integer":
    case "float":
      return { kind, start: at, end: at + size, count: 0, isSigned };
    default: {
      // An extension has a byte for its type in front of its data.
      const typeSize = kind === "extension" ? 1 : 0;
      if (size < 0) return { kind, start: at, end: at + typeSize - size, count: 0, isSigned };
      if (at + size > view.byteLength) return undefined;
      const length = size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : view.getUint32(at);
      const start = at + size;
      const hasItems = kind === "list" || kind === "map";
      return { kind, start, end: hasItems ? start : start + typeSize + length, count: length, isSigned };
    }
  }
}
