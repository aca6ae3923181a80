import type { TraceEntry } from "switchboard/lab";
import { decodeBase64 } from "./bytes.ts";
import { type FrameAnatomy, readFrames } from "./anatomy.ts";

type BytesEntry = TraceEntry & { readonly type: "bytes" };

/** What is known of the page's newest connection. */
export interface Course {
  readonly connected: (TraceEntry & { readonly type: "connected" }) | undefined;
  readonly request: BytesEntry | undefined;
  readonly response: BytesEntry | undefined;
  readonly switched: (TraceEntry & { readonly type: "switched" }) | undefined;
  readonly refused: (TraceEntry & { readonly type: "refused" }) | undefined;
  readonly frames: readonly SeenFrame[];
  /** The bytes of a frame that is not whole yet, by direction. */
  readonly pending: Readonly<Record<"in" | "out", Uint8Array>>;
  readonly ended: (TraceEntry & { readonly type: "ended" }) | undefined;
  /** What the server made of the newest frame that broke a rule. */
  readonly fault: string | undefined;
}

export interface SeenFrame extends FrameAnatomy {
  readonly number: number;
  readonly direction: "in" | "out";
  readonly atMs: number;
}

const nothing = new Uint8Array();

export const emptyCourse: Course = {
  connected: undefined,
  request: undefined,
  response: undefined,
  switched: undefined,
  refused: undefined,
  frames: [],
  pending: { in: nothing, out: nothing },
  ended: undefined,
  fault: undefined,
};

/** What is known after one more thing has happened. A new connection begins a new course. */
export function follow(course: Course, entry: TraceEntry): Course {
  switch (entry.type) {
    case "connected":
      return { ...emptyCourse, connected: entry };
    case "bytes":
      if (entry.part === "frames") return addFrames(course, entry);
      return entry.direction === "in" ? { ...course, request: entry } : { ...course, response: entry };
    case "switched":
      return { ...course, switched: entry };
    case "refused":
      return { ...course, refused: entry };
    case "event":
      return entry.what === "fail" ? { ...course, fault: entry.detail } : course;
    case "ended":
      return { ...course, ended: entry };
    default:
      return entry satisfies never;
  }
}

function addFrames(course: Course, { direction, atMs, bytes }: BytesEntry): Course {
  const before = course.pending[direction];
  const chunk = decodeBase64(bytes);
  const all = new Uint8Array(before.length + chunk.length);
  all.set(before);
  all.set(chunk, before.length);
  const whole = readFrames(all).filter((frame) => frame.isWhole);
  const used = whole.reduce((sum, frame) => sum + frame.bytes.length, 0);
  const first = course.frames.length + 1;
  const frames = whole.map((frame, index) => ({ ...frame, number: first + index, direction, atMs }));
  return {
    ...course,
    frames: [...course.frames, ...frames],
    pending: { ...course.pending, [direction]: all.slice(used) },
  };
}
