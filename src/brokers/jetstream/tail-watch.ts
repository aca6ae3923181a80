import type { KnownLog, OtherLog } from "../../gateway/index.ts";
import type { Position } from "../../wire/index.ts";
import { isSame } from "../others-of.ts";
import type { Deadline } from "./deadline.ts";
import type { LogStream, StreamEnd } from "./log-stream.ts";

/** Where a log ends, by the stream's sequence of its last message. */
interface Top {
  readonly seq: number;
  readonly position: Position;
  /** Until when that is believed without a look. */
  readonly untilMs: number;
}

export interface TailWatchOptions {
  readonly stream: Pick<LogStream, "end" | "stampOf" | "subjectAt" | "subjectOf">;
  /** Of a clock that never goes back. */
  readonly now: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

/** Heard of and not looked at: so many at most. */
const maxHeardCount = 10_000;
/** A message that somebody deletes by hand moves nothing else: so often, on average, every log is read all the same. */
const believedMs = 30_000;

/**
 * Knows of many logs that nothing came to them, by one question: up to where the stream goes. Everything up to a cursor is accounted for: a
 * message that was heard of, by its hint or as this node's own, or one that was looked at because it was not. Whose it is has to be read.
 */
export class TailWatch {
  readonly #options: TailWatchOptions;
  /** By subject. As of the cursor or later. */
  readonly #tops = new Map<string, Top>();
  /** Behind the cursor. */
  readonly #heard = new Set<number>();
  #cursor: StreamEnd | undefined;
  /** Counts where the cursor was. */
  #moveCount = 0;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(options: TailWatchOptions) {
    this.#options = options;
  }

  /** The channel's readers were told of this message. */
  heard(channel: string, seq: number, position: Position): void {
    this.#heard.add(seq);
    if (this.#heard.size > maxHeardCount) this.#restart(undefined);
    const subject = this.#options.stream.subjectOf(channel);
    const top = this.#tops.get(subject);
    if (top !== undefined && top.seq < seq) this.#tops.set(subject, { ...top, seq, position });
  }

  /** A log is about to be read. @returns what takes where it ends, if everything that has come since will still be accounted for. */
  reading(channel: string): (seq: number, position: Position) => void {
    const moveCount = this.#moveCount;
    return (seq, position) => {
      if (moveCount !== this.#moveCount) return;
      const { now, random, stream } = this.#options;
      // Not all at the same time.
      const untilMs = now() + believedMs * (0.5 + random());
      this.#tops.set(stream.subjectOf(channel), { seq, position, untilMs });
    };
  }

  /** Nobody asks for the channel any more. */
  forget(channel: string): void {
    this.#tops.delete(this.#options.stream.subjectOf(channel));
  }

  async compare(known: readonly KnownLog[], deadline: Deadline): Promise<readonly OtherLog[]> {
    await this.catchUp(known.length, deadline);
    const nowMs = this.#options.now();
    return known.flatMap(({ channel, position }) => {
      const top = this.#tops.get(this.#options.stream.subjectOf(channel));
      if (top === undefined || top.untilMs <= nowMs) return [{ channel }];
      return isSame(top.position, position) ? [] : [{ channel, top: top.position }];
    });
  }

  /** Brings the cursor to where the stream ends now, in a look that begins after this call. At most so many messages are looked at for it. */
  catchUp(mostCount: number, deadline: Deadline): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const moving = this.#move(mostCount, deadline);
      this.#running = moving.catch(() => undefined);
      return moving;
    });
    return this.#next;
  }

  async #move(mostCount: number, deadline: Deadline): Promise<void> {
    const { stream } = this.#options;
    const end = await stream.end(deadline);
    const cursor = this.#cursor;
    if (cursor === undefined || !(await this.#continues(cursor, end, deadline))) return this.#restart(end);
    if (end.seq === cursor.seq) return;
    const unheard = this.#unheard(cursor, end, mostCount);
    if (unheard === undefined) return this.#restart(end);
    const subjects = await Promise.all(unheard.map((seq) => stream.subjectAt(seq, deadline)));
    if (this.#cursor !== cursor) return;
    for (const [index, subject = ""] of subjects.entries()) {
      const seq = unheard[index] ?? 0;
      if ((this.#tops.get(subject)?.seq ?? Infinity) < seq) this.#tops.delete(subject);
    }
    this.#moveTo(end);
  }

  /** Whether the stream that ends there has everything up to the cursor: another tail may have taken the numbers of one that was lost. */
  async #continues(cursor: StreamEnd, end: StreamEnd, deadline: Deadline): Promise<boolean> {
    if (end.seq <= cursor.seq) return end.seq === cursor.seq && end.stamp === cursor.stamp;
    return cursor.seq === 0 || (await this.#options.stream.stampOf(cursor.seq, deadline)) === cursor.stamp;
  }

  /** The messages from behind the cursor that nobody told of, if they are few. */
  #unheard(cursor: StreamEnd, end: StreamEnd, mostCount: number): readonly number[] | undefined {
    const unheard: number[] = [];
    for (let seq = cursor.seq + 1; seq <= end.seq; seq += 1) {
      if (!this.#heard.has(seq)) unheard.push(seq);
      if (unheard.length > mostCount) return undefined;
    }
    return unheard;
  }

  /** Every log has to be read. */
  #restart(end: StreamEnd | undefined): void {
    this.#tops.clear();
    this.#moveTo(end);
  }

  #moveTo(end: StreamEnd | undefined): void {
    this.#cursor = end;
    this.#moveCount += 1;
    for (const seq of this.#heard) if (seq <= (end?.seq ?? Infinity)) this.#heard.delete(seq);
  }
}
