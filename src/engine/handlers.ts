import type { MessageBytes } from "../protocol/index.ts";
import type { CloseInfo } from "./close-info.ts";
import type { MessageStream } from "./message-stream.ts";

/**
 * What happens on connections: one object for all of a server's.
 *
 * A handler that throws or rejects is reported to `error`, and its connection is closed with 1011; the others do not notice.
 * A promise that `message`, `messageBytes` or `messageStream` returns is waited for: until it is settled the connection is not read and its next
 * message not delivered, so a slow handler slows its peer down and nothing piles up. Return nothing to go on at once. Other handlers'
 * promises are watched for failures only; any other result is ignored.
 */
export interface SocketHandlers<Socket> {
  /** The handshake is done. The first to be called; what is sent here leaves together with the 101. */
  open?(socket: Socket): unknown;
  /** A whole message: a string if it was text, bytes if it was binary. The bytes are yours to keep. */
  message?(socket: Socket, data: string | Uint8Array): unknown;
  /**
   * Instead of `message`, which is not called then: a whole message as the bytes it came in, text too (they are checked to be UTF-8).
   * Nothing is copied or decoded for it, which makes it the cheapest way to pass messages on: `send()` and `publish()` take `message` as it is.
   *
   * The bytes are yours until the handler returns, or first awaits; then other messages are read into the same memory. Copy what you keep.
   * Without effect beside `messageStream`.
   */
  messageBytes?(socket: Socket, message: MessageBytes): unknown;
  /**
   * Instead of `message`, which is not called then: every message as it comes, of any length up to `maxStreamedMessageBytes`, without
   * anybody holding it. Read it with `for await`; what you do not read is not taken from the peer. When the returned promise is settled,
   * what was not read is thrown away. Without a promise read it to its end or `cancel()` it, or nothing else will come.
   *
   * `messageTimeoutMs` and `maxFragmentCount` do not apply. A compressed message is inflated as it is read, 64 KiB at a time.
   */
  messageStream?(socket: Socket, message: MessageStream): unknown;
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

/** One of them, for those who call it. */
export type Handler<Socket, Argument> = (socket: Socket, argument: Argument) => unknown;

/** Calls a handler; what it throws is told to its socket. Gives its promise, if it returned one, which never rejects. */
export function callHandler<Socket extends { handleFailure(error: unknown): void }, Argument>(
  handlers: SocketHandlers<Socket>,
  handler: Handler<Socket, Argument>,
  socket: Socket,
  argument: Argument,
): Promise<void> | undefined {
  try {
    const result = handler.call(handlers, socket, argument);
    if (result instanceof Promise) return result.then(doNothing, (error: unknown) => socket.handleFailure(error));
  } catch (error) {
    socket.handleFailure(error);
  }
  return undefined;
}

function doNothing(): void {}

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
