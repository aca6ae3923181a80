import { kMaxLength } from "node:buffer";
import { randomBytes } from "node:crypto";
import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from "node:zlib";
import type { InflateFault, InflateResult, MessageDeflater } from "../protocol/index.ts";
import { History } from "./history.ts";

// Sync flush ends what it writes with an empty block, 00 00 ff ff; RFC 7692 §7.2.1: "Remove 4 octets (that are 0x00 0x00 0xff 0xff)
// from the tail end".
const flushTailBytes = 4;

// §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message". Behind them a final block with a mark
// that no peer knows: a message that does not end with it ended within a block, whatever that block then made of these bytes.
const mark = randomBytes(4);
const messageTail = Buffer.concat([Buffer.from("0000ffff010400fbff", "hex"), mark]);
// The same with a longer mark: with both a message becomes the same, unless it ended within a stored block that has taken them as they are.
const otherMark = randomBytes(5);
const otherTail = Buffer.concat([Buffer.from("0000ffff010500faff", "hex"), otherMark]);

// A stream of two bytes costs as much to begin as one of a kilobyte: a message full of them would be an attack, not a message.
const maxStreamCount = 32;

/** How to compress, in zlib's terms. */
export interface DeflaterOptions {
  /** 9 to 15. */
  readonly windowBits: number;
  /** 0 to 9. */
  readonly level: number;
  /** 1 to 9. */
  readonly memLevel: number;
}

/** Compresses messages, each by itself or after a given history. It remembers nothing, so all connections of one kind share one. */
export class Deflater implements MessageDeflater {
  readonly #options: ZlibOptions;

  constructor(options: DeflaterOptions) {
    this.#options = { ...options, finishFlush: constants.Z_SYNC_FLUSH };
  }

  /**
   * Compresses in the calling thread: a message of a kilobyte takes less than the way to zlib's threads and back.
   *
   * @returns `undefined` if it would not become shorter.
   */
  deflate(message: Uint8Array, dictionary?: Uint8Array): Uint8Array | undefined {
    const options = dictionary === undefined ? this.#options : { ...this.#options, dictionary };
    const flushed = deflateRawSync(message, options);
    const byteCount = flushed.length - flushTailBytes;
    return byteCount < message.length ? flushed.subarray(0, byteCount) : undefined;
  }

  /**
   * Compresses the message's next piece. A sync flush ends at a byte, and what a stream of zlib's would remember is the history: so no
   * stream needs to live until the next piece.
   */
  deflatePiece(
    piece: Uint8Array,
    { history, isFinal }: { readonly history: History; readonly isFinal: boolean },
  ): Uint8Array {
    const { dictionary } = history;
    const flushed = deflateRawSync(piece, dictionary === undefined ? this.#options : { ...this.#options, dictionary });
    history.append(piece);
    return isFinal ? flushed.subarray(0, -flushTailBytes) : flushed;
  }
}

const deflaters = new Map<string, Deflater>();

/** The one deflater with these options: who shares it shares compressed frames. */
export function sharedDeflater(options: DeflaterOptions): Deflater {
  const key = `${options.windowBits} ${options.level} ${options.memLevel}`;
  const known = deflaters.get(key);
  if (known !== undefined) return known;
  const made = new Deflater(options);
  deflaters.set(key, made);
  return made;
}

let knowsDictionary: boolean | undefined;

/** Whether zlib here looks at a dictionary, and so can inflate what refers to earlier messages: Deno's does not, either way. */
export function canInflateWithHistory(): boolean {
  if (knowsDictionary !== undefined) return knowsDictionary;
  const dictionary = Buffer.from("switchboard");
  const referring = deflateRawSync(dictionary, { dictionary });
  knowsDictionary = referring.length < dictionary.length;
  return knowsDictionary;
}

/** What to inflate a message with. */
export interface InflateOptions {
  /** 8 to 15. */
  readonly windowBits: number;
  readonly limitBytes: number;
  /** What was inflated before, where the context is taken over. The message is added to it. */
  readonly history?: History | undefined;
}

/** Inflates one message, in the calling thread, and stops when there is more than the limit. */
export function inflate(compressed: Uint8Array, options: InflateOptions): InflateResult {
  // §7.2.3.6 makes it one byte, but zlib has nothing to say when it is asked twice, and then ws sends no byte.
  if (compressed.length === 0) return { type: "inflated", data: compressed };
  const { windowBits, limitBytes } = options;
  let { history } = options;
  const parts: Buffer[] = [];
  let rest: Uint8Array = Buffer.concat([compressed, messageTail]);
  let roomBytes = limitBytes;
  // §7.2.3.4: a block may be final. Then its stream ends, the next begins at the next byte, and the window stays.
  for (let streamCount = 0; streamCount < maxStreamCount; streamCount++) {
    const within = { windowBits, limitBytes: roomBytes + otherMark.length, history };
    const stream = inflateStream(rest, within);
    if (typeof stream === "string") return { type: "fault", fault: stream };
    const isLast = stream.takenBytes === rest.length;
    if (isLast && !endsWhole(stream.data, rest, within)) return { type: "fault", fault: "corrupt" };
    const data = isLast ? stream.data.subarray(0, -mark.length) : stream.data;
    if (data.length > roomBytes) return { type: "fault", fault: "tooBig" };
    parts.push(data);
    roomBytes -= data.length;
    if (!isLast) history ??= new History(windowBits);
    history?.append(data);
    if (isLast) return { type: "inflated", data: parts.length === 1 ? data : Buffer.concat(parts) };
    rest = rest.subarray(stream.takenBytes);
  }
  return { type: "fault", fault: "tooManyStreams" };
}

/** Whether what came of the last stream came of a message that was whole. */
function endsWhole(data: Buffer, bytes: Uint8Array, options: InflateOptions): boolean {
  if (!data.subarray(-mark.length).equals(mark)) return false;
  if (!data.subarray(-messageTail.length).equals(messageTail)) return true;
  const again = inflateStream(Buffer.concat([bytes.subarray(0, -messageTail.length), otherTail]), options);
  return typeof again !== "string" && again.data.equals(Buffer.concat([data.subarray(0, -mark.length), otherMark]));
}

function inflateStream(
  bytes: Uint8Array,
  { windowBits, limitBytes, history }: InflateOptions,
): { readonly data: Buffer; readonly takenBytes: number } | InflateFault {
  const dictionary = history?.dictionary;
  try {
    const result = inflateRawSync(bytes, {
      windowBits,
      info: true,
      maxOutputLength: Math.min(limitBytes, kMaxLength), // zlib refuses to look at anything beyond
      ...(dictionary === undefined ? {} : { dictionary }),
    });
    // What `info` makes of the result is documented, but the types do not know it.
    const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return buffer.length > limitBytes ? "tooBig" : { data: buffer, takenBytes: engine.bytesWritten };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? "tooBig" : "corrupt";
  }
}
