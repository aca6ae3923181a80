/** A place in a channel's log as a word of a command line: `17.0a1b2c3d.9f3ca0b1c2d3e4f5`, its offset first. */
import type { Position } from "../wire/index.ts";

export function formatPosition({ epoch, offset, tag }: Position): string {
  return `${offset}.${tag.toString(16).padStart(8, "0")}.${epoch}`;
}

/** Undefined for a text that is no position. */
export function parsePosition(text: string): Position | undefined {
  const [, offset, tag, epoch] = /^(\d{1,15})\.([0-9a-f]{8})\.([0-9a-f]{16})$/.exec(text) ?? [];
  if (offset === undefined || tag === undefined || epoch === undefined) return undefined;
  return { epoch, offset: Number(offset), tag: Number.parseInt(tag, 16) };
}
