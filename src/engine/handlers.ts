import type { CloseInfo } from "./close-info.ts";

/**
 * What happens on connections: one object for all of a server's.
 *
 * A handler that throws or rejects is reported to `error`, and its connection is closed with 1011; the others do not notice.
 * Nothing waits for a promise, and any other result is ignored.
 */
export interface SocketHandlers<Socket> {
  /** The handshake is done. The first to be called; what is sent here leaves together with the 101. */
  open?(socket: Socket): unknown;
  /** A whole message: a string if it was text, bytes if it was binary. The bytes are yours to keep. */
  message?(socket: Socket, data: string | Uint8Array): unknown;
  /** After `send()` returned false: the queue is down to a quarter of `highWaterBytes`. */
  drain?(socket: Socket): unknown;
  /** A ping came; it is answered already. */
  ping?(socket: Socket, data: Uint8Array): unknown;
  /** A pong came, asked for or not. */
  pong?(socket: Socket, data: Uint8Array): unknown;
  /** The connection is gone: called once for every connection that was opened, and the last. */
  close?(socket: Socket, info: CloseInfo): unknown;
  /** A handler failed. Without this handler it becomes a process warning. Must not throw itself. */
  error?(error: unknown, socket?: Socket): void;
}

/** Tells `error` of a failure, or the process if nobody listens. Never throws. */
export function reportError<Socket>(handlers: SocketHandlers<Socket>, error: unknown, socket?: Socket): void {
  if (handlers.error === undefined) {
    warn(error);
    return;
  }
  try {
    handlers.error(error, socket);
  } catch (failure) {
    warn(failure);
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
