import type { Header } from "../protocol/index.ts";

/**
 * - `ERR_REFUSED`: the server answered with another status than 101, or 200 on HTTP/2; `status`, `headers` and `body` are its answer.
 * - `ERR_REDIRECT`: it points elsewhere, and that is not followed. `message` names the place and why; the answer is here too.
 * - `ERR_RESPONSE`: the answer is no HTTP, or a 101 that breaks RFC 6455 §4.1.
 * - `ERR_PROXY`: the proxy, which `message` names, opens no tunnel; `status`, `headers` and `body` are its answer, if there was one.
 * - `ERR_NO_HTTP2`: the server speaks no HTTP/2, or takes no WebSockets there (RFC 8441 §3).
 * - `ERR_NETWORK`: no answer; `cause` is Node's error, if there was one.
 * - `ERR_TIMEOUT`: no answer within `handshakeTimeoutMs`.
 * - `ERR_ABORTED`: the `signal` was aborted; `cause` is its reason.
 */
export type HandshakeErrorCode =
  | "ERR_REFUSED"
  | "ERR_REDIRECT"
  | "ERR_RESPONSE"
  | "ERR_PROXY"
  | "ERR_NO_HTTP2"
  | "ERR_NETWORK"
  | "ERR_TIMEOUT"
  | "ERR_ABORTED";

/** Why `connect()` has no connection to give. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
  /** What went wrong. */
  readonly code: HandshakeErrorCode;
  /** The server's status, or 0 if there was none. */
  readonly status: number;
  /** The headers of the server's answer, as they came. */
  readonly headers: readonly Header[];
  /** The first 64 KiB of the answer's body. */
  readonly body: Uint8Array;

  constructor(code: HandshakeErrorCode, message: string, details: HandshakeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status ?? 0;
    this.headers = details.headers ?? [];
    this.body = details.body ?? new Uint8Array();
  }
}

/** What is known of the answer. */
export interface HandshakeErrorDetails {
  readonly status?: number;
  readonly headers?: readonly Header[];
  readonly body?: Uint8Array;
  readonly cause?: unknown;
}
