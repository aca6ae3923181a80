import type { AppErrorCode, ErrorCode, WireError } from "../wire/index.ts";

/** Besides the codes that clients get: the store gives less than `require`, or the gateway was closed. */
export type GatewayErrorCode = ErrorCode | AppErrorCode | "DURABILITY_TOO_LOW" | "CLOSED";

/** What `createGateway` and the methods of a gateway throw and reject with, for faults that are not a store's own `BrokerError`. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: GatewayErrorCode;
  /** After how many milliseconds it may be tried again, if that is known: of `RATE_LIMITED` it is. */
  readonly retryAfterMs: number | undefined;
  constructor(
    code: GatewayErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What a client would have been told, for the server's own code. */
export function gatewayErrorOf({ code, message, ...options }: WireError): GatewayError {
  return new GatewayError(code, message, options);
}
