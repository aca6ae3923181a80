import type { Duplex } from "node:stream";
import type { Refusal } from "../protocol/index.ts";
import { type Caller, cutSocket } from "./caller.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/**
 * Answers with a whole HTTP response and ends the socket. What came behind the refused handshake is thrown away and never parsed:
 * a proxy might have taken it for another request (smuggling). It is read, though, until the peer ends too or `lingerMs` are over:
 * a socket destroyed with unread bytes resets the connection, and the peer would lose the answer.
 *
 * @throws {ProtocolError} `ERR_STATUS` or `ERR_HEADER` for a refusal that cannot be written.
 */
export function refuse(
  caller: Pick<Caller, "socket" | "refuse">,
  refusal: Refusal,
  linger: { readonly timers: TimerWheel; readonly lingerMs: number },
): void {
  caller.refuse(refusal);
  lingerBehind(caller.socket, linger);
}

/** Reads and throws away what a peer still sends behind our last answer, until it ends too or `lingerMs` are over. */
export function lingerBehind(
  socket: Duplex,
  { timers, lingerMs }: { readonly timers: TimerWheel; readonly lingerMs: number },
): void {
  const timer = timers.schedule(lingerMs, () => cutSocket(socket));
  socket.once("close", () => timers.cancel(timer));
  socket.resume();
}

/** A refusal of our own. */
export function createRefusal(status: number, reason: string, headers: Refusal["headers"] = []): Refusal {
  return { type: "refusal", status, reason, headers };
}
