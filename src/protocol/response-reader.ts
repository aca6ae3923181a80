import { type Offered, readAgreement } from "./agreement.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import { acceptValue } from "./handshake-key.ts";
import { hasListMember, headerPairs, indexHeaders, quote } from "./header-values.ts";
import type { ExtensionOffer, Header, HeaderIndex } from "./header-values.ts";
import { defaultMaxHeadBytes, HeadReader, parseStatusLine } from "./http1.ts";
import type { CompleteHead, StatusLine } from "./http1.ts";
import { offeredNames } from "./write-request.ts";

/** The most bytes of a refusal's body that a client keeps. */
export const maxRefusalBodyBytes: number = 64 * 1024;

/** The server's 101, checked as RFC 6455 §4.1 says. */
export interface AcceptedResponse {
  readonly type: "accepted";
  /** One of those we offered, or `""` when the server chose none. */
  readonly protocol: string;
  /** Each of them was offered; whether its parameters answer our offer is for the extension to say. */
  readonly extensions: readonly ExtensionOffer[];
  readonly headers: readonly Header[];
  /** The bytes that came glued behind the 101: they are frames. A view of the last chunk. */
  readonly rest: Uint8Array;
}

/** Any other answer, or a 101 that does not keep the rules. */
export interface RefusedResponse {
  readonly type: "refused";
  /** `0` when no status could be read. `101` when the server said so and then broke a rule. */
  readonly status: number;
  readonly headers: readonly Header[];
  /** The start of the body, at most {@link maxRefusalBodyBytes}, taken out of its chunks; compressed it stays. */
  readonly body: Uint8Array;
  /** Plain text for people: why this is no open connection. */
  readonly reason: string;
}

/** Reads the server's answer to {@link writeRequest}, in any cut of its bytes. */
export class ResponseReader {
  readonly #accept: string;
  readonly #offered: Offered;
  #headBytesLeft: number;
  #headReader: HeadReader<StatusLine>;
  #refusal: UnfinishedRefusal | undefined;
  #isDone = false;

  /**
   * @param options.key - the one that was sent.
   * @param options.protocols - those that were offered.
   * @param options.extensions - the value that was sent. Default none.
   * @param options.maxHeadBytes - of the answer and the interim ones (1xx) before it together. Default 16 KiB.
   */
  constructor(options: {
    readonly key: string;
    readonly protocols: readonly string[];
    readonly extensions?: string | undefined;
    readonly maxHeadBytes?: number | undefined;
  }) {
    this.#accept = acceptValue(options.key);
    const extensionNames = options.extensions === undefined ? [] : offeredNames(options.extensions);
    this.#offered = { protocols: options.protocols, extensionNames };
    this.#headBytesLeft = options.maxHeadBytes ?? defaultMaxHeadBytes;
    this.#headReader = new HeadReader(parseStatusLine, this.#headBytesLeft);
  }

