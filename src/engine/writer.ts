import type { Duplex } from "node:stream";
import { applyMask, frameHeaderBytes, opcodes, writeFrameHeader, type Opcode } from "../protocol/index.ts";
import { isPlain } from "./direct-io.ts";
import { type DirectOwner, DirectSocket } from "./direct-socket.ts";
import { flushThisTurn } from "./flush-queue.ts";
import type { FrameTap } from "./frame-tap.ts";
import { joinBatch } from "./join-batch.ts";
import { maxCopyBytes, Slab } from "./slab.ts";
import { isReadBuffer } from "./unmask.ts";

// Once this much is waiting, one more frame in the same write saves nothing: it goes out at once.
const eagerFlushBytes = 64 * 1024;
// One write that may have to wait: small enough for a slow peer to show progress within `stalledAfterMs`.
const maxBatchBytes = 256 * 1024;

const ownBlockBytes = 4096;
const turnSlab = new Slab(32 * 1024);

/** What a {@link Writer} is made from. */
export interface WriterOptions {
  readonly socket: Duplex;
  /** Where the bytes handed to the socket are counted. */
  readonly counters: { bytesOut: number };
  /** For a client: 32 random bits for each frame. A server does not mask. */
  readonly createMaskingKey?: (() => number) | undefined;
  /** Whether the operating system may be asked past `node:net`, where that can be done. */
  readonly isDirect: boolean;
  readonly owner: WriterOwner;
}

/** Who is told how the writing goes. */
export interface WriterOwner {
  /** The socket did not take all bytes at once: the peer reads more slowly than we write. */
  handleBlocked(): void;
  /** The socket has taken what it was given, some time after the write. `hadToWait` if `handleBlocked` was called for it. */
  handleTaken(hadToWait: boolean): void;
}

/**
 * The outgoing frames of one socket. Frames are laid into shared memory as they are sent, and leave in one write a turn; while
 * the socket is busy with a write they wait here, so what is buffered is known to the byte.
 */
export class Writer implements DirectOwner {
  /** Who watches the frames, if anybody does: see `tapFrames`. */
  tap: FrameTap | undefined;
  readonly #socket: Duplex;
  readonly #counters: { bytesOut: number };
  readonly #createMaskingKey: (() => number) | undefined;
  readonly #owner: WriterOwner;
  /** Made when the stream is written to for the first time. */
  #afterWrite: (() => void) | undefined;
  /** Where the operating system may be asked past the stream. */
  readonly #direct: DirectSocket | undefined;
  /** What waits, in order; the open region comes after it. */
  #chunks: Uint8Array[] | undefined;
  /** `block[start, end)`, the open region: the newest frames, contiguous in a slab, or the newest that is shared. */
  #block: Uint8Array | undefined;
  #start = 0;
  #end = 0;
  /** Memory of our own while the socket is busy: what may wait for long must not hold the shared blocks. */
  #ownSlab: Slab | undefined;
  #waitingBytes = 0;
  #isScheduled = false;
  #isBlocked = false;
  /** The socket has taken bytes, and {@link WriterOwner.handleTaken} was not called for them. */
  #hasTaken = false;
  #isEnding = false;

  constructor(options: WriterOptions) {
    this.#socket = options.socket;
    this.#counters = options.counters;
    this.#createMaskingKey = options.createMaskingKey;
    this.#owner = options.owner;
    const { socket } = options;
    this.#direct = options.isDirect && isPlain(socket) ? new DirectSocket(socket, this) : undefined;
  }

  /** Whether the operating system is asked past the stream. */
  get isDirect(): boolean {
    return this.#direct !== undefined;
  }

  /** Bytes that the socket has not been given yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Bytes that are not in the operating system's hands yet. */
  get bufferedBytes(): number {
    // The stream holds bytes while it is blocked, and only then: asked at every send, so not in vain.
    return this.#isBlocked ? this.#waitingBytes + this.#heldBytes : this.#waitingBytes;
  }

