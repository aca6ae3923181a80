/** Where a {@link TimerWheel} gets its time from. Tests hand in their own. */
export interface WheelClock {
  /** Milliseconds on a clock that never jumps. */
  nowMs(): number;
  /** Calls `tick` every `everyMs` until the returned function is called. Does not keep the process alive. */
  startTicking(tick: () => void, everyMs: number): () => void;
}

/** One entry of a {@link TimerWheel}: hand it to `cancel`. */
export interface WheelTimer {
  /** Whether it is still to fire. */
  readonly isPending: boolean;
}

/** The list node of a timer. A slot is a ring: its sentinel points at itself when empty. */
class Node implements WheelTimer {
  isPending = false;
  dueTick = 0;
  readonly callback: (argument: unknown) => void;
  readonly argument: unknown;
  previous: Node = this;
  next: Node = this;

  constructor(callback: (argument: unknown) => void, argument: unknown) {
    this.callback = callback;
    this.argument = argument;
  }
}

/**
 * All the deadlines of many connections on one coarse interval: scheduling and cancelling are a few pointer writes, whatever the
 * number of timers. A timer fires never early and at most one tick late.
 *
 * Engines share one wheel per process; make one of your own to test with a clock of your own.
 */
export class TimerWheel {
  readonly #tickMs: number;
  readonly #clock: WheelClock;
  readonly #slots: Node[] = [];
  #lastTick = 0;
  #pendingCount = 0;
  #stopTicking: (() => void) | undefined;

  /** @param options - `tickMs`: how coarse it is, in milliseconds, default 100; `slotCount`: default 512. */
  constructor(options: { readonly tickMs?: number; readonly slotCount?: number; readonly clock?: WheelClock } = {}) {
    this.#tickMs = options.tickMs ?? 100;
    this.#clock = options.clock ?? monotonicClock;
    for (let index = 0; index < (options.slotCount ?? 512); index++) this.#slots.push(new Node(doNothing, undefined));
  }

  /** How many timers are to fire. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** The wheel's time in milliseconds: at most one tick old while any timer is pending, so reading it costs nothing. */
  get nowMs(): number {
    return this.#stopTicking === undefined ? this.#clock.nowMs() : this.#lastTick * this.#tickMs;
  }

  /** The clock's own time in milliseconds, read now: for what is shorter than a tick. */
  get clockMs(): number {
    return this.#clock.nowMs();
  }

  /**
   * Calls `callback` once, in `delayMs` milliseconds. `Infinity` never fires.
   *
   * @param argument - what it is called with: one function then serves any number of timers.
   */
  schedule(delayMs: number, callback: () => void): WheelTimer;
  schedule<Argument>(delayMs: number, callback: (argument: Argument) => void, argument: Argument): WheelTimer;
  schedule(delayMs: number, callback: (argument: unknown) => void, argument?: unknown): WheelTimer {
    if (delayMs === Infinity) return neverTimer;
    this.#start();
    const node = new Node(callback, argument);
    node.isPending = true;
    this.#pendingCount++;
    // Rounded up from the true time, not from the last tick's: never early.
    this.#insert(node, Math.max(this.#lastTick + 1, Math.ceil((this.#clock.nowMs() + delayMs) / this.#tickMs)));
    return node;
  }

  /** Takes a timer out. Does nothing for one that has fired, or for `undefined`. */
  cancel(timer: WheelTimer | undefined): void {
    if (timer === undefined || !timer.isPending) return;
    this.#remove(timer as Node); // every pending WheelTimer is a Node: only schedule() makes them
    this.#stopWhenIdle();
  }

  #start(): void {
    if (this.#stopTicking !== undefined) return;
    this.#lastTick = Math.floor(this.#clock.nowMs() / this.#tickMs);
    this.#stopTicking = this.#clock.startTicking(() => this.#tick(), this.#tickMs);
  }

  #stopWhenIdle(): void {
    if (this.#pendingCount > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  #insert(node: Node, dueTick: number): void {
    node.dueTick = dueTick;
    const sentinel = this.#slotOf(dueTick);
    node.previous = sentinel.previous;
    node.next = sentinel;
    node.previous.next = node;
    sentinel.previous = node;
  }

  #remove(node: Node): void {
    node.previous.next = node.next;
    node.next.previous = node.previous;
    node.previous = node.next = node;
    node.isPending = false;
    this.#pendingCount--;
  }

  #slotOf(tick: number): Node {
    return this.#slots[tick % this.#slots.length] as Node; // the remainder is an index of it
  }

  /** Catches up to the clock: after a stall every slot passed over is visited once, in order. */
  #tick(): void {
    const untilTick = Math.floor(this.#clock.nowMs() / this.#tickMs);
    const fromTick = Math.max(this.#lastTick + 1, untilTick - this.#slots.length + 1);
    this.#lastTick = Math.max(this.#lastTick, untilTick);
    for (let tick = fromTick; tick <= untilTick; tick++) this.#fire(this.#slotOf(tick), untilTick);
    this.#stopWhenIdle();
  }

  #fire(sentinel: Node, nowTick: number): void {
    const due: Node[] = [];
    for (let node = sentinel.next; node !== sentinel; node = node.next) if (node.dueTick <= nowTick) due.push(node);
    for (const node of due) {
      if (!node.isPending) continue; // cancelled by one that fired before it
      this.#remove(node);
      node.callback(node.argument);
    }
  }
}

const neverTimer: WheelTimer = Object.freeze({ isPending: false });

function doNothing(): void {}

const monotonicClock: WheelClock = {
  nowMs: () => performance.now(),
  startTicking(tick, everyMs) {
    const interval = setInterval(tick, everyMs);
    interval.unref();
    return () => clearInterval(interval);
  },
};

let shared: TimerWheel | undefined;

/** The process's wheel. */
export function sharedTimerWheel(): TimerWheel {
  shared ??= new TimerWheel();
  return shared;
}
