import { decodeClientOp, type DecodedOp } from "./decode.ts";

/** The most that `String.split` counts to. */
const maxSplitCount = 0xffff_ffff;

/**
 * Reads a text frame of a client: one operation, or several with a line feed between two. Each is read as if it had come alone, so one
 * that is refused does not cost the others; a frame of more than `maxOperationCount` is refused as a whole, unread.
 */
export function decodeClientFrame(text: string, maxOperationCount: number): readonly DecodedOp[] {
  const texts = text.split("\n", Math.min(maxOperationCount + 1, maxSplitCount));
  return texts.length > maxOperationCount ? [tooMany(maxOperationCount)] : texts.map(decodeClientOp);
}

function tooMany(maxOperationCount: number): DecodedOp {
  const message = `Cannot read a frame of more than ${maxOperationCount} operations`;
  return { type: "refused", error: { code: "TOO_BIG", message } };
}
