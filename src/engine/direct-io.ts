import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { sharedReadBuffer } from "./unmask.ts";

/** What `node:net` keeps for itself. None of it is documented: every part is looked for, and the public way is taken without it. */
export interface Internals {
  readonly _handle?: Handle | null;
  [name: symbol]: unknown;
}

export interface Handle {
  readonly fd?: number;
  /** How many bytes wait in the handle for the operating system. */
  readonly writeQueueSize?: number;
  useUserBuffer?(buffer: Uint8Array): void;
  writeBuffer?(request: WriteRequest, bytes: Uint8Array): number;
}

/** What the handle needs for a write that it cannot finish at once. It is used up then. */
export interface WriteRequest {
  oncomplete?: (status: number) => void;
  buffer?: Uint8Array;
}

/**
 * Reads a TCP socket into one buffer that all sockets share, as `net.connect` offers with `onread` and an accepted socket does
 * not. `receive` is called with the socket as `this`; what came is `buffer[0, byteCount)`, and good until it returns. False, with
 * nothing changed, where this Node or this socket has no such way: then listen to `data`.
 */
export function readDirectly(socket: Duplex, receive: DirectReceive): boolean {
  if (!isPlain(socket) || socket.readableLength > 0) return false;
  const internals = socket as unknown as Internals;
  const handle = internals._handle;
  const [bufferName, callbackName, generatorName] = ["kBuffer", "kBufferCb", "kBufferGen"].map((description) =>
    Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === description),
  );
  if (handle === undefined || handle === null || typeof handle.useUserBuffer !== "function") return false;
  if (bufferName === undefined || callbackName === undefined || generatorName === undefined) return false;
  const buffer = sharedReadBuffer();
  internals[bufferName] = buffer;
  internals[callbackName] = callbackOf(receive);
  handle.useUserBuffer(buffer);
  return true;
}

type DirectReceive = (this: Duplex, buffer: Buffer, byteCount: number) => void;

let lastReceive: DirectReceive | undefined;
let lastCallback: ((this: Duplex, byteCount: number, buffer: Buffer) => boolean) | undefined;

/** What Node calls after a read: for the same receiver the same function, so that no socket has one of its own. */
function callbackOf(receive: DirectReceive): unknown {
  if (receive !== lastReceive) {
    lastReceive = receive;
    lastCallback = function (byteCount, buffer) {
      receive.call(this, buffer, byteCount);
      return true;
    };
  }
  return lastCallback;
}

/** Whether {@link DirectSocket} may be tried on this socket: TCP or a Unix socket, and nothing that encrypts above it. */
export function isPlain(socket: Duplex): socket is Socket {
  if (!(socket instanceof Socket)) return false;
  const name = (socket as unknown as Internals)._handle?.constructor.name;
  return name === "TCP" || name === "Pipe"; // TLSWrap is what encrypts
}
