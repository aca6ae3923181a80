import type { AppErrorCode, ErrorCode } from "../wire/index.ts";

/** Besides the codes that clients get: the store gives less than `require`, or the gateway was closed. */
export type GatewayErrorCode = ErrorCode | AppErrorCode | "DURABILITY_TOO_LOW" | "CLOSED";

/** What `createGateway` and the methods of a gateway throw and reject with, for faults that are not a store's own `BrokerError`. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: GatewayErrorCode;
  constructor(code: GatewayErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
