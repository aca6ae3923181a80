/** A publish that waits to be stored. */
export interface Outgoing {
  readonly ticket: number;
  readonly event: string;
  readonly id: string;
  /** JSON text, made when the application handed the data over: a retry sends the same. */
  readonly data: string;
  /** The text is base64 of bytes. */
  readonly hasBytes: boolean;
  /** The application does not want to hear it itself. */
  readonly isSilent: boolean;
  /** On the wire, unanswered. */
  isInFlight: boolean;
  /** When it was first sent, if it may be stored since: the line broke before the answer came, or it is sent anew. */
  uncertainSinceMs: number | undefined;
  firstSentAtMs: number;
}

/**
 * The publishes of one room, stored in the order they were handed over: one is in flight, the rest wait for its answer. Only so
 * does a retry of one (rate limit, broken line) never come after a later one was stored.
 */
export class Outbox {
  readonly #waiting: Outgoing[] = [];

  add(outgoing: Omit<Outgoing, "isInFlight" | "firstSentAtMs">): void {
    this.#waiting.push({ ...outgoing, isInFlight: false, firstSentAtMs: 0 });
  }

  /** The next to send, marked as in flight; nothing while one is. */
  take(nowMs: number): Outgoing | undefined {
    const first = this.#waiting[0];
    if (first === undefined || first.isInFlight) return undefined;
    first.isInFlight = true;
    first.firstSentAtMs = first.uncertainSinceMs ?? nowMs;
    return first;
  }

  /** It was refused for now: nothing was stored by this try. */
  putBack(outgoing: Outgoing): void {
    outgoing.isInFlight = false;
  }

  /** Its answer will not come: whether it was stored is not known until the retry is answered. */
  loseLine(): void {
    for (const outgoing of this.#waiting.filter(({ isInFlight }) => isInFlight)) {
      outgoing.isInFlight = false;
      outgoing.uncertainSinceMs = outgoing.firstSentAtMs;
    }
  }

  /** Takes it out: stored, refused for good, or given up. Whether it was still there. */
  remove(outgoing: Outgoing): boolean {
    const index = this.#waiting.indexOf(outgoing);
    if (index !== -1) this.#waiting.splice(index, 1);
    return index !== -1;
  }

  /** As it is now: what is removed meanwhile is still visited. */
  [Symbol.iterator](): Iterator<Outgoing> {
    return [...this.#waiting].values();
  }
}
