import { checkUtf8Piece, utf8Complete, utf8Invalid, type Utf8State } from "./utf8.ts";

/** A whole message. Binary data is the receiver's own: no view of anything. */
export type ReceivedMessage =
  | { readonly type: "message"; readonly opcode: "text"; readonly data: string }
  | { readonly type: "message"; readonly opcode: "binary"; readonly data: Uint8Array };

/**
 * A whole message as the bytes it came in; those of a text are UTF-8. They may be a view of what was received, which is used again:
 * copy what you keep.
 */
export interface MessageBytes {
  readonly type: "bytes";
  readonly opcode: "text" | "binary";
  readonly data: Uint8Array;
}

/** Whether a caller's value is one. */
export function isMessageBytes(value: unknown): value is MessageBytes {
  const { type, opcode, data } = (value ?? {}) as Partial<MessageBytes>; // anything an untyped program gives
  return type === "bytes" && (opcode === "text" || opcode === "binary") && data instanceof Uint8Array;
}

/** Decodes `bytes[start, end)`, known to be valid UTF-8, or even ASCII. A byte order mark is text like any other. */
export type TextDecode = (bytes: Uint8Array, start: number, end: number, isAscii?: boolean) => string;

/** Unmasks `bytes[start, end)` in place and may tell that it is ASCII: as `applyMask` does. */
export type Unmask = (bytes: Uint8Array, start: number, end: number, maskingKey: number, phase: number) => boolean;

/** What a platform may do faster than plain TypeScript. */
export interface MessagePorts {
  readonly decodeText: TextDecode;
  /** Whether the bytes are whole UTF-8. */
  readonly isUtf8: (bytes: Uint8Array) => boolean;
  /** An array of so many bytes, of which every one will be written. */
  readonly allocate: (byteCount: number) => Uint8Array;
  readonly unmask: Unmask;
}

/** The text `bytes[start, end)`, or `undefined` if it is not UTF-8. */
export function readText(bytes: Uint8Array, start: number, end: number, ports: MessagePorts): string | undefined {
  return isUtf8(bytes, start, end, ports) ? ports.decodeText(bytes, start, end) : undefined;
}

function isUtf8(bytes: Uint8Array, start: number, end: number, ports: MessagePorts): boolean {
  return checkUtf8Piece(utf8Complete, bytes, start, end, ports.isUtf8) === utf8Complete;
}

/** What a message is known to be before it is read. */
export type Kind = "binary" | "text" | "ascii";

/** The message that lies whole in `bytes[start, end)`, or `undefined` if it is a text and not UTF-8. */
export function readMessage(
  kind: Kind,
  bytes: Uint8Array,
  start: number,
  end: number,
  ports: MessagePorts,
): ReceivedMessage | undefined {
  if (kind === "ascii") return { type: "message", opcode: "text", data: ports.decodeText(bytes, start, end, true) };
  if (kind === "binary") {
    // Not `slice`, which makes a view when the transport's chunk is a Node `Buffer`.
    const copy = ports.allocate(end - start);
    copy.set(bytes.subarray(start, end));
    return { type: "message", opcode: "binary", data: copy };
  }
  const data = readText(bytes, start, end, ports);
  return data === undefined ? undefined : { type: "message", opcode: "text", data };
}

/** As {@link readMessage}, with a view for a copy. */
export function readBytes(
  kind: Kind,
  bytes: Uint8Array,
  start: number,
  end: number,
  ports: MessagePorts,
): MessageBytes | undefined {
  if (kind === "text" && !isUtf8(bytes, start, end, ports)) return undefined;
  return { type: "bytes", opcode: kind === "binary" ? "binary" : "text", data: bytes.subarray(start, end) };
}

/**
 * A message that arrives in pieces: fragments, or a frame cut by the transport.
 *
 * All pieces go into one growing array, so what a message costs is bounded by its bytes and not by its fragments (ws#2331,
 * CVE-2026-48779). It has at most four times the room of what has arrived, whatever a header announces.
 */
export class PartialMessage {
  /** How many bytes have arrived. */
  byteCount = 0;
  /** How many frames have begun, empty ones included. */
  fragmentCount = 0;

  readonly isText: boolean;
  /** Whether the bytes are those of a compressed message; then they are no text yet. */
  readonly isCompressed: boolean;
  #bytes: Uint8Array = new Uint8Array(0);
  #utf8: Utf8State = utf8Complete;
  #expectedBytes = Infinity;
  readonly #ports: MessagePorts;

  constructor(isText: boolean, isCompressed: boolean, ports: MessagePorts) {
    this.isText = isText;
    this.isCompressed = isCompressed;
    this.#ports = ports;
  }

  /** Begins the next frame; the last one tells how long the message will be, so that the array ends up exact. */
  beginFrame(payloadBytes: number, isFinal: boolean): void {
    this.fragmentCount++;
    if (isFinal) this.#expectedBytes = this.byteCount + payloadBytes;
  }

  /** Adds a copy of `bytes[start, end)`. False at the first byte that cannot be UTF-8 in a text. */
  append(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.isText && !this.isCompressed) {
      this.#utf8 = checkUtf8Piece(this.#utf8, bytes, start, end, this.#ports.isUtf8);
    }
    if (this.#utf8 === utf8Invalid) return false;
    const neededBytes = this.byteCount + end - start;
    if (neededBytes > this.#bytes.length) this.#grow(neededBytes);
    this.#bytes.set(bytes.subarray(start, end), this.byteCount);
    this.byteCount = neededBytes;
    return true;
  }

  /** The message, which was not compressed, or `undefined` if a text ends within a character. */
  finish(): ReceivedMessage | undefined {
    if (!this.isText) return { type: "message", opcode: "binary", data: this.takeBytes() };
    if (this.#utf8 !== utf8Complete) return undefined;
    return { type: "message", opcode: "text", data: this.#ports.decodeText(this.#bytes, 0, this.byteCount) };
  }

  /** As {@link finish}. */
  finishBytes(): MessageBytes | undefined {
    if (this.#utf8 !== utf8Complete) return undefined; // never in a binary one, which is not looked at
    return { type: "bytes", opcode: this.isText ? "text" : "binary", data: this.takeBytes() };
  }

  /** What has arrived, in an array of its own that is exactly as long. */
  takeBytes(): Uint8Array {
    return this.byteCount === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.byteCount);
  }

  #grow(neededBytes: number): void {
    const roomBytes = Number.isFinite(this.#expectedBytes)
      ? neededBytes * 4
      : Math.max(neededBytes, this.#bytes.length * 2);
    const grown = this.#ports.allocate(Math.min(roomBytes, this.#expectedBytes));
    grown.set(this.#bytes.subarray(0, this.byteCount));
    this.#bytes = grown;
  }
}
