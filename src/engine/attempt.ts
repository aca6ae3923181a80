import { HandshakeError } from "./errors.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/** The time that one `connect()` has for all its steps together. */
export interface Attempt {
  /** Aborted, with the {@link HandshakeError} to fail with, when the time is over or the caller gives up. */
  readonly signal: AbortSignal;
  /** To be called in any case when the attempt is over. */
  end(): void;
}

/** Starts the clock. `signal` is the caller's. */
export function startAttempt(options: {
  readonly timers: TimerWheel;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}): Attempt {
  const { timers, timeoutMs, signal } = options;
  const controller = new AbortController();
  const deadline = timers.schedule(timeoutMs, () =>
    controller.abort(new HandshakeError("ERR_TIMEOUT", `Cannot connect: no answer within ${timeoutMs} ms`)),
  );
  const abort = (): void =>
    controller.abort(
      new HandshakeError("ERR_ABORTED", "Cannot connect: the attempt was aborted", { cause: signal?.reason }),
    );
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  return {
    signal: controller.signal,
    end() {
      timers.cancel(deadline);
      signal?.removeEventListener("abort", abort);
    },
  };
}

/**
 * Waits for one outcome, at most until `signal` is aborted; then rejects with its reason. `begin` starts to listen, settles
 * nothing at once, and returns how to stop, which is called before the outcome is told.
 */
export function waitFor<Value>(
  signal: AbortSignal,
  begin: (resolve: (value: Value) => void, reject: (error: unknown) => void) => () => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = begin(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
    const abort = (): void => settle(() => reject(signal.reason));
    function settle(tell: () => void): void {
      signal.removeEventListener("abort", abort);
      stop();
      tell();
    }
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
}

/** No connection, for a reason that lies below HTTP. */
export function networkError(reason: string, cause?: unknown): HandshakeError {
  return new HandshakeError("ERR_NETWORK", `Cannot connect: ${reason}`, { cause });
}
