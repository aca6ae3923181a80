/** What a run records, one event a line, in the order it happened. The checker sees nothing else. */
import type { Durability, GapReason } from "switchboard/wire";

/** A place in a log. `epoch` and `tag` are absent where the recorder cannot see them. */
export interface RecordedPosition {
  readonly epoch?: string;
  readonly offset: number;
  readonly tag?: number;
}

interface Common {
  /** Milliseconds on a clock that never goes back, the same for every event of the run. */
  readonly atMs: number;
}
interface OfClient extends Common {
  readonly client: string;
  readonly channel: string;
}
interface OfPublish extends OfClient {
  readonly user: string;
  readonly id: string;
}
/** A message as it was published, stored or delivered. `hash` stands for its data. */
export interface OfMessage extends RecordedPosition {
  readonly user: string;
  readonly id: string;
  readonly hash: string;
}

/** A client asks to store a message. Asking again with the same id is the same publish. */
export interface PublishEvent extends OfPublish {
  readonly type: "publish";
  readonly hash: string;
}
export interface AckEvent extends OfPublish, RecordedPosition {
  readonly type: "ack";
  readonly durability: Durability;
  readonly duplicate: boolean;
  /** What this send of it carried, if that may be something else than the first one did. */
  readonly hash?: string;
  /** When that send began: what it stored may be lost again before its answer has come. */
  readonly sentAtMs?: number;
}
/** The publish was refused: it is certainly not stored. */
export interface FailEvent extends OfPublish {
  readonly type: "fail";
  readonly code: string;
}
/** The publisher was told that nobody knows. */
export interface UnknownEvent extends OfPublish {
  readonly type: "unknown";
}
/** Delivery to this client starts after this place. Not recorded again when a client comes back and continues. */
export interface SubscribeEvent extends OfClient, RecordedPosition {
  readonly type: "subscribe";
}
/** The client's handler saw a message. */
export interface ReceiveEvent extends OfClient, OfMessage {
  readonly type: "receive";
}
/** The client was told of a loss: what came after `from` is gone, delivery continues after `to`. */
export interface GapEvent extends OfClient {
  readonly type: "gap";
  readonly from: RecordedPosition;
  readonly to: RecordedPosition;
  readonly reason: GapReason;
}
/** The client was connected and given time: whatever it has not seen by now, it would never see. */
export interface QuietEvent extends OfClient {
  readonly type: "quiet";
}
/** Something was broken on purpose. Acknowledgements at `survivedBy` or above must hold. */
export interface FaultEvent extends Common {
  readonly type: "fault";
  readonly name: string;
  readonly phase: "start" | "stop";
  readonly survivedBy: Durability;
}
/** A client read older messages, oldest first: up to `count` of those before offset `before`. */
export interface PageEvent extends OfClient {
  readonly type: "page";
  readonly before: number;
  readonly count: number;
  readonly messages: readonly OfMessage[];
  readonly more: boolean;
}
/** Somebody found the protocol broken, in a way that readers may not see: a client that put it right, or who listened on its line. */
export interface ComplaintEvent extends OfClient {
  readonly type: "complaint";
  readonly sentence: string;
}
/** One entry of the log as it was read at the end, in order. */
export interface StoredEvent extends Common, OfMessage {
  readonly type: "stored";
  readonly channel: string;
}
export type HistoryEvent =
  | PublishEvent
  | AckEvent
  | FailEvent
  | UnknownEvent
  | SubscribeEvent
  | ReceiveEvent
  | GapEvent
  | QuietEvent
  | FaultEvent
  | PageEvent
  | ComplaintEvent
  | StoredEvent;

/** A history as JSON lines, and back. */
export function writeHistory(events: Iterable<HistoryEvent>): string {
  return [...events].map((event) => `${JSON.stringify(event)}\n`).join("");
}

export function readHistory(lines: string): readonly HistoryEvent[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as HistoryEvent);
}
