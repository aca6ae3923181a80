import { randomFillSync } from "node:crypto";
import type { Duplex } from "node:stream";
import { applyMask, frameHeaderBytes, isCloseCode, type Opcode, opcodes, writeFrameHeader } from "../engine/index.ts";
import { BlobQueue } from "./blob-queue.ts";
import { byteLengthOf, type SendData, toBuffer } from "./payload.ts";
import type { SendCallback } from "./pending-sends.ts";
import type { PerMessageDeflate } from "./permessage-deflate.ts";

/** Writes four bytes of mask into a buffer. */
export type GenerateMask = (mask: Buffer) => void;

/** What a frame is made from. */
export interface FrameOptions {
  readonly fin?: boolean | undefined;
  readonly opcode: number;
  readonly mask?: boolean | undefined;
  /** Whether the payload must not be masked where it lies. */
  readonly readOnly?: boolean | undefined;
  readonly rsv1?: boolean | undefined;
  readonly generateMask?: GenerateMask | undefined;
  readonly maskBuffer?: Buffer | undefined;
}

interface SenderOptions {
  readonly fin?: boolean;
  readonly binary?: boolean;
  readonly compress?: boolean;
  readonly mask?: boolean;
}

/**
 * The class `Sender` of `ws`, for programs that make frames by themselves. A {@link WebSocket} does not need it: the engine lays frames
 * into shared memory and compresses by its own codec.
 */
export class Sender {
  readonly _socket: Duplex;
  readonly #deflate: PerMessageDeflate | undefined;
  readonly #generateMask: GenerateMask | undefined;
  /** Is told of a Blob that cannot be read. */
  onerror: (error: Error) => void = () => {};
  readonly #queue = new BlobQueue<SendData>((error) => this.onerror(error));
  #isFirst = true;
  #isCompressed = false;

  constructor(
    socket: Duplex,
    extensions: { readonly "permessage-deflate"?: PerMessageDeflate } = {},
    generateMask?: GenerateMask,
  ) {
    this._socket = socket;
    this.#deflate = extensions["permessage-deflate"];
    this.#generateMask = generateMask;
  }

  /** One frame: its header, and behind it the payload if there is one. */
  static frame(data: string | Buffer, options: FrameOptions): Buffer[] {
    const { fin = false, rsv1 = false, opcode, mask: isMasked = false, readOnly: isReadOnly = false } = options;
    const payload = typeof data === "string" ? Buffer.from(data) : data;
    const maskingKey = isMasked ? createKey(options) : undefined;
    const header = Buffer.alloc(frameHeaderBytes(payload.length, isMasked));
    const fields = { fin, rsv1, opcode: opcode as Opcode, maskingKey, payloadBytes: payload.length }; // the caller's word
    writeFrameHeader(header, 0, fields);
    if (payload.length === 0) return [header];
    if (maskingKey === undefined) return [header, payload];
    const masked = isReadOnly ? Buffer.from(payload) : payload;
    applyMask(masked, 0, masked.length, maskingKey);
    return isReadOnly ? [Buffer.concat([header, masked])] : [header, masked];
  }

  /**
   * Sends a close frame.
   *
   * @throws {TypeError} for a code that may not be sent, {@link RangeError} for a reason of more than 123 bytes.
   */
  close(code?: number, reason?: string | Uint8Array, isMasked?: boolean, callback?: SendCallback): void {
    this.#add(closePayload(code, reason), opcodes.close, isMasked, callback);
  }

  /** @throws {RangeError} if it is longer than 125 bytes. */
  ping(data: SendData, isMasked?: boolean, callback?: SendCallback): void {
    this.#add(requireControl(data), opcodes.ping, isMasked, callback);
  }

  /** @throws {RangeError} if it is longer than 125 bytes. */
  pong(data: SendData, isMasked?: boolean, callback?: SendCallback): void {
    this.#add(requireControl(data), opcodes.pong, isMasked, callback);
  }

