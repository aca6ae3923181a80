import { convertCloseReason, requireCloseCode, requireCloseReason } from "./web-socket-arguments.ts";
import { shapeInterface } from "./shape-interface.ts";

/** How a connection is closed, or was. */
export interface WebSocketCloseInfo {
  /** 1000 or 3000-4999 to close with; told as it came, 1005 for a frame without one. Default none. */
  readonly closeCode?: number;
  /** At most 123 bytes of UTF-8. Default empty. */
  readonly reason?: string;
}

let create: (message: string, closeCode: number, reason: string) => WebSocketError;

/** Why a {@link WebSocketStream} failed, or, given to `abort()` or `cancel()`, what to close it with (WebSockets Standard). */
export class WebSocketError extends DOMException {
  #closeCode: number | null;
  #reason: string;

  static {
    create = (message, closeCode, reason) => {
      const error = new WebSocketError(message);
      error.#closeCode = closeCode;
      error.#reason = reason;
      return error;
    };
  }

  /**
   * @param init - a reason without a code gets 1000.
   * @throws {DOMException} `InvalidAccessError` for a code, `SyntaxError` for a reason that may not be sent.
   */
  constructor(message = "", init: WebSocketCloseInfo = {}) {
    super(message, "WebSocketError");
    const { closeCode, reason } = parseCloseInfo(init);
    this.#closeCode = closeCode ?? null;
    this.#reason = reason;
  }

  /** The code of the peer's close frame, 1006 when none came; null if it was given none. */
  get closeCode(): number | null {
    return this.#closeCode;
  }

  /** The reason in that frame. */
  get reason(): string {
    return this.#reason;
  }
}

shapeInterface(WebSocketError, ["closeCode", "reason"]);

/** The error of a connection that was not closed cleanly: with codes that may not be sent, such as 1006. */
export function createCloseError(message: string, closeCode: number, reason: string): WebSocketError {
  return create(message, closeCode, reason);
}

/** What a close frame is to say: without a code nothing, unless there is a reason. */
export interface CloseFrame {
  readonly closeCode: number | undefined;
  readonly reason: string;
}

/**
 * The code and reason to close with.
 *
 * @throws {TypeError} for what is no dictionary, or a code that is no unsigned short (IDL's `[EnforceRange]`).
 * @throws {DOMException} `InvalidAccessError` or `SyntaxError`, as {@link WebSocketError} says.
 */
export function parseCloseInfo(info: WebSocketCloseInfo): CloseFrame {
  if (typeof info !== "object" && typeof info !== "function") throw new TypeError(`Cannot close with a ${typeof info}`);
  const { closeCode, reason = "" } = info ?? {}; // IDL takes null for a dictionary without members
  const code = closeCode === undefined ? undefined : enforceUnsignedShort(closeCode);
  const text = convertCloseReason(reason);
  if (code !== undefined) requireCloseCode(code);
  requireCloseReason(text);
  return { closeCode: code ?? (text === "" ? undefined : 1000), reason: text };
}

function enforceUnsignedShort(value: number): number {
  const code = Math.trunc(+value);
  if (code >= 0 && code <= 65535) return code;
  throw new TypeError(`Cannot use ${value} as a close code: it is no unsigned short`);
}
