import { ProtocolError } from "./errors.ts";
import type { Refusal } from "./handshake-answer.ts";
import { quote } from "./header-values.ts";
import type { Header } from "./header-values.ts";
import { writeHead } from "./http1.ts";

/**
 * The headers of the 200 that accepts an extended CONNECT (RFC 8441 §5), without `:status`.
 *
 * @param options.offered - the subprotocols the client offered; `protocol` must be among them.
 * @param options.extensions - the whole value of `Sec-WebSocket-Extensions`, as negotiated.
 * @throws {ProtocolError} `ERR_SUBPROTOCOL` if the client did not offer `protocol`; `ERR_HEADER` for a header that may not be sent.
 */
export function acceptConnect(options: {
  readonly offered: readonly string[];
  readonly protocol: string | undefined;
  readonly extensions?: string | undefined;
  readonly headers: readonly Header[];
}): readonly Header[] {
  const { offered, protocol, extensions, headers } = options;
  if (protocol !== undefined && !offered.includes(protocol)) {
    throw new ProtocolError(
      "ERR_SUBPROTOCOL",
      `Cannot select subprotocol ${quote(protocol)}: the client did not offer it`,
    );
  }
  const ours: Header[] = protocol === undefined ? [] : [["sec-websocket-protocol", protocol]];
  if (extensions !== undefined) ours.push(["sec-websocket-extensions", extensions]);
  return checked(ours, headers);
}

/**
 * The headers and the body of a refusal on HTTP/2, without `:status`.
 *
 * @throws {ProtocolError} `ERR_STATUS` if the status is not in 300-599; `ERR_HEADER` for a header that may not be sent.
 */
export function refuseConnect(refusal: Refusal): { readonly headers: readonly Header[]; readonly body: string } {
  const { status } = refusal;
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    throw new ProtocolError("ERR_STATUS", `Cannot refuse with status ${status}: it is not in 300-599`);
  }
  const hasType = refusal.headers.some(([name]) => name.toLowerCase() === "content-type");
  const ours: readonly Header[] = hasType ? [] : [["content-type", "text/plain; charset=utf-8"]];
  return { headers: checked(ours, refusal.headers), body: `${refusal.reason}\n` };
}

function checked(ours: readonly Header[], theirs: readonly Header[]): readonly Header[] {
  writeHead({ startLine: "", ours, theirs, reserved: http2Reserved }); // the rules of HTTP/1.1 are the stricter ones: an answer fits both
  return [...ours, ...theirs];
}

/** RFC 9113 §8.2.2 forbids the first ones on HTTP/2; the others are the handshake's. */
export const http2Reserved: readonly string[] = [
  "connection",
  "upgrade",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "content-length",
  "sec-websocket-accept",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
];