  /**
   * Feeds bytes; `undefined` asks for more. Never throws for what a peer sent.
   *
   * A refusal is told when its body is complete: at `Content-Length`, its last chunk, {@link maxRefusalBodyBytes}, or at `receiveEnd`.
   * After a result the reader is used up, and answers `undefined`.
   */
  receive(chunk: Uint8Array): AcceptedResponse | RefusedResponse | undefined {
    if (this.#isDone) return undefined;
    const result = this.#refusal === undefined ? this.#receiveHead(chunk) : receiveBody(this.#refusal, chunk);
    this.#isDone = result !== undefined;
    return result;
  }

  /** The server ended the stream, or the caller will wait no longer: what there is becomes a refusal. */
  receiveEnd(): RefusedResponse | undefined {
    if (this.#isDone) return undefined;
    this.#isDone = true;
    return this.#refusal === undefined
      ? refuse(0, "The answer ended before its head was complete")
      : finishRefusal(this.#refusal);
  }

  #receiveHead(chunk: Uint8Array): AcceptedResponse | RefusedResponse | undefined {
    let result = this.#headReader.receive(chunk);
    while (result?.type === "head" && isInterim(result.head.status)) {
      this.#headBytesLeft -= result.headBytes;
      this.#headReader = new HeadReader(parseStatusLine, this.#headBytesLeft);
      result = this.#headReader.receive(result.rest);
    }
    if (result === undefined) return undefined;
    if (result.type === "fault") return refuse(0, result.reason);
    if (result.head.status === 101) return this.#receiveSwitch(result);
    this.#refusal = startRefusal(result);
    return receiveBody(this.#refusal, result.rest);
  }

  #receiveSwitch({ head, rest }: CompleteHead<StatusLine>): AcceptedResponse | RefusedResponse {
    const index = indexHeaders(head.rawHeaders);
    const headers = headerPairs(head.rawHeaders);
    const fault = findSwitchFault(head.httpVersion, index, this.#accept);
    const agreement =
      fault === undefined ? readAgreement(index, this.#offered) : ({ type: "fault", reason: fault } as const);
    if (agreement.type === "fault") return refuse(101, `Cannot open the connection: ${agreement.reason}`, headers);
    return { ...agreement, type: "accepted", headers, rest };
  }
}

// RFC 9110 §15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response"
function isInterim(status: number): boolean {
  return status < 200 && status !== 101;
}

function findSwitchFault(httpVersion: string, headers: HeaderIndex, accept: string): string | undefined {
  if (httpVersion !== "1.1") return `HTTP version ${quote(httpVersion)} has no 101`;
  const upgrade = headers.get("upgrade")?.join(", ");
  if (upgrade?.toLowerCase() !== "websocket") return `Upgrade is ${quote(upgrade ?? "")}, not websocket`;
  if (!hasListMember(headers.get("connection") ?? [], "upgrade")) return "Connection does not name Upgrade";
  const accepts = headers.get("sec-websocket-accept")?.join(", ");
  return accepts === accept ? undefined : `Sec-WebSocket-Accept is ${quote(accepts ?? "")}, not ${quote(accept)}`;
}

interface UnfinishedRefusal {
  readonly status: number;
  readonly headers: readonly Header[];
  /** As long as the part of the body that will be kept. */
  readonly body: Uint8Array;
  /** With `Transfer-Encoding: chunked`. */
  readonly chunks: ChunkDecoder | undefined;
  bodyBytes: number;
}

function startRefusal({ head }: CompleteHead<StatusLine>): UnfinishedRefusal {
  const index = indexHeaders(head.rawHeaders);
  const length = index.has("transfer-encoding") ? "" : (index.get("content-length")?.[0] ?? "");
  const declaredBytes = /^\d+$/.test(length) ? Number(length) : Infinity;
  const bodyBytes = head.status === 204 || head.status === 304 ? 0 : Math.min(declaredBytes, maxRefusalBodyBytes);
  const isChunked = hasListMember(index.get("transfer-encoding") ?? [], "chunked");
  return {
    status: head.status,
    headers: headerPairs(head.rawHeaders),
    body: new Uint8Array(bodyBytes),
    chunks: isChunked ? new ChunkDecoder() : undefined,
    bodyBytes: 0,
  };
}

function receiveBody(refusal: UnfinishedRefusal, chunk: Uint8Array): RefusedResponse | undefined {
  const bytes = refusal.chunks?.decode(chunk) ?? chunk;
  const part = bytes.subarray(0, refusal.body.length - refusal.bodyBytes);
  refusal.body.set(part, refusal.bodyBytes);
  refusal.bodyBytes += part.length;
  const isComplete = refusal.bodyBytes === refusal.body.length || refusal.chunks?.isDone === true;
  return isComplete ? finishRefusal(refusal) : undefined;
}

function finishRefusal({ status, headers, body, bodyBytes }: UnfinishedRefusal): RefusedResponse {
  return refuse(status, `The server answered ${status}, not 101`, headers, body.slice(0, bodyBytes));
}

function refuse(
  status: number,
  reason: string,
  headers: readonly Header[] = [],
  body: Uint8Array = new Uint8Array(),
): RefusedResponse {
  return { type: "refused", status, headers, body, reason };
}
