import type { ServerMessage, TappedFrameMessage, TapTarget } from "switchboard/console";
import { describePayload, type FrameAnatomy, readFrames } from "../lab/anatomy.ts";
import { decodeBase64 } from "../lab/bytes.ts";

/** A frame that was tapped, taken apart. */
export interface TappedFrame extends FrameAnatomy {
  readonly number: number;
  readonly atMs: number;
  readonly direction: "in" | "out";
  /** Header and payload; `bytes` may be its beginning only. */
  readonly byteCount: number;
  /** In a line, for a list. */
  readonly says: string;
}

/** What a tap has shown. */
export interface TapState {
  readonly target: TapTarget | undefined;
  readonly isRunning: boolean;
  /** Oldest first, the newest 500. */
  readonly frames: readonly TappedFrame[];
  /** Those that went by too fast to be shown. */
  readonly droppedCount: number;
  readonly endedBecause: string;
}

const keptFrameCount = 500;

/** Nothing is tapped. */
export const noTap: TapState = { target: undefined, isRunning: false, frames: [], droppedCount: 0, endedBecause: "" };

export function startTap(target: TapTarget): TapState {
  return { ...noTap, target, isRunning: true };
}

export function takeFrames(
  state: TapState,
  { droppedCount, frames }: Extract<ServerMessage, { readonly type: "frames" }>,
): TapState {
  return {
    ...state,
    frames: [...state.frames, ...frames.flatMap(takeApart)].slice(-keptFrameCount),
    droppedCount: state.droppedCount + droppedCount,
  };
}

function takeApart({ atMs, byteCount, bytes, direction, number }: TappedFrameMessage): readonly TappedFrame[] {
  const [anatomy] = readFrames(decodeBase64(bytes));
  return anatomy === undefined ? [] : [{ ...anatomy, number, atMs, direction, byteCount, says: summarize(anatomy) }];
}

const [shownChars, shownValueChars] = [160, 60] as const;

/** What tells one message from the next: its type, channel, event and place, or how it begins where it is no message of ours. */
function summarize(anatomy: FrameAnatomy): string {
  const text = describePayload(anatomy);
  const [first = "", ...others] = anatomy.opcode === "text" ? text.split("\n") : [text];
  const parts = partsOf(first);
  if (parts === undefined) return text.slice(0, shownChars);
  return [...parts, ...(others.length === 0 ? [] : [`and ${others.length} more`])].join(" ");
}

const fieldPattern = /"(type|channel|event|method|offset|code)":("(?:[^"\\]|\\.)*"|\d+)/g;

/** A frame may be cut where the tap cuts it, and still begins as a message does: so it is looked at, not parsed. */
function partsOf(text: string): readonly string[] | undefined {
  if (!text.startsWith('{"type"')) return undefined;
  const known = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(fieldPattern)) {
    // What stands first is the message's own; what follows may be in its data.
    if (!known.has(name)) known.set(name, value.replaceAll('"', "").slice(0, shownValueChars));
  }
  const offset = known.get("offset");
  const parts = ["type", "channel", "event", "method", "code"].map((name) => known.get(name));
  return [...parts, offset === undefined ? undefined : `#${offset}`].filter((part) => part !== undefined);
}
