import { decodeClientOp, type DecodedOp, readClientOp } from "./decode.ts";
import { type Codec, subprotocols } from "./messages.ts";
import { readMsgpackValues } from "./msgpack-frames.ts";

/** How a frame of a client is read. */
export interface FrameReading {
  readonly codec: Codec;
  readonly maxOperationCount: number;
}

/** The most that `String.split` counts to. */
const maxSplitCount = 0xffff_ffff;

/**
 * Reads a frame of a client: one operation, or several one behind the other, in JSON with a line feed between two. Each is read as if it
 * had come alone, so one that is refused does not cost the others; a frame of more than `maxOperationCount` is refused as a whole, unread.
 */
export function decodeClientFrame(
  frame: string | Uint8Array,
  { codec, maxOperationCount }: FrameReading,
): readonly DecodedOp[] {
  const isText = typeof frame === "string";
  if (isText && codec === "json") {
    const texts = frame.split("\n", Math.min(maxOperationCount + 1, maxSplitCount));
    return texts.length > maxOperationCount ? [tooMany(maxOperationCount)] : texts.map(decodeClientOp);
  }
  if (!isText && codec === "msgpack") {
    const values = readMsgpackValues(frame, maxOperationCount);
    return values.length > maxOperationCount ? [tooMany(maxOperationCount)] : values.map(readClientOp);
  }
  const [is, must] = isText ? ["text", "binary"] : ["binary", "text"];
  return [refuse("BAD_MESSAGE", `Cannot read a ${is} message: ${subprotocols[codec]} is ${must}`)];
}

function tooMany(maxOperationCount: number): DecodedOp {
  return refuse("TOO_BIG", `Cannot read a frame of more than ${maxOperationCount} operations`);
}

function refuse(code: "BAD_MESSAGE" | "TOO_BIG", message: string): DecodedOp {
  return { type: "refused", error: { code, message } };
}
