import { ProtocolError } from "./errors.ts";
import { isFieldValue, isToken, quote, trimSpace } from "./header-values.ts";
import type { Header } from "./header-values.ts";

/** The most bytes a head may have, its last empty line included; interim responses count too. */
export const defaultMaxHeadBytes: number = 16 * 1024;
/** The most headers a head may have. */
export const maxHeaderCount: number = 100;
/** The most bytes a request target may have. */
export const maxTargetBytes: number = 8 * 1024;

/** What stands before the headers of a request (RFC 9112 §3). */
export interface RequestLine {
  readonly method: string;
  readonly target: string;
  /** As Node has it: `"1.1"`. */
  readonly httpVersion: string;
}

/** What stands before the headers of a response (RFC 9112 §4). */
export interface StatusLine {
  readonly httpVersion: string;
  readonly status: number;
}

/** Headers as Node's `rawHeaders` has them: `name, value, name, value, …`. */
export interface RawHeaders {
  readonly rawHeaders: readonly string[];
}

/** Why a head cannot be read. `status` is what a server would answer; `reason` is for people. */
export interface HeadFault {
  readonly type: "fault";
  readonly status: number;
  readonly reason: string;
}

/** A head that is complete. `rest` is a view of the bytes that came glued behind it; `headBytes` is what the head took. */
export interface CompleteHead<StartLine> {
  readonly type: "head";
  readonly head: StartLine & RawHeaders;
  readonly headBytes: number;
  readonly rest: Uint8Array;
}

/**
 * Reads one HTTP/1.1 head from bytes in any cut. Every byte is looked at once, and the first one that breaks a rule ends it.
 *
 * Stricter than RFC 9112 asks, where two readers of the same bytes could disagree (request smuggling): every line ends in
 * CR LF; a bare CR, LF, NUL or other control character, a folded line, and space before the colon are faults.
 */
export class HeadReader<StartLine extends object> {
  readonly #parseStartLine: (line: string) => StartLine | HeadFault;
  readonly #maxHeadBytes: number;
  readonly #rawHeaders: string[] = [];
  #startLine: StartLine | undefined;
  #line = "";
  #isAfterCr = false;
  #headBytes = 0;

  /** @param parseStartLine - {@link parseRequestLine} or {@link parseStatusLine}: it says which kind of head this is. */
  constructor(parseStartLine: (line: string) => StartLine | HeadFault, maxHeadBytes: number = defaultMaxHeadBytes) {
    this.#parseStartLine = parseStartLine;
    this.#maxHeadBytes = maxHeadBytes;
  }

  /** Feeds bytes; `undefined` asks for more. After a result the reader is used up. Never throws for what a peer sent. */
  receive(chunk: Uint8Array): CompleteHead<StartLine> | HeadFault | undefined {
    for (const [index, byte] of chunk.entries()) {
      const result = this.#receiveByte(byte);
      if (result === "complete") return this.#complete(chunk.subarray(index + 1));
      if (result !== undefined) return result;
    }
    return undefined;
  }

  #receiveByte(byte: number): "complete" | HeadFault | undefined {
    if (++this.#headBytes > this.#maxHeadBytes) {
      // A first line this long is a long target.
      return fault(
        this.#startLine === undefined ? 414 : 431,
        `Cannot accept a head of more than ${this.#maxHeadBytes} bytes`,
      );
    }
    if (this.#isAfterCr !== (byte === 0x0a)) {
      return fault(400, `Cannot accept a bare ${this.#isAfterCr ? "CR" : "LF"} in a head: a line ends in CR LF`);
    }
    if (byte === 0x0a) return this.#receiveLine();
    if (byte === 0x0d) this.#isAfterCr = true;
    else if (byte === 0x7f || (byte < 0x20 && byte !== 0x09)) {
      return fault(
        400,
        `Cannot accept byte 0x${byte.toString(16).padStart(2, "0")} in a head: it is a control character`,
      );
    } else this.#line += String.fromCharCode(byte);
    return undefined;
  }

  #receiveLine(): "complete" | HeadFault | undefined {
    const line = this.#line;
    this.#line = "";
    this.#isAfterCr = false;
    if (this.#startLine !== undefined) return line === "" ? "complete" : this.#receiveHeader(line);
    const startLine = this.#parseStartLine(line);
    if ("type" in startLine) return startLine;
    this.#startLine = startLine;
    return undefined;
  }

  #receiveHeader(line: string): HeadFault | undefined {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    if (line.startsWith(" ") || line.startsWith("\t")) {
      // RFC 9112 §5.2: "A server that receives an obs-fold in a request message that is not within a 'message/http' container
      // MUST either reject the message by sending a 400 (Bad Request) … or replace each received obs-fold"
      return fault(400, `Cannot accept line ${quote(line)}: a header may not be folded`);
    }
    if (!isToken(name)) {
      return fault(
        400,
        `Cannot accept line ${quote(line)}: a header starts with a name and a colon, and no space between them`,
      );
    }
    if (this.#rawHeaders.length >= maxHeaderCount * 2) {
      return fault(431, `Cannot accept more than ${maxHeaderCount} headers`);
    }
    this.#rawHeaders.push(name, trimSpace(line.slice(colon + 1)));
    return undefined;
  }

  #complete(rest: Uint8Array): CompleteHead<StartLine> {
    const startLine = this.#startLine as StartLine; // a head is complete only after its first line
    return { type: "head", head: { ...startLine, rawHeaders: this.#rawHeaders }, headBytes: this.#headBytes, rest };
  }
}

