import type { Duplex } from "node:stream";
import { type Refusal, writeRefusal } from "../protocol/index.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/**
 * Answers with a whole HTTP response and ends the socket. What came behind the refused handshake is thrown away and never parsed:
 * a proxy might have taken it for another request (smuggling). It is read, though, until the peer ends too or `lingerMs` are over:
 * a socket destroyed with unread bytes resets the connection, and the peer would lose the answer.
 *
 * @throws {ProtocolError} `ERR_STATUS` or `ERR_HEADER` for a refusal that cannot be written.
 */
export function refuse(
  socket: Duplex,
  refusal: Refusal,
  linger: { readonly timers: TimerWheel; readonly lingerMs: number },
): void {
  const response = writeRefusal(refusal);
  const timer = linger.timers.schedule(linger.lingerMs, () => socket.destroy());
  socket.once("close", () => linger.timers.cancel(timer));
  socket.resume();
  socket.end(response);
}

/** A refusal of our own. */
export function createRefusal(status: number, reason: string, headers: Refusal["headers"] = []): Refusal {
  return { type: "refusal", status, reason, headers };
}
