import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

/** What one direction keeps. */
interface Direction {
  readonly windowBits: number;
  readonly takesOver: boolean;
}

/** The suite's compression, as the two agreed: zlib with what came before as a dictionary, where that may be. */
export class SuiteCodec {
  readonly #outgoing: Direction;
  readonly #incoming: Direction;
  #sent: Buffer = Buffer.alloc(0);
  #received: Buffer = Buffer.alloc(0);

  /** `answer` is the server's `Sec-WebSocket-Extensions`; `suite` is the role of the suite. */
  constructor(answer: string, suite: "client" | "server") {
    const direction = (role: string): Direction => ({
      windowBits: Number(new RegExp(`${role}_max_window_bits=(\\d+)`).exec(answer)?.[1] ?? 15),
      takesOver: !answer.includes(`${role}_no_context_takeover`),
    });
    this.#outgoing = direction(suite);
    this.#incoming = direction(suite === "client" ? "server" : "client");
  }

  deflate(message: Buffer): Buffer {
    const { windowBits, takesOver } = this.#outgoing;
    const dictionary = takesOver && this.#sent.length > 0 ? { dictionary: this.#sent } : {};
    const options = { windowBits: Math.max(9, windowBits), finishFlush: constants.Z_SYNC_FLUSH, ...dictionary };
    this.#sent = Buffer.concat([this.#sent, message]).subarray(-(2 ** windowBits));
    return deflateRawSync(message, options).subarray(0, -4);
  }

  inflate(payload: Buffer): Buffer {
    const { windowBits, takesOver } = this.#incoming;
    const dictionary = takesOver && this.#received.length > 0 ? { dictionary: this.#received } : {};
    const message = inflateRawSync(Buffer.concat([payload, Buffer.from("0000ffff", "hex")]), {
      windowBits: Math.max(9, windowBits),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...dictionary,
    });
    this.#received = Buffer.concat([this.#received, message]).subarray(-(2 ** windowBits));
    return message;
  }
}
