/** A frame as it went over the wire, before TLS. */
export interface TappedFrame {
  /** As the socket's owner sees it. */
  readonly direction: "in" | "out";
  /** Its beginning, header and mask and all, at most `maxFrameBytes`. A copy. */
  readonly bytes: Uint8Array;
  /** How long it is in all. */
  readonly byteCount: number;
}

/** How to watch. */
export interface TapOptions {
  /** How much of each frame is kept, in bytes, at least 14: the longest header. Default 1024. */
  readonly maxFrameBytes?: number;
  /** Called with each frame that is complete, within the call that reads or writes it: it must not throw, and must be quick. */
  readonly onFrame: (frame: TappedFrame) => void;
}

/** Cuts both directions of a connection into frames. */
export class FrameTap {
  readonly #in: Splitter;
  readonly #out: Splitter;
  #skipBytes: number;
  #isInStep = false;

  constructor({ maxFrameBytes, onFrame }: Required<TapOptions>, skipBytes: number) {
    this.#skipBytes = skipBytes;
    this.#in = new Splitter(maxFrameBytes, (bytes, byteCount) => onFrame({ direction: "in", bytes, byteCount }));
    this.#out = new Splitter(maxFrameBytes, (bytes, byteCount) => onFrame({ direction: "out", bytes, byteCount }));
  }

  /** @param isMidMessage - whether the bytes before these were not the end of a message: where its frames end is not known then. */
  received(chunk: Uint8Array, end: number, isMidMessage: boolean): void {
    this.#isInStep ||= !isMidMessage;
    if (this.#isInStep) this.#in.receive(chunk.subarray(0, end));
  }

  sent(bytes: Uint8Array): void {
    const skipped = Math.min(this.#skipBytes, bytes.length);
    this.#skipBytes -= skipped;
    this.#out.receive(bytes.subarray(skipped));
  }
}

/** Finds where frames end, and keeps their beginnings. What they say it does not judge. */
class Splitter {
  readonly #kept: Uint8Array;
  readonly #onFrame: (bytes: Uint8Array, byteCount: number) => void;
  #seenBytes = 0;
  /** Of the frame that has begun; undefined until its header is complete. */
  #frameBytes: number | undefined;

  constructor(maxFrameBytes: number, onFrame: (bytes: Uint8Array, byteCount: number) => void) {
    this.#kept = new Uint8Array(maxFrameBytes);
    this.#onFrame = onFrame;
  }

  receive(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      // A header comes byte by byte, as it says where it ends; the rest at once.
      const count =
        this.#frameBytes === undefined ? 1 : Math.min(this.#frameBytes - this.#seenBytes, chunk.length - at);
      const room = Math.max(0, Math.min(count, this.#kept.length - this.#seenBytes));
      this.#kept.set(chunk.subarray(at, at + room), Math.min(this.#seenBytes, this.#kept.length));
      this.#seenBytes += count;
      at += count;
      this.#frameBytes ??= readFrameBytes(this.#kept, this.#seenBytes);
      if (this.#seenBytes === this.#frameBytes) this.#finish(this.#frameBytes);
    }
  }

  #finish(frameBytes: number): void {
    const bytes = this.#kept.slice(0, frameBytes);
    this.#seenBytes = 0;
    this.#frameBytes = undefined;
    this.#onFrame(bytes, frameBytes);
  }
}

/** Header and payload together (RFC 6455 §5.2); undefined while the header is not complete. */
function readFrameBytes(kept: Uint8Array, seenBytes: number): number | undefined {
  const [, second = 0] = kept;
  const form = second & 0x7f;
  const lengthEnd = form === 127 ? 10 : form === 126 ? 4 : 2;
  const headerBytes = lengthEnd + (second >= 0x80 ? 4 : 0);
  if (seenBytes < 2 || seenBytes < headerBytes) return undefined;
  if (form < 126) return headerBytes + form;
  return headerBytes + kept.subarray(2, lengthEnd).reduce((sum, byte) => sum * 256 + byte, 0);
}
