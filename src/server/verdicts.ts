import type { Results } from "../gateway/index.ts";

type Verdict = Results["validate"];
type Then = (verdict: Verdict) => void;

export interface VerdictsOptions {
  /** Verdicts that are kept; past it the oldest goes. */
  readonly maxCount: number;
  /** What their data may take, in characters of JSON; past it likewise. */
  readonly maxChars: number;
  /** How long one is kept, in milliseconds. */
  readonly windowMs: number;
  /** Of a clock that never goes back. */
  readonly steadyMs: () => number;
}

/**
 * What `handle` said of the messages that were published last: it is asked once a message, however often the message comes and
 * however many copies of it are under way. One that is forgotten is judged anew, so this bounds work and memory, not safety: what was
 * stored stays what it is.
 */
export class Verdicts {
  readonly #options: VerdictsOptions;
  /** Oldest first. */
  readonly #kept = new Map<string, { readonly verdict: Verdict; readonly chars: number; readonly atMs: number }>();
  /** Who waits for the verdict on a message that is being judged. */
  readonly #waiting = new Map<string, Then[]>();
  #chars = 0;

  constructor(options: VerdictsOptions) {
    this.#options = options;
  }

  /**
   * Gives the verdict on a message, asking for it only if it is not known.
   *
   * @param key - of the message and its content: other content under the same id is another message here.
   */
  judge(key: string, ask: (then: Then) => void, then: Then): void {
    this.#sweep();
    const kept = this.#kept.get(key);
    if (kept !== undefined) return then(kept.verdict);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return void waiting.push(then);
    const all = [then];
    this.#waiting.set(key, all);
    ask((verdict) => {
      this.#waiting.delete(key);
      if (isFinal(verdict)) this.#keep(key, verdict);
      for (const one of all) one(verdict);
    });
  }

  #keep(key: string, verdict: Verdict): void {
    const chars = verdict.type === "valid" ? verdict.data.length : 0;
    this.#kept.set(key, { verdict, chars, atMs: this.#options.steadyMs() });
    this.#chars += chars;
    this.#sweep();
  }

  #sweep(): void {
    const { maxChars, maxCount, steadyMs, windowMs } = this.#options;
    const oldestMs = steadyMs() - windowMs;
    for (const [key, { atMs, chars }] of this.#kept) {
      if (this.#kept.size <= maxCount && this.#chars <= maxChars && atMs >= oldestMs) return;
      this.#kept.delete(key);
      this.#chars -= chars;
    }
  }
}

/** A yes, or a refusal that the application meant. What failed may be asked again. */
function isFinal(verdict: Verdict): boolean {
  return verdict.type === "valid" || (verdict.type === "failed" && verdict.error.code.startsWith("app:"));
}