  /** Sends a message, or with `fin` false a piece of one. */
  send(data: SendData, options: SenderOptions, callback?: SendCallback): void {
    const isFirst = this.#isFirst;
    if (isFirst) this.#isCompressed = this.#isToCompress(byteLengthOf(data), options.compress ?? false);
    this.#isFirst = options.fin ?? false;
    const frame = {
      fin: options.fin,
      mask: options.mask,
      opcode: isFirst ? (options.binary ? opcodes.binary : opcodes.text) : opcodes.continuation,
      rsv1: isFirst && this.#isCompressed,
      readOnly: true,
    };
    const isCompressed = this.#isCompressed;
    this.#enqueue(data, callback, (payload) => {
      if (!isCompressed || this.#deflate === undefined) return this.#write(payload, frame, callback);
      this.#deflate.compress(toBuffer(payload), options.fin ?? false, (error, compressed) => {
        if (error === null) this.#write(compressed ?? "", frame, callback);
        else callback?.(error);
      });
    });
  }

  /** Writes a frame that {@link Sender.frame} has made. */
  sendFrame(list: readonly (string | Buffer)[], callback?: SendCallback): void {
    this._socket.cork();
    for (const [index, chunk] of list.entries()) {
      if (index === list.length - 1) this._socket.write(chunk, (error) => callback?.(error ?? undefined));
      else this._socket.write(chunk);
    }
    this._socket.uncork();
  }

  #add(data: SendData, opcode: Opcode, isMasked: boolean | undefined, callback: SendCallback | undefined): void {
    const frame = { fin: true, mask: isMasked, opcode, readOnly: true };
    this.#enqueue(data, callback, (payload) => this.#write(payload, frame, callback));
  }

  #enqueue(data: SendData, callback: SendCallback | undefined, use: (payload: SendData) => void): void {
    this.#queue.add({ data, byteCount: byteLengthOf(data), use, fail: (error) => callback?.(error) });
  }

  #write(payload: SendData, options: FrameOptions, callback: SendCallback | undefined): void {
    const data = typeof payload === "string" ? payload : toBuffer(payload);
    const list: (string | Buffer)[] = Sender.frame(data, { ...options, generateMask: this.#generateMask });
    // A stream takes text as it is, and need not be given its bytes.
    if (!options.mask && list.length > 1) list[1] = data;
    this.sendFrame(list, callback);
  }

  #isToCompress(byteCount: number, isWanted: boolean): boolean {
    if (!isWanted || this.#deflate === undefined) return false;
    const { params, _isServer: isServer, _threshold: thresholdBytes } = this.#deflate;
    const isAlone = isServer ? params?.server_no_context_takeover : params?.client_no_context_takeover;
    return !isAlone || byteCount >= thresholdBytes;
  }
}

/** The payload of a close frame, with the errors of `ws`. */
export function closePayload(code: number | undefined, reason: string | Uint8Array = ""): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  if (!isCloseCode(code)) throw new TypeError("First argument must be a valid error code number");
  if (typeof reason !== "string" && !(reason instanceof Uint8Array)) {
    throw new TypeError("Second argument must be a string or a Uint8Array");
  }
  const bytes = Buffer.from(reason as string); // one of its overloads takes each
  if (bytes.length > 123) throw new RangeError("The message must not be greater than 123 bytes");
  return Buffer.from([code >>> 8, code & 0xff, ...bytes]);
}

/** @throws {RangeError} if it is too long for a control frame. */
export function requireControl(data: SendData): SendData {
  if (byteLengthOf(data) > 125) throw new RangeError("The data size must not be greater than 125 bytes");
  return data;
}

function createKey({ maskBuffer = Buffer.alloc(4), generateMask }: FrameOptions): number {
  if (generateMask === undefined) randomFillSync(maskBuffer);
  else generateMask(maskBuffer);
  return maskBuffer.readInt32BE(0);
}
