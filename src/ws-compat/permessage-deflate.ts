import { kMaxLength } from "node:buffer";
import { constants, deflateRawSync, type ZlibOptions } from "node:zlib";
import { type Codec, createCodec, type DeflateParameters } from "../engine/index.ts";
import type { ExtensionParameters } from "./extension.ts";
import { createFault } from "./faults.ts";

/** The option `perMessageDeflate` of both sides. */
export interface PerMessageDeflateOptions {
  serverNoContextTakeover?: boolean | undefined;
  clientNoContextTakeover?: boolean | undefined;
  /** 8 to 15. */
  serverMaxWindowBits?: number | undefined;
  clientMaxWindowBits?: number | undefined;
  /** Of these, a socket takes `level` and `memLevel`. */
  zlibDeflateOptions?: ZlibDeflateOptions | undefined;
  /** Without effect. */
  zlibInflateOptions?: ZlibOptions | undefined;
  /** Shorter messages are not compressed where our context is not taken over, in bytes. Default 1024. */
  threshold?: number | undefined;
  /** Without effect: messages are compressed in the calling thread, one after the other. */
  concurrencyLimit?: number | undefined;
}

/** Options of zlib, with a dictionary as `@types/ws` has it. */
interface ZlibDeflateOptions extends Omit<ZlibOptions, "dictionary"> {
  dictionary?: Buffer | Buffer[] | DataView | undefined;
}

/** What a {@link PerMessageDeflate} by itself is made from. */
export interface PerMessageDeflateSettings extends Omit<
  PerMessageDeflateOptions,
  "serverMaxWindowBits" | "clientMaxWindowBits"
> {
  /** `false` declines an offer that asks for it. */
  serverMaxWindowBits?: boolean | number | undefined;
  /** `false` does not let the server choose. */
  clientMaxWindowBits?: boolean | number | undefined;
  /** Whether it is the server's end. Default false. */
  isServer?: boolean | undefined;
  /** The longest message to inflate, in bytes; 0 is unlimited. */
  maxPayload?: number | undefined;
}

/** What both ends agreed on, by the names of RFC 7692 §7.1. */
export interface AcceptedParameters {
  server_no_context_takeover?: true;
  client_no_context_takeover?: true;
  server_max_window_bits?: number;
  client_max_window_bits?: number | true;
}

type Callback = (error: Error | null, data?: Buffer) => void;

const windowBitsNames: readonly string[] = ["server_max_window_bits", "client_max_window_bits"];
const takeoverNames: readonly string[] = ["server_no_context_takeover", "client_no_context_takeover"];
const flushTailBytes = 4; // RFC 7692 §7.2.1
const emptyFlush = Uint8Array.of(0x00, 0x00, 0x00, 0xff, 0xff);

/** The class `PerMessageDeflate` of `ws`: how two ends agree, and then compression by the message or by the piece. */
export class PerMessageDeflate {
  static readonly extensionName = "permessage-deflate";
  /** Null until {@link accept}. */
  params: AcceptedParameters | null = null;
  readonly _options: PerMessageDeflateSettings;
  readonly _isServer: boolean;
  readonly _maxPayload: number;
  readonly _threshold: number;
  #codec: Codec | undefined;
  #sent: Buffer = Buffer.alloc(0);
  #received: Uint8Array[] = [];

  /** The last two are how `ws` before 8.20 is told what the options tell now. */
  constructor(options: PerMessageDeflateSettings = {}, isServer?: boolean, maxPayload?: number) {
    this._options = options;
    this._isServer = isServer ?? options.isServer ?? false;
    this._maxPayload = maxPayload ?? options.maxPayload ?? 0;
    this._threshold = options.threshold ?? 1024;
  }