/** Reads `GET /path HTTP/1.1`: three parts, one space between them. For {@link HeadReader}. */
export function parseRequestLine(line: string): RequestLine | HeadFault {
  const [method = "", target = "", version, ...more] = line.split(" ");
  if (!isToken(method)) return fault(400, `Cannot accept request line ${quote(line)}: it does not start with a method`);
  if (!isTarget(target)) {
    return fault(400, `Cannot accept request line ${quote(line)}: the target is not visible ASCII`);
  }
  if (target.length > maxTargetBytes) return fault(414, `Cannot accept a target of more than ${maxTargetBytes} bytes`);
  if (version === undefined) return fault(505, `Cannot accept request line ${quote(line)}: HTTP/0.9 has no upgrade`);
  if (more.length > 0 || !/^HTTP\/\d\.\d$/.test(version)) {
    return fault(400, `Cannot accept request line ${quote(line)}: it does not end in one HTTP version`);
  }
  return { method, target, httpVersion: version.slice(5) };
}

/** Reads `HTTP/1.1 101 Switching Protocols`; the words at the end may be missing. For {@link HeadReader}. */
export function parseStatusLine(line: string): StatusLine | HeadFault {
  const isStatusLine = /^HTTP\/\d\.\d [1-9]\d\d(?: |$)/.test(line);
  if (!isStatusLine) {
    return fault(400, `Cannot accept status line ${quote(line)}: it is not an HTTP version and a status`);
  }
  return { httpVersion: line.slice(5, 8), status: Number(line.slice(9, 12)) };
}

/** Whether a text may stand as a request target: visible ASCII, no space, no fragment (RFC 9112 §3.2). */
export function isTarget(text: string): boolean {
  return /^[!"$-~]+$/.test(text);
}

/**
 * The bytes of a head: first line, headers, empty line.
 *
 * @param reserved - lower-case names that are not for the caller to set.
 * @throws {ProtocolError} `ERR_HEADER` if a name is not a token, a value has CR, LF, NUL or another control character or one
 * beyond Latin-1, or a name is reserved.
 */
export function writeHead(options: {
  readonly startLine: string;
  readonly ours: readonly Header[];
  readonly theirs: readonly Header[];
  readonly reserved: readonly string[];
}): Uint8Array {
  for (const [name] of options.theirs) {
    if (!options.reserved.includes(name.toLowerCase())) continue;
    throw new ProtocolError("ERR_HEADER", `Cannot write header ${quote(name)}: the handshake sets it itself`);
  }
  let head = `${options.startLine}\r\n`;
  for (const [name, value] of [...options.ours, ...options.theirs]) {
    if (!isToken(name)) {
      throw new ProtocolError("ERR_HEADER", `Cannot write header name ${quote(name)}: it is not a token`);
    }
    if (!isFieldValue(value)) {
      throw new ProtocolError(
        "ERR_HEADER",
        `Cannot write header ${name}: ${quote(value)} has a character that a header may not have`,
      );
    }
    head += `${name}: ${value}\r\n`;
  }
  const text = `${head}\r\n`;
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at); // Latin-1, as checked above
  return bytes;
}

function fault(status: number, reason: string): HeadFault {
  return { type: "fault", status, reason };
}