  /** Bytes that were given away and wait for the peer: with the stream, or with the handle below it. */
  get #heldBytes(): number {
    return this.#socket.writableLength + (this.#direct?.queuedBytes ?? 0);
  }

  /** Queues a text message. A lone surrogate becomes U+FFFD. */
  writeText(text: string): void {
    const key = this.#createMaskingKey?.();
    if (!this.#isBlocked && isWide(text)) return this.#writeWideText(text, key);
    const payloadBytes = Buffer.byteLength(text);
    const at = this.#reserveFrame(opcodes.text, payloadBytes, key);
    // As many bytes as characters: it is ASCII, and Latin-1 is written without looking at each.
    this.#slab.block.write(text, at, payloadBytes, payloadBytes === text.length ? "latin1" : "utf8");
    this.#finishFrame(at, key);
  }

  /** In room for the longest it can be, so that the text is not looked at twice: the header is as long for any length up to that. */
  #writeWideText(text: string, key: number | undefined): void {
    const roomBytes = 3 * text.length;
    const start = this.#reserve(frameHeaderBytes(roomBytes, key !== undefined) + roomBytes);
    const { block } = turnSlab;
    const payloadAt = start + frameHeaderBytes(roomBytes, key !== undefined);
    const payloadBytes = block.write(text, payloadAt, roomBytes, "utf8");
    writeFrameHeader(block, start, { fin: true, rsv1: false, opcode: opcodes.text, maskingKey: key, payloadBytes });
    turnSlab.giveBack(roomBytes - payloadBytes);
    this.#end -= roomBytes - payloadBytes;
    this.#waitingBytes -= roomBytes - payloadBytes;
    this.#finishFrame(payloadAt, key);
  }

  /** Queues a message. A server's large ones are not copied. */
  writeBytes(opcode: Opcode, data: Uint8Array): void {
    const key = this.#createMaskingKey?.();
    if (key === undefined && data.length > maxCopyBytes) {
      this.#reserveHeader(opcode, data.length);
      return isReadBuffer(data) ? this.#writeBorrowed(data) : this.writeFrame(data);
    }
    const at = this.#reserveFrame(opcode, data.length, key);
    this.#block?.set(data, at);
    this.#finishFrame(at, key);
  }

  /** Queues bytes as they are: a frame that is whole already. Large ones are not copied. */
  writeFrame(bytes: Uint8Array): void {
    if (bytes.length > maxCopyBytes) {
      this.#seal();
      this.#push(bytes);
      this.#waitingBytes += bytes.length;
    } else {
      const at = this.#reserve(bytes.length);
      this.#block?.set(bytes, at);
    }
    this.#schedule();
  }

  /** Bytes that lie where the next read goes: they are written at once, and what is not taken of them is copied. */
  #writeBorrowed(bytes: Uint8Array): void {
    this.#seal();
    this.#push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#direct !== undefined && !this.#isBlocked) this.#writeDirectly(this.#direct);
    const rest = this.#chunks?.pop();
    if (rest !== undefined) this.#push(new Uint8Array(rest));
    this.#schedule();
  }

  /** Queues a whole frame without a copy, as others may be sent it too: it must never change. */
  writeShared(frame: Uint8Array): void {
    if (this.#block === undefined && this.#chunks === undefined) {
      this.#block = frame; // mostly it is the only one in its turn, and needs no list
      this.#start = 0;
      this.#end = frame.length;
    } else {
      this.#seal();
      this.#push(frame);
    }
    this.#waitingBytes += frame.length;
    this.#schedule();
  }

  /** Writes what waits as far as the socket takes it: the turn is over. */
  flush(): void {
    this.#isScheduled = false;
    this.#write();
    if (!this.#hasTaken) return;
    this.#hasTaken = false;
    this.#owner.handleTaken(false);
  }

  /** Writes what waits, then ends our side of the socket. Nothing may be queued afterwards. */
  end(): void {
    this.#isEnding = true;
    this.#write();
    if (this.#hasTaken) this.#schedule();
  }

  #write(): void {
    if (this.#direct !== undefined && !this.#isBlocked) this.#writeDirectly(this.#direct);
    this.#seal();
    while (this.#chunks !== undefined && !this.#isBlocked) {
      if (!this.#socket.writable) return this.#discard();
      const waitingBytes = this.#waitingBytes;
      const batch = this.#takeBatch(this.#chunks);
      const batchBytes = waitingBytes - this.#waitingBytes;
      this.#counters.bytesOut += batchBytes;
      for (const piece of batch) this.tap?.sent(piece);
      this.#writeToStream(joinBatch(batch, batchBytes));
    }
    if (this.#isEnding && this.#chunks === undefined) this.#socket.end();
  }

  #discard(): void {
    this.#chunks = undefined;
    this.#waitingBytes = 0;
  }

  #reserveFrame(opcode: Opcode, payloadBytes: number, maskingKey: number | undefined): number {
    const at = this.#reserve(frameHeaderBytes(payloadBytes, maskingKey !== undefined) + payloadBytes);
    return writeFrameHeader(this.#slab.block, at, { fin: true, rsv1: false, opcode, maskingKey, payloadBytes });
  }

  #reserveHeader(opcode: Opcode, payloadBytes: number): void {
    const at = this.#reserve(frameHeaderBytes(payloadBytes, false));
    writeFrameHeader(this.#slab.block, at, { fin: true, rsv1: false, opcode, payloadBytes });
  }

  #finishFrame(payloadAt: number, maskingKey: number | undefined): void {
    if (maskingKey !== undefined) applyMask(this.#slab.block, payloadAt, this.#end, maskingKey);
    this.#schedule();
  }

  get #slab(): Slab {
    return this.#isBlocked ? (this.#ownSlab ??= new Slab(ownBlockBytes)) : turnSlab;
  }

  /** Sets bytes of the slab's block aside, behind the open region if they can be. */
  #reserve(count: number): number {
    const slab = this.#slab;
    const start = slab.reserve(count);
    if (slab.block !== this.#block || start !== this.#end) {
      this.#seal();
      this.#block = slab.block;
      this.#start = start;
    }
    this.#end = start + count;
    this.#waitingBytes += count;
    return start;
  }

  #seal(): void {
    const block = this.#block;
    if (block === undefined) return;
    const isWhole = this.#start === 0 && this.#end === block.length;
    this.#push(isWhole ? block : block.subarray(this.#start, this.#end));
    this.#block = undefined;
  }

  #push(chunk: Uint8Array): void {
    if (this.#chunks === undefined) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
  }

  #schedule(): void {
    if (this.#isBlocked) return;
    if (this.#waitingBytes >= eagerFlushBytes) this.#write();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    flushThisTurn(this);
  }

  #takeBatch(chunks: Uint8Array[]): readonly Uint8Array[] {
    if (this.#waitingBytes <= maxBatchBytes) {
      this.#discard();
      return chunks;
    }
    const batch: Uint8Array[] = [];
    let roomBytes = maxBatchBytes;
    let takenCount = 0;
    for (const [index, chunk] of chunks.entries()) {
      if (roomBytes === 0) break;
      const part = chunk.subarray(0, roomBytes);
      batch.push(part);
      roomBytes -= part.length;
      if (part.length < chunk.length) chunks[index] = chunk.subarray(part.length);
      else takenCount++;
    }
    chunks.splice(0, takenCount);
    this.#waitingBytes -= maxBatchBytes - roomBytes;
    return batch;
  }

  #writeDirectly(direct: DirectSocket): void {
    if (this.#waitingBytes === 0) return;
    const takenBytes = this.#chunks === undefined ? this.#writeBlock(direct) : this.#writeChunks(direct);
    this.#counters.bytesOut += takenBytes;
    this.#waitingBytes -= takenBytes;
    if (this.#waitingBytes > 0) return;
    this.#chunks = this.#block = undefined;
    if (direct.queuedBytes === 0) this.#hasTaken = true;
    else this.#waitForPeer();
  }

  /** There is the open region alone, as after one short message or a shared one: no list is made. */
  #writeBlock(direct: DirectSocket): number {
    const block = this.#block as Uint8Array;
    const isWhole = this.#start === 0 && this.#end === block.length;
    const bytes = isWhole
      ? block
      : new Uint8Array(block.buffer, block.byteOffset + this.#start, this.#end - this.#start);
    const takenBytes = direct.writeKept(bytes);
    this.tap?.sent(bytes.subarray(0, takenBytes));
    this.#start += takenBytes;
    return takenBytes;
  }

  #writeChunks(direct: DirectSocket): number {
    this.#seal();
    const chunks = this.#chunks as Uint8Array[];
    const joined = joinBatch(chunks, this.#waitingBytes);
    const takenBytes = joined.length === 1 ? direct.writeKept(joined[0] as Uint8Array) : direct.write(joined);
    this.#tellSent(chunks, takenBytes);
    if (takenBytes > 0 && takenBytes < this.#waitingBytes) this.#chunks = dropBytes(chunks, takenBytes);
    return takenBytes;
  }

  #tellSent(chunks: readonly Uint8Array[], takenBytes: number): void {
    const { tap } = this;
    if (tap === undefined) return;
    let leftBytes = takenBytes;
    for (const chunk of chunks) {
      tap.sent(chunk.subarray(0, leftBytes));
      leftBytes = Math.max(0, leftBytes - chunk.length);
    }
  }

  #writeToStream(batch: readonly Uint8Array[]): void {
    const last = batch.length - 1;
    if (last > 0) this.#socket.cork();
    for (let index = 0; index < last; index++) this.#socket.write(batch[index]);
    this.#socket.write(batch[last], (this.#afterWrite ??= () => this.settle()));
    if (last > 0) this.#socket.uncork();
    // What was written at once is not counted any more: the rest waits for the peer.
    if (this.#socket.writableLength > 0) this.#waitForPeer();
  }

  #waitForPeer(): void {
    this.#isBlocked = true;
    this.#owner.handleBlocked();
  }

  /** The socket has taken what it was given. */
  settle(): void {
    if (this.#heldBytes > 0) return; // called for an earlier write than the one that waits
    const hadToWait = this.#isBlocked;
    this.#isBlocked = false;
    this.#ownSlab = undefined;
    this.#owner.handleTaken(hadToWait);
    this.#write();
    if (this.#hasTaken) this.#schedule();
  }
}

// From here on a length takes two bytes; up to there three times as much takes two, and fits a block of the slab.
const [leastWideLength, mostWideLength] = [126, 8192] as const;

/** Whether a text has characters beyond Latin-1, by a few samples: then its length in bytes is not known without a look at each. */
function isWide(text: string): boolean {
  if (text.length < leastWideLength || text.length > mostWideLength) return false;
  const step = (text.length >> 3) + 1;
  for (let at = 0; at < text.length; at += step) if (text.charCodeAt(at) > 0xff) return true;
  return false;
}

/** The chunks without their first `count` bytes, which are fewer than all. */
function dropBytes(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  let index = 0;
  let restBytes = count;
  for (; restBytes >= (chunks[index] as Uint8Array).length; index++) restBytes -= (chunks[index] as Uint8Array).length;
  const rest = chunks.slice(index);
  rest[0] = (rest[0] as Uint8Array).subarray(restBytes);
  return rest;
}
