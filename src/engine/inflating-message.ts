import {
  closeCodes,
  type InflateFault,
  Inflater,
  inflateFaults,
  type MessagePiece,
  TextPieces,
} from "../protocol/index.ts";
import { decodeText } from "./decode-text.ts";
import type { History } from "./history.ts";

/** The most that is inflated at a time, in bytes. */
export const inflatedPieceBytes: number = 64 * 1024;

// RFC 7692 §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message"
const messageTail = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
const noBytes = new Uint8Array();

/** How the connection ends whose message does not inflate, or is no text. */
export interface InflatingFault {
  readonly type: "fault";
  readonly code: number;
  readonly reason: string;
}

/** The next piece of a message, or why there is none. */
export type InflatingStep = (Pick<MessagePiece, "data" | "isLast"> & { readonly type: "piece" }) | InflatingFault;

/** What an {@link InflatingMessage} is made from. */
export interface InflatingOptions {
  readonly isText: boolean;
  readonly windowBits: number;
  /** What all pieces together may have, in bytes. */
  readonly limitBytes: number;
  /** What was inflated before, where the context is taken over. The message is added to it. */
  readonly history: History | undefined;
  /** Called once: with what it had when it was whole, or without when the rest is not wanted. */
  readonly onEnd: (whole: InflatedSize | undefined) => void;
}

export interface InflatedSize {
  readonly messageBytes: number;
  /** On the wire. */
  readonly payloadBytes: number;
}

/** A compressed message that is inflated while it is read: a piece at a time, whatever the rest would become. */
export class InflatingMessage {
  readonly #options: InflatingOptions;
  readonly #inflater: Inflater;
  readonly #text: TextPieces | undefined;
  /** Whether the last of what is compressed was fed. */
  hasAll = false;
  #messageBytes = 0;
  #payloadBytes = 0;
  #hasEnded = false;

  constructor(options: InflatingOptions) {
    const { isText, windowBits, history } = options;
    this.#options = options;
    this.#inflater = new Inflater({ windowBits, pieceBytes: inflatedPieceBytes, dictionary: history?.dictionary });
    this.#text = isText ? new TextPieces(decodeText) : undefined;
  }

  /** Whether it must be inflated to its end, be it read or not: later messages may look back on it. */
  get isRemembered(): boolean {
    return this.#options.history !== undefined;
  }

  /** Adds what has come. To be called when {@link next} has nothing more. */
  feed(compressed: Uint8Array, isLast: boolean): void {
    this.#payloadBytes += compressed.length;
    this.#inflater.feed(compressed);
    // §7.2.3.6 makes an empty message one byte, but ws sends none.
    if (isLast && this.#payloadBytes > 0) this.#inflater.feed(messageTail);
    this.hasAll = isLast;
  }

  /** The next piece; `undefined` when more has to come first. */
  next(): InflatingStep | undefined {
    const data = this.#inflater.read();
    if (data === "corrupt") return this.#fail("corrupt");
    if (data === undefined) return this.hasAll ? this.#finish() : undefined;
    this.#messageBytes += data.length;
    if (this.#messageBytes > this.#options.limitBytes) return this.#fail("tooBig");
    this.#options.history?.append(data);
    const piece = this.#text === undefined ? data : this.#text.take(data, 0, data.length);
    return piece === undefined ? this.#failText() : { type: "piece", data: piece, isLast: false };
  }

  /** The rest is not wanted. */
  end(): void {
    this.#tellEnd(undefined);
  }

  #finish(): InflatingStep {
    if (!this.#inflater.isBetweenBlocks) return this.#fail("corrupt");
    if (this.#text?.isComplete === false) return this.#failText();
    this.#tellEnd({ messageBytes: this.#messageBytes, payloadBytes: this.#payloadBytes });
    return { type: "piece", data: noBytes, isLast: true };
  }

  #fail(fault: InflateFault): InflatingFault {
    this.end();
    return { type: "fault", ...inflateFaults[fault] };
  }

  #failText(): InflatingFault {
    this.end();
    return { type: "fault", code: closeCodes.invalidData, reason: "A text message must be UTF-8" };
  }

  #tellEnd(whole: InflatedSize | undefined): void {
    if (!this.#hasEnded) this.#options.onEnd(whole);
    this.#hasEnded = true;
  }
}
