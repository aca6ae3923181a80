/** Follows a channel: its history, what comes, and across lines that break what was missed. */
import { setTimeout as sleep } from "node:timers/promises";
import type { HistoryMessage, HistoryOp, Position, ServerMessage, Start } from "../wire/index.ts";
import { closedError, GatewayLine, type GatewayLineOptions, LineError } from "./gateway-line.ts";
import { type Backoff, backoffMs, isPassing } from "./line-retry.ts";
import { TailCursor, type TailCursorOptions } from "./tail-cursor.ts";
import type { TailRecord, TailView } from "./tail-view.ts";

/** Where it starts: with the last entries, after a position or an offset, or with what came since a time. */
export type TailStart =
  | { readonly type: "recent"; readonly count: number }
  | { readonly type: "position"; readonly position: Position }
  | { readonly type: "offset"; readonly offset: number }
  | { readonly type: "time"; readonly atMs: number };

export interface TailOptions extends TailCursorOptions {
  readonly line: Omit<GatewayLineOptions, "receive" | "signal">;
  readonly start: TailStart;
  /** Whether it goes on when history is over. */
  readonly follows: boolean;
  /** It ends after so many entries. */
  readonly maxCount: number;
  readonly backoff: Backoff;
  readonly view: TailView;
  readonly signal: AbortSignal;
}

/** Resolves when it was told to stop, or has shown all it was asked for. @throws {LineError} @throws {HandshakeError} for good. */
export function tail(options: TailOptions): Promise<void> {
  return new Tail(options).run();
}

/** Of one read of the log. */
const pageCount = 256;

class Tail {
  readonly #options: TailOptions;
  readonly #cursor: TailCursor;
  #line: GatewayLine | undefined;
  #leftCount: number;
  #isDone = false;
  #isLocating = false;
  /** When the gateway wants us back, from its goodbye on. */
  #returnAfterMs: number | undefined;
  /** What ended the subscription while its line goes on. */
  #refusal: LineError | undefined;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#cursor = new TailCursor(options);
    this.#leftCount = options.maxCount;
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    signal.addEventListener("abort", () => this.#finish(), { once: true });
    let tryCount = 0;
    for (let isFirst = true; !this.#isDone; isFirst = false) {
      const fault = await this.#follow();
      if (this.#isDone) return;
      // A gateway that was never reached may be at another address.
      if (!isPassing(fault) || (isFirst && this.#cursor.position === undefined)) throw fault;
      if (this.#cursor.isLive) tryCount = 0;
      await this.#wait(fault, tryCount++);
    }
  }

  /** One line, from its beginning to its end. Says why it ended. */
  async #follow(): Promise<unknown> {
    this.#isLocating = false;
    try {
      const line = await GatewayLine.open({
        ...this.#options.line,
        signal: this.#options.signal,
        receive: (message) => this.#receive(message),
      });
      this.#line = line;
      if (this.#isDone) return undefined;
      await this.#subscribe(line);
      const info = await line.closed;
      return this.#refusal ?? closedError(info);
    } catch (error) {
      return error;
    } finally {
      this.#line?.close();
      this.#line = undefined;
    }
  }

  async #wait(fault: unknown, tryCount: number): Promise<void> {
    const { backoff, signal, view } = this.#options;
    this.#cursor.lose(performance.now());
    const hinted = fault instanceof LineError ? (this.#returnAfterMs ?? fault.retryAfterMs) : undefined;
    this.#returnAfterMs = undefined;
    const retryInMs = hinted ?? backoffMs(backoff, tryCount, Math.random());
    view.show({ type: "lost", reason: fault instanceof Error ? fault.message : String(fault), retryInMs });
    await sleep(retryInMs, undefined, { signal }).catch(() => {});
  }

  async #subscribe(line: GatewayLine): Promise<void> {
    const { channel, start } = this.#options;
    if (this.#cursor.position === undefined && start.type !== "recent") {
      const position = await this.#locate(line, start);
      if (position !== undefined) this.#cursor.place(position);
    }
    if (!this.#isDone) await line.ask({ type: "subscribe", channel, start: this.#startOf(start) });
  }

  #startOf(start: TailStart): Start {
    const { position } = this.#cursor;
    if (position !== undefined) return { from: "position", position };
    return start.type === "recent" && start.count > 0 ? { from: "recent", count: start.count } : { from: "live" };
  }

  /** The position that it starts after, if it is not where the log ends. */
  async #locate(
    line: GatewayLine,
    start: Exclude<TailStart, { readonly type: "recent" }>,
  ): Promise<Position | undefined> {
    if (start.type === "position") return start.position;
    const { channel } = this.#options;
    // Who may read the history is who is subscribed.
    this.#isLocating = true;
    await line.ask({ type: "subscribe", channel, start: { from: "live" } });
    const position = await (start.type === "offset"
      ? this.#findAt(line, start.offset)
      : this.#findBefore(line, start.atMs));
    await line.ask({ type: "unsubscribe", channel });
    this.#isLocating = false;
    return position;
  }

  /** At an offset: of the entry there only its tag is wanted, with which it is a position. */
  async #findAt(line: GatewayLine, offset: number): Promise<Position | undefined> {
    const { epoch, events } = await this.#ask(line, { after: Math.max(0, offset - 1), count: 1 });
    if (offset === 0) return positionIn(epoch, 0);
    const [entry] = events;
    return entry && positionIn(epoch, offset, entry.offset === offset ? entry.tag : 0);
  }

  /** Just after the last entry that is older than that, looked for from the newest one backwards. */
  async #findBefore(line: GatewayLine, atMs: number): Promise<Position | undefined> {
    let before: number | undefined;
    for (;;) {
      const page = await this.#ask(line, { count: pageCount, before: before ?? Number.MAX_SAFE_INTEGER });
      const older = page.events.findLast((event) => event.atMs < atMs);
      if (older !== undefined) return positionIn(page.epoch, older.offset, older.tag);
      before = page.events[0]?.offset ?? before;
      // What is before the first entry that is kept has no tag any more, or never had one.
      if (!page.more) return before === undefined ? undefined : positionIn(page.epoch, before - 1);
    }
  }

  async #ask(line: GatewayLine, query: Omit<HistoryOp, "channel" | "id" | "type">): Promise<HistoryMessage> {
    const answer = await line.ask({ type: "history", channel: this.#options.channel, ...query });
    if (answer.type === "history") return answer;
    throw new LineError("BAD_MESSAGE", `The gateway answered history with ${answer.type}`);
  }

  #receive(message: ServerMessage): undefined {
    if (message.type === "reconnect") this.#returnAfterMs = message.afterMs;
    if (!this.#isLocating) this.#show(this.#cursor.receive(message, performance.now()));
    if (message.type === "unsubscribed" && message.error !== undefined) {
      const { code, message: reason, retryAfterMs } = message.error;
      this.#refusal = new LineError(code, reason, { retryAfterMs });
      this.#line?.close();
    }
  }

  #show(records: readonly TailRecord[]): void {
    const { follows, view } = this.#options;
    for (const record of records) {
      if (this.#isDone) return;
      const isOver = !follows && (record.type === "live" || record.type === "back");
      if (!isOver) view.show(record);
      if (record.type === "event") this.#leftCount--;
      if (this.#leftCount <= 0 || isOver) this.#finish();
    }
  }

  #finish(): void {
    this.#isDone = true;
    this.#line?.close();
  }
}

/** Undefined in a log that has not begun, and has no name yet. */
function positionIn(epoch: string, offset: number, tag = 0): Position | undefined {
  return epoch === "" ? undefined : { epoch, offset, tag };
}