  /** A client's offer. */
  offer(): AcceptedParameters {
    const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } =
      this._options;
    return {
      ...(serverNoContextTakeover && { server_no_context_takeover: true as const }),
      ...(clientNoContextTakeover && { client_no_context_takeover: true as const }),
      ...(typeof serverMaxWindowBits === "number" && { server_max_window_bits: serverMaxWindowBits }),
      ...(clientMaxWindowBits !== false && { client_max_window_bits: clientMaxWindowBits ?? true }),
    };
  }

  /**
   * Takes the first good offer of a client, or the answer of a server.
   *
   * @throws {Error} if there is none, or a parameter may not be as it is.
   */
  accept(configurations: readonly ExtensionParameters[]): AcceptedParameters {
    const read = configurations.map((parameters) => this.#readParameters(parameters));
    this.params = this._isServer ? this.#acceptOffer(read) : this.#acceptAnswer(read[0] ?? {});
    return this.params;
  }

  /** What a connection compresses with. */
  createCodec(): Codec {
    const { level, memLevel } = this._options.zlibDeflateOptions ?? {};
    const parameters = this.#agreed();
    const { ours } = this.#sides(parameters);
    return createCodec({
      role: this._isServer ? "server" : "client",
      parameters,
      // As in `ws`: a message that later ones may refer to is compressed however short it is.
      thresholdBytes: ours.takesOver ? 0 : this._threshold,
      ...(level === undefined || level < 0 ? {} : { level }),
      memLevel: memLevel ?? 8,
    });
  }

  /** Compresses a message, or a piece of one with `isFinal` false. Calls back before it returns. */
  compress(data: string | Uint8Array, isFinal: boolean, callback: Callback): void {
    const { ours } = this.#sides(this.#agreed());
    const bytes = Buffer.from(data as Uint8Array); // one of its overloads takes each
    const options: ZlibOptions = {
      ...(this._options.zlibDeflateOptions as ZlibOptions | undefined), // zlib refuses a list of dictionaries
      windowBits: Math.max(ours.windowBits, 9),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(this.#sent.length > 0 && { dictionary: this.#sent }),
    };
    let flushed: Uint8Array;
    try {
      flushed = bytes.length === 0 ? emptyFlush : deflateRawSync(bytes, options);
    } catch (error) {
      return callback(error instanceof Error ? error : new Error(String(error)));
    }
    const isForgotten = isFinal && !ours.takesOver;
    this.#sent = isForgotten ? Buffer.alloc(0) : Buffer.concat([this.#sent, bytes]).subarray(-(2 ** ours.windowBits));
    callback(null, Buffer.from(isFinal ? flushed.subarray(0, -flushTailBytes) : flushed));
  }

  /** Inflates a message. Of one in pieces, it is given whole with the last piece. Calls back before it returns. */
  decompress(data: Uint8Array, isFinal: boolean, callback: Callback): void {
    this.#received.push(data);
    if (!isFinal) return callback(null, Buffer.alloc(0));
    const message = Buffer.concat(this.#received.splice(0));
    this.#codec ??= this.createCodec();
    const result = this.#codec.inflate(message, this._maxPayload > 0 ? this._maxPayload : kMaxLength);
    this.#codec.release();
    if (result.type === "inflated") return callback(null, Buffer.from(result.data));
    if (result.fault === "tooBig") callback(createFault("A message must not inflate to more than the limit"));
    else callback(Object.assign(createFault("A message must be valid DEFLATE"), { errno: constants.Z_DATA_ERROR }));
  }

  /** Lets go of what it remembers. */
  cleanup(): void {
    this.#codec?.close();
    this.#codec = undefined;
    this.#sent = Buffer.alloc(0);
    this.#received = [];
  }

  #acceptOffer(offers: readonly AcceptedParameters[]): AcceptedParameters {
    const accepted = offers.find((offer) => this.#canAccept(offer));
    if (accepted === undefined) throw new Error("None of the extension offers can be accepted");
    const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } =
      this._options;
    if (serverNoContextTakeover) accepted.server_no_context_takeover = true;
    if (clientNoContextTakeover) accepted.client_no_context_takeover = true;
    if (typeof serverMaxWindowBits === "number") accepted.server_max_window_bits = serverMaxWindowBits;
    if (typeof clientMaxWindowBits === "number") accepted.client_max_window_bits = clientMaxWindowBits;
    else if (accepted.client_max_window_bits === true || clientMaxWindowBits === false) {
      delete accepted.client_max_window_bits;
    }
    return accepted;
  }

  #canAccept(offer: AcceptedParameters): boolean {
    const { serverNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = this._options;
    const { server_max_window_bits: serverBits, client_max_window_bits: clientBits } = offer;
    if (serverNoContextTakeover === false && offer.server_no_context_takeover) return false;
    if (serverBits !== undefined && serverMaxWindowBits === false) return false;
    if (serverBits !== undefined && Number(serverMaxWindowBits) > serverBits) return false;
    // RFC 7692 §7.1.2.2: what the client does not offer must not be in the answer.
    if (typeof clientMaxWindowBits !== "number") return true;
    return typeof clientBits === "number" ? clientMaxWindowBits <= clientBits : clientBits === true;
  }

  #acceptAnswer(answer: AcceptedParameters): AcceptedParameters {
    const { clientNoContextTakeover, clientMaxWindowBits } = this._options;
    if (clientNoContextTakeover === false && answer.client_no_context_takeover) {
      throw new Error('Unexpected parameter "client_no_context_takeover"');
    }
    if (answer.client_max_window_bits === undefined) {
      if (typeof clientMaxWindowBits === "number") answer.client_max_window_bits = clientMaxWindowBits;
    } else if (
      clientMaxWindowBits === false ||
      (typeof clientMaxWindowBits === "number" && Number(answer.client_max_window_bits) > clientMaxWindowBits)
    ) {
      throw new Error('Unexpected or invalid parameter "client_max_window_bits"');
    }
    return answer;
  }

  /** Reads the values in place, as `ws` does. */
  #readParameters(parameters: ExtensionParameters): AcceptedParameters {
    const read: Record<string, unknown> = parameters;
    for (const [key, values] of Object.entries(parameters)) {
      if (values.length > 1) throw new Error(`Parameter "${key}" must have only a single value`);
      read[key] = this.#readValue(key, values[0] ?? true);
    }
    return read;
  }

  #readValue(key: string, value: string | true): number | true {
    if (!windowBitsNames.includes(key) && !takeoverNames.includes(key)) throw new Error(`Unknown parameter "${key}"`);
    const mayBeTrue = takeoverNames.includes(key) || (key === "client_max_window_bits" && this._isServer);
    if (value === true && mayBeTrue) return true;
    // §7.1.2: "a decimal integer value without leading zeroes between 8 to 15, inclusive"
    if (windowBitsNames.includes(key) && /^(?:[89]|1[0-5])$/.test(String(value))) return Number(value);
    throw new TypeError(`Invalid value for parameter "${key}": ${value}`);
  }

  #agreed(): DeflateParameters {
    const params = this.params ?? {};
    const bits = (given: number | true | undefined): number => (typeof given === "number" ? given : 15);
    return {
      serverNoContextTakeover: params.server_no_context_takeover ?? false,
      clientNoContextTakeover: params.client_no_context_takeover ?? false,
      serverMaxWindowBits: bits(params.server_max_window_bits),
      clientMaxWindowBits: bits(params.client_max_window_bits),
    };
  }

  #sides(agreed: DeflateParameters): { readonly ours: { readonly takesOver: boolean; readonly windowBits: number } } {
    return {
      ours: this._isServer
        ? { takesOver: !agreed.serverNoContextTakeover, windowBits: agreed.serverMaxWindowBits }
        : { takesOver: !agreed.clientNoContextTakeover, windowBits: agreed.clientMaxWindowBits },
    };
  }
}
