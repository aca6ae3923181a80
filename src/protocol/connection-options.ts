import type { MessageCodec } from "./deflate.ts";
import { ProtocolError } from "./errors.ts";
import { applyMask } from "./frame.ts";
import type { MessageLimits } from "./judge-data-frame.ts";
import type { MessagePorts, TextDecode, Unmask } from "./message.ts";
import { checkUtf8, utf8Complete } from "./utf8.ts";

/** Which end of the connection we are. A client masks what it sends, a server does not (RFC 6455 §5.1). */
export type Role = "server" | "client";

/** What a {@link Connection} is made from. */
export interface ConnectionOptions {
  readonly role: Role;
  /**
   * The longest message to accept, in bytes on the wire, summed over its fragments. Judged on the header, before anything is
   * allocated; above it the connection fails with 1009. Default 1 MiB. `Infinity` is the longest string there can be
   * ({@link longestMessageBytes}).
   */
  readonly maxMessageBytes?: number;
  /** The most frames one message may come in, empty ones included; above it the connection fails with 1008. Default 1024. */
  readonly maxFragmentCount?: number;
  /**
   * 32 random bits for the mask of the next frame; required for a client, not called for a server. §5.3: "The masking key needs
   * to be unpredictable", so take them from a strong source.
   */
  readonly createMaskingKey?: () => number;
  /** Decodes `bytes[start, end)`, which is valid UTF-8, or even ASCII; must keep a byte order mark. Default: `TextDecoder`. */
  readonly decodeText?: TextDecode;
  /** Whether the bytes are whole UTF-8, for a platform that tells sooner; `isUtf8` of `node:buffer`. Default: our own check. */
  readonly isUtf8?: (bytes: Uint8Array) => boolean;
  /** An array of so many bytes for a message, which overwrites them all: need not be cleared. Default `new Uint8Array()`. */
  readonly allocate?: (byteCount: number) => Uint8Array;
  /** Unmasks `bytes[start, end)` in place, for a platform that does it sooner; must answer as {@link applyMask}, its default. */
  readonly unmask?: Unmask;
  /**
   * The compression that was negotiated (RFC 7692). While absent, RSV1 is refused with 1002. `maxMessageBytes` then also holds for what
   * messages inflate to.
   */
  readonly codec?: MessageCodec | undefined;
  /**
   * Whether messages are told in pieces, as they come, and not held. `maxMessageBytes` then is what all pieces of one may have, with no
   * cap; `maxFragmentCount` has no meaning. A compressed message is told as it came: inflating and checking it is the caller's.
   * Default false.
   */
  readonly tellsPieces?: boolean;
  /**
   * Whether messages are told as {@link MessageBytes}: nothing is copied or decoded, and what lies whole in a chunk is a view of it, good until
   * that is used again. Default false; has no effect with `tellsPieces`.
   */
  readonly tellsBytes?: boolean;
  /** Whether a ping is answered by itself (§5.5.2 wants it answered); false leaves it to the caller. Default true. */
  readonly answersPings?: boolean;
  /**
   * Whether a close frame is answered by itself. False leaves it to the caller, who must call `sendClose`: until then the connection stays
   * open for what he still has to say, and what comes behind the close frame is not looked at. Default true.
   */
  readonly answersCloses?: boolean;
}

/** V8's longest string. What does not fit could not be handed over as text, and decoding would throw for what a peer sent. */
export const longestMessageBytes: number = 2 ** 29 - 24;

const defaultMaxMessageBytes = 2 ** 20;
const defaultMaxFragmentCount = 1024;
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The options with the defaults for the others. */
export interface CheckedOptions {
  readonly limits: MessageLimits;
  /** Absent in a server. */
  readonly createMaskingKey: (() => number) | undefined;
  readonly ports: MessagePorts;
  readonly codec: MessageCodec | undefined;
  readonly answersPings: boolean;
  readonly tellsPieces: boolean;
  readonly tellsBytes: boolean;
  readonly answersCloses: boolean;
}

/**
 * Checks the options of a connection.
 *
 * @throws {ProtocolError} `ERR_OPTION`, as the constructor of a connection says.
 */
export function checkOptions(options: ConnectionOptions): CheckedOptions {
  const { maxMessageBytes = defaultMaxMessageBytes, maxFragmentCount = defaultMaxFragmentCount } = options;
  const tellsPieces = options.tellsPieces ?? false;
  const longestBytes = tellsPieces ? Infinity : longestMessageBytes;
  return {
    limits: {
      maxMessageBytes: Math.min(requireLimit("maxMessageBytes", maxMessageBytes), longestBytes),
      maxFragmentCount: requireLimit("maxFragmentCount", maxFragmentCount),
    },
    createMaskingKey: options.role === "client" ? requireMaskingKeys(options.createMaskingKey) : undefined,
    ports: portsOf(options),
    codec: options.codec,
    answersPings: options.answersPings ?? true,
    tellsPieces,
    tellsBytes: options.tellsBytes ?? false,
    answersCloses: options.answersCloses ?? true,
  };
}

/** The newest ports: what one program gives its connections is mostly the same, and then they share one object. */
let newestPorts: MessagePorts = { decodeText, isUtf8, allocate, unmask: applyMask };

function portsOf(options: ConnectionOptions): MessagePorts {
  const ports = {
    decodeText: options.decodeText ?? decodeText,
    isUtf8: options.isUtf8 ?? isUtf8,
    allocate: options.allocate ?? allocate,
    unmask: options.unmask ?? applyMask,
  };
  const isNews =
    ports.decodeText !== newestPorts.decodeText ||
    ports.isUtf8 !== newestPorts.isUtf8 ||
    ports.allocate !== newestPorts.allocate ||
    ports.unmask !== newestPorts.unmask;
  if (isNews) newestPorts = ports;
  return newestPorts;
}

function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return utf8.decode(bytes.subarray(start, end));
}

function isUtf8(bytes: Uint8Array): boolean {
  return checkUtf8(utf8Complete, bytes, 0, bytes.length) === utf8Complete;
}

function allocate(byteCount: number): Uint8Array {
  return new Uint8Array(byteCount);
}

function requireLimit(name: string, value: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value > 0)) return value;
  throw new ProtocolError("ERR_OPTION", `Cannot use ${value} as ${name}: give a positive integer or Infinity`);
}

function requireMaskingKeys(createMaskingKey: (() => number) | undefined): () => number {
  if (createMaskingKey !== undefined) return createMaskingKey;
  throw new ProtocolError(
    "ERR_OPTION",
    "Cannot make a client connection without createMaskingKey: a client must mask (RFC 6455 §5.3)",
  );
}
