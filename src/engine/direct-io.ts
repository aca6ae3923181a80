import { writeSync, writevSync } from "node:fs";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { sharedReadBuffer } from "./unmask.ts";

/** What `node:net` keeps for itself. None of it is documented: every part is looked for, and the public way is taken without it. */
interface Internals {
  readonly _handle?: { readonly fd?: number; useUserBuffer?(buffer: Uint8Array): void } | null;
  [name: symbol]: unknown;
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

/** A plain socket as its operating system sees it: what can be written to past its stream. */
export class DirectSocket {
  readonly #socket: Socket & Internals;
  #handle: Internals["_handle"];
  #fd = -1;

  /** @param socket - {@link isPlain}, and connected. */
  constructor(socket: Socket) {
    this.#socket = socket as Socket & Internals;
  }

  /**
   * Writes as much of `chunks` as the operating system takes at once, with one system call and none of the stream's machinery, and
   * returns how many bytes that were. 0 where it takes none or cannot be asked: then `socket.write()` says why.
   */
  write(chunks: readonly Uint8Array[]): number {
    if (chunks.length === 1) return this.writePart(chunks[0] as Uint8Array);
    const fd = this.#readFd();
    if (fd < 0) return 0;
    try {
      return writevSync(fd, chunks);
    } catch {
      return 0; // as below
    }
  }

  /** As {@link write}, for `bytes[start, end)`. */
  writePart(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
    const fd = this.#readFd();
    if (fd < 0) return 0;
    try {
      return writeSync(fd, bytes, start, end - start);
    } catch {
      return 0; // EAGAIN, mostly. Whatever it is, the stream meets it too, and tells it as it always does.
    }
  }

  /** The number of a closed socket is soon another's, but the handle is gone with the socket, and its number is for its lifetime. */
  #readFd(): number {
    // What the stream still has to write comes first.
    if (this.#socket.writableLength > 0) return -1;
    const handle = this.#socket._handle;
    if (handle !== this.#handle) {
      this.#handle = handle;
      this.#fd = handle?.fd ?? -1;
    }
    return this.#fd;
  }
}
