import type { WireError } from "../wire/index.ts";
import type { GatewayEffect, QuestionEffect, Questions, Results, SettledInput } from "./effects.ts";

type Waiting = { readonly [Type in keyof Results]: Map<number, (result: Results[Type]) => void> };

/** The effects of one step, the moment it happens at, and who waits for the result of a question. */
export class Outbox {
  readonly #waiting: Waiting = {
    authenticate: new Map(),
    authorize: new Map(),
    validate: new Map(),
    call: new Map(),
    append: new Map(),
    recall: new Map(),
    read: new Map(),
    compare: new Map(),
    join: new Map(),
  };
  /** How many requests were refused, by the code of the error. */
  readonly refusedCounts: Map<WireError["code"], number> = new Map();
  #effects: GatewayEffect[] = [];
  #request = 0;
  #nowMs = 0;

  /** The moment of the current step. */
  get nowMs(): number {
    return this.#nowMs;
  }

  begin(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  countRefusal(code: WireError["code"]): void {
    this.refusedCounts.set(code, (this.refusedCounts.get(code) ?? 0) + 1);
  }

  push(effect: Exclude<GatewayEffect, QuestionEffect>): void {
    this.#effects.push(effect);
  }

  /** Emits a question; `then` is called with its result, in a later step. */
  ask<Type extends keyof Questions>(
    type: Type,
    question: Questions[Type],
    then: (result: Results[Type]) => void,
  ): void {
    this.#request += 1;
    this.#waiting[type].set(this.#request, then);
    // The compiler does not see that a union's member is rebuilt from its own parts.
    this.#effects.push({ ...question, type, request: this.#request } as unknown as QuestionEffect);
  }

  /** A result for a question that nobody asked, or the second one, is ignored. */
  settle<Type extends keyof Results>(input: Extract<SettledInput, { readonly question: Type }>): void {
    const waiting = this.#waiting[input.question as Type];
    const then = waiting.get(input.request);
    waiting.delete(input.request);
    then?.(input.result as Results[Type]);
  }

  take(): readonly GatewayEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
