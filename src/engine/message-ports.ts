import { isUtf8 } from "node:buffer";
import type { ConnectionOptions } from "../protocol/index.ts";
import { decodeText } from "./decode-text.ts";
import { unmask } from "./unmask.ts";

/** What Node does faster for a connection than the protocol's own TypeScript. */
export const messagePorts: Pick<ConnectionOptions, "decodeText" | "isUtf8" | "allocate" | "unmask"> = {
  decodeText,
  isUtf8,
  allocate,
  unmask,
};

// Up to this, cleared memory is the cheaper one: it comes with the array, in one piece.
const clearedBytes = 4096;

function allocate(byteCount: number): Uint8Array {
  if (byteCount <= clearedBytes) return new Uint8Array(byteCount);
  return new Uint8Array(Buffer.allocUnsafeSlow(byteCount).buffer);
}
