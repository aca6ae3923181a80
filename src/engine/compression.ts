import {
  answerDeflateOffers,
  type DeflateParameters,
  type DeflateReading,
  type ExtensionOffer,
  readDeflateAnswer,
  type Role,
  writeDeflateOffer,
} from "../protocol/index.ts";
import { Codec, historyBytes } from "./codec.ts";
import { type CompressionBudget, sharedCompressionBudget } from "./compression-budget.ts";
import { canInflateWithHistory } from "./deflate.ts";

/**
 * How to compress (permessage-deflate, RFC 7692). Do not compress what mixes a secret with text that a stranger may choose: the length
 * of the result tells about the secret (§8, CRIME). `send(data, { compress: false })` leaves one message out.
 */
export interface CompressionOptions {
  /** Shorter messages are sent as they are, in bytes. Default 1024. */
  readonly thresholdBytes?: number;
  /** How hard to try, 0 to 9. Default 6, as zlib's. */
  readonly level?: number;
  /** How much memory to try with, while a message is being compressed: 2 to the power of this + 9 bytes, 1 to 9. Default 5. */
  readonly memLevel?: number;
  /** How far to look back: 2 to the power of this many bytes, 9 to 15. Default 15. */
  readonly windowBits?: number;
  /**
   * Whether messages refer to earlier ones. They become shorter, but each connection then remembers up to a window of what it sent, and
   * compressing takes longer the larger the window is: 12 bits are a good choice then. Default false.
   */
  readonly contextTakeover?: boolean;
  /** How far the peer may look back, 9 to 15. Default 15. */
  readonly peerWindowBits?: number;
  /**
   * Whether the peer's messages may refer to earlier ones; each connection then remembers up to a window of them. Default true;
   * always false where zlib is not able to inflate such messages, as in Deno.
   */
  readonly peerContextTakeover?: boolean;
  /** The memory for it. Default: one budget for the process. */
  readonly budget?: CompressionBudget;
}

/** What a server agreed to. */
export interface AgreedDeflate {
  /** The value of `Sec-WebSocket-Extensions` that says so. */
  readonly header: string;
  /** What the connection compresses with. It holds memory until it is closed. */
  readonly createCodec: () => Codec;
}

/** What a client offers. */
export interface DeflateOffer {
  /** The value of `Sec-WebSocket-Extensions`. */
  readonly header: string;
  /** Judges the server's answer. */
  readonly read: (answer: ExtensionOffer) => DeflateReading;
  /** What the connection compresses with. It holds memory until it is closed. */
  readonly createCodec: (parameters: DeflateParameters) => Codec;
}

/** What an end wants of compression, and what it makes of what the other end says. */
export class Compression {
  readonly #role: Role;
  readonly #wanted: DeflateParameters;
  readonly #thresholdBytes: number;
  readonly #level: number;
  readonly #memLevel: number;
  readonly #budget: CompressionBudget;

  /** @throws {RangeError} for a number out of its range. */
  constructor(role: Role, options: CompressionOptions) {
    const windowBits = requireRange("windowBits", options.windowBits ?? 15, 9, 15);
    const peerWindowBits = requireRange("peerWindowBits", options.peerWindowBits ?? 15, 9, 15);
    const isAlone = !(options.contextTakeover ?? false);
    const isPeerAlone = !(options.peerContextTakeover ?? true) || !canInflateWithHistory();
    this.#role = role;
    this.#thresholdBytes = requireRange("thresholdBytes", options.thresholdBytes ?? 1024, 0, Number.MAX_SAFE_INTEGER);
    this.#level = requireRange("level", options.level ?? 6, 0, 9);
    this.#memLevel = requireRange("memLevel", options.memLevel ?? 5, 1, 9);
    this.#budget = options.budget ?? sharedCompressionBudget;
    this.#wanted = {
      serverNoContextTakeover: role === "server" ? isAlone : isPeerAlone,
      clientNoContextTakeover: role === "server" ? isPeerAlone : isAlone,
      serverMaxWindowBits: role === "server" ? windowBits : peerWindowBits,
      clientMaxWindowBits: role === "server" ? peerWindowBits : windowBits,
    };
  }

  /** A server's answer to a client's offers. Where memory is short, nothing is to be remembered. */
  answer(offers: readonly ExtensionOffer[]): AgreedDeflate | undefined {
    const widest = answerDeflateOffers(offers, this.#wanted);
    const answer =
      widest === undefined || this.#hasRoomFor(widest.parameters)
        ? widest
        : answerDeflateOffers(offers, withoutTakeover(this.#wanted));
    return answer && { header: answer.header, createCodec: () => this.createCodec(answer.parameters) };
  }

  /** A client's offer. */
  offer(): DeflateOffer {
    const offered = this.#hasRoomFor(this.#wanted) ? this.#wanted : withoutTakeover(this.#wanted);
    return {
      header: writeDeflateOffer(offered),
      read: (answer) => readDeflateAnswer(answer, offered),
      createCodec: (parameters) => this.createCodec(parameters),
    };
  }

  /** What a connection compresses with on which both ends agreed on `parameters`. */
  createCodec(parameters: DeflateParameters): Codec {
    return new Codec({
      role: this.#role,
      parameters,
      thresholdBytes: this.#thresholdBytes,
      level: this.#level,
      memLevel: this.#memLevel,
      budget: this.#budget,
    });
  }

  #hasRoomFor(parameters: DeflateParameters): boolean {
    return historyBytes(parameters) <= this.#budget.historyRoomBytes;
  }
}

/**
 * What a connection compresses with whose handshake was somebody else's work.
 *
 * @param options.parameters - what both ends agreed on; of `options`, the windows and takeovers have no effect any more.
 * @throws {RangeError} for a number out of its range.
 */
export function createCodec(
  options: CompressionOptions & { readonly role: Role; readonly parameters: DeflateParameters },
): Codec {
  return new Compression(options.role, options).createCodec(options.parameters);
}

function withoutTakeover(wanted: DeflateParameters): DeflateParameters {
  return { ...wanted, serverNoContextTakeover: true, clientNoContextTakeover: true };
}

function requireRange(name: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`Cannot use ${value} as ${name}: give an integer from ${min} to ${max}`);
}
