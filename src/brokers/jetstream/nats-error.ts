import { BrokerError } from "../../gateway/index.ts";

/** How the JetStream API says no. */
export interface ApiError {
  readonly code: number;
  readonly err_code?: number;
  readonly description?: string;
}

/** Of the account, of the server (memory, disk), and of the stream; see `errors.json` of nats-server. */
const full: readonly number[] = [10_002, 10_023, 10_028, 10_047];
/** The store itself failed; the description says how. */
const storeFailed = 10_077;

/** Puts an API error into words, with the code that a publisher is told. */
export function toBrokerError(error: ApiError, action: string): BrokerError {
  const { description = "JetStream gave no reason", err_code = 0 } = error;
  const isFull = full.includes(err_code) || (err_code === storeFailed && /maximum|no space/u.test(description));
  if (isFull) {
    return new BrokerError("STORAGE_FULL", `Cannot ${action}: JetStream is full: ${description}`, {
      cause: error,
      hint: "Raise the stream's max_bytes or the server's storage limits, or keep less history",
    });
  }
  return new BrokerError("STORAGE_UNAVAILABLE", `Cannot ${action}: ${description}`, { cause: error });
}
