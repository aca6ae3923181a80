import { type FieldReader, type Range, textRules } from "./field-reader.ts";
import type { Position } from "./messages.ts";

export const integers: Readonly<Record<"safe" | "uint32", Range>> = {
  /** What a JSON number holds exactly in every language that reads it as a double. */
  safe: { min: 0, max: Number.MAX_SAFE_INTEGER },
  uint32: { min: 0, max: 0xffff_ffff },
};

/** Reads the three fields of a position. Whether there ever was such an append is for the log to say. */
export function readPosition(fields: FieldReader): Position {
  return {
    epoch: fields.text("epoch", textRules.epoch),
    offset: fields.integer("offset", integers.safe),
    tag: fields.integer("tag", integers.uint32),
  };
}
