import type { CallDefinition, RequestContext, StandardSchema } from "../wire/index.ts";
import { checkSchema } from "./check-schema.ts";

type Params = Readonly<Record<string, string>>;

/** Who calls, and until when somebody waits for the answer. */
export interface CallContext<P = Params> extends RequestContext<P> {
  /** Aborts when `callTimeoutMs` is over: nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** A call of a channel. Made by {@link rpc}. */
export interface ServerCall<Input = unknown, Request = unknown, Output = unknown, P = Params> extends CallDefinition<
  Input,
  Output
> {
  readonly schema: StandardSchema<Input, Request>;
  answer(data: Request, context: CallContext<P>): Promise<Output>;
}

/** What a call is declared with beside its function. */
export interface RpcOptions<Given, Output> {
  /** Judges what the function gives; what it makes of it is what the caller gets. An answer that does not fit is a fault of the server's. */
  readonly result: StandardSchema<Given, Output>;
}

/**
 * Declares a request that the server answers: `await room.roll.call({ sides: 6 })`.
 *
 * A caller must be subscribed, and `authorize` is asked with the action `call`. The function may throw a {@link Refusal}. It runs at most
 * once a call: nobody retries it, and a caller whose line breaks before the answer is told `DISCONNECTED`.
 *
 * @param schema - any Standard Schema. It judges what callers send.
 * @param answer - gives the result, a JSON value or nothing, within the gateway's `callTimeoutMs`.
 *
 * @example
 * ```ts
 * const game = channel("game/:table", {
 *   events: {},
 *   calls: { roll: rpc(z.object({ sides: z.int().min(2) }), ({ sides }) => ({ value: randomInt(sides) + 1 })) },
 * });
 * ```
 */
export function rpc<Input, Request, Output, P = Params>(
  schema: StandardSchema<Input, Request>,
  answer: (data: Request, context: CallContext<P>) => Output | Promise<Output>,
): ServerCall<Input, Request, Output, P>;
/** Declares one whose result has a schema too. */
export function rpc<Input, Request, Given, Output, P = Params>(
  schema: StandardSchema<Input, Request>,
  answer: (data: Request, context: CallContext<P>) => Given | Promise<Given>,
  options: RpcOptions<Given, Output>,
): ServerCall<Input, Request, Output, P>;
export function rpc<Input, Request, P>(
  schema: StandardSchema<Input, Request>,
  answer: (data: Request, context: CallContext<P>) => unknown,
  options?: RpcOptions<unknown, unknown>,
): ServerCall<Input, Request, unknown, P> {
  return {
    schema,
    async answer(data, context) {
      const given = await answer(data, context);
      if (options === undefined) return given;
      const checked = await checkSchema(options.result, given);
      if (checked.type === "value") return checked.value;
      throw new TypeError(`Cannot answer: the result does not fit its schema: ${checked.reason}`);
    },
  };
}
