import { writeSync, writevSync } from "node:fs";
import type { Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import type { Handle, Internals, WriteRequest } from "./direct-io.ts";

/** What `node:net` writes with. */
interface WriteParts {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
}

const writeParts = findWriteParts();

function findWriteParts(): WriteParts | undefined {
  try {
    const parts = (process as unknown as { binding(name: string): Partial<WriteParts> }).binding("stream_wrap");
    const { WriteWrap, streamBaseState, kLastWriteWasAsync = -1 } = parts;
    if (typeof WriteWrap !== "function" || streamBaseState?.[kLastWriteWasAsync] === undefined) return undefined;
    return { WriteWrap, streamBaseState, kLastWriteWasAsync };
  } catch {
    return undefined; // not Node, or the permission model is on
  }
}

let spareRequest: WriteRequest | undefined;

// More may take a slow peer long, and a write that waits in the handle shows no progress before it is done.
const maxKeptBytes = 64 * 1024;

/** An object and not a function: there is one for every idle connection. */
export interface DirectOwner {
  /** What was queued below the stream has been taken, or the socket is gone. */
  settle(): void;
}

/** A plain socket as its operating system sees it: what can be written to past its stream. */
export class DirectSocket {
  readonly #socket: Socket & Internals;
  readonly #owner: DirectOwner;
  #handle: Internals["_handle"];
  #fd = -1;
  /** Bytes that were given to the handle, and wait there for the operating system. */
  queuedBytes = 0;

  /** @param socket - {@link isPlain}, and connected. */
  constructor(socket: Socket, owner: DirectOwner) {
    this.#socket = socket as Socket & Internals;
    this.#owner = owner;
  }

  /**
   * Writes as much of `chunks` as the operating system takes at once, with one system call and none of the stream's machinery, and
   * returns how many bytes that were. 0 where it takes none or cannot be asked: then `socket.write()` says why.
   */
  write(chunks: readonly Uint8Array[]): number {
    const fd = this.#readFd();
    if (fd < 0) return 0;
    try {
      return chunks.length === 1 ? writeSync(fd, chunks[0] as Uint8Array) : writevSync(fd, chunks);
    } catch {
      return 0; // EAGAIN, mostly. Whatever it is, the stream meets it too, and tells it as it always does.
    }
  }

  /**
   * Writes bytes that nobody will change, as {@link write} does but for less, through the socket's handle: docs/adr/0037. Of up to 64 KiB
   * it takes all or none. What the operating system has no room for then waits in the handle, and is counted in {@link queuedBytes}:
   * nothing may be written until that is 0 again.
   */
  writeKept(bytes: Uint8Array): number {
    if (this.#readFd() < 0) return 0;
    const handle = this.#handle as Handle;
    if (writeParts === undefined || handle.writeBuffer === undefined || bytes.length > maxKeptBytes) {
      return this.write([bytes]);
    }
    spareRequest ??= new writeParts.WriteWrap();
    if (handle.writeBuffer(spareRequest, bytes) !== 0) return 0; // the stream meets it too
    if (writeParts.streamBaseState[writeParts.kLastWriteWasAsync] !== 0) this.#wait(handle, bytes);
    return bytes.length;
  }

  #wait(handle: Handle, bytes: Uint8Array): void {
    const request = spareRequest as WriteRequest;
    spareRequest = undefined;
    request.buffer = bytes; // its memory is read later
    this.queuedBytes = handle.writeQueueSize ?? bytes.length;
    request.oncomplete = (status) => {
      this.queuedBytes = 0;
      if (status < 0) this.#socket.destroy(new Error(`write ${getSystemErrorName(status)}`));
      this.#owner.settle();
    };
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
