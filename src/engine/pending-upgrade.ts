import type { Duplex } from "node:stream";
import { cutSocket } from "./caller.ts";
import type { TimerWheel, WheelTimer } from "./timer-wheel.ts";

/** What a {@link PendingUpgrade} is made from. */
export interface PendingUpgradeOptions<Answer> {
  readonly socket: Duplex;
  readonly timers: TimerWheel;
  readonly timeoutMs: number;
  /** The answer when the deadline passes first. */
  readonly lateAnswer: Answer;
  /** Called once with the first answer; not at all if the peer leaves before. */
  readonly onAnswer: (answer: Answer) => void;
  /** Called once, whatever comes first, before `onAnswer`. */
  readonly onSettled: (pending: PendingUpgrade<Answer>) => void;
}

/** A handshake whose `upgrade` handler is still thinking: it ends with an answer, at the deadline, or when the peer leaves. */
export class PendingUpgrade<Answer> {
  readonly #options: PendingUpgradeOptions<Answer>;
  readonly #deadline: WheelTimer;
  readonly #leave = (): void => {
    if (this.#settle()) cutSocket(this.#options.socket);
  };
  #isSettled = false;

  constructor(options: PendingUpgradeOptions<Answer>) {
    this.#options = options;
    this.#deadline = options.timers.schedule(options.timeoutMs, () => this.answer(options.lateAnswer));
    options.socket.once("close", this.#leave);
    options.socket.once("end", this.#leave);
  }

  /** Answers, unless it is settled. */
  answer(answer: Answer): void {
    if (this.#settle()) this.#options.onAnswer(answer);
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    const { socket, timers } = this.#options;
    timers.cancel(this.#deadline);
    socket.off("close", this.#leave);
    socket.off("end", this.#leave);
    this.#options.onSettled(this);
    return true;
  }
}
