import { ProtocolError } from "./errors.ts";
import { acceptValue } from "./handshake-key.ts";
import { quote } from "./header-values.ts";
import type { Header } from "./header-values.ts";
import { writeHead } from "./http1.ts";

/** An answer that is not 101. `writeRefusal` makes bytes of it. */
export interface Refusal {
  readonly type: "refusal";
  readonly status: number;
  /** Plain text for people: what was wrong with which value. */
  readonly reason: string;
  readonly headers: readonly Header[];
}

/**
 * The first subprotocol of the server's list that the client offered; `undefined` if there is none. Then the header is left
 * out of the 101, and the client decides whether it goes on (RFC 6455 §4.2.2).
 */
export function selectProtocol(offered: readonly string[], supported: readonly string[]): string | undefined {
  return supported.find((protocol) => offered.includes(protocol));
}

/**
 * The bytes of the 101. From the next byte on, no HTTP is spoken on the connection.
 *
 * @param options.key - the client's, from {@link readHandshake}.
 * @param options.protocols - what the client offered; `protocol` must be among it.
 * @param options.extensions - the whole value of `Sec-WebSocket-Extensions`, as negotiated.
 * @param options.headers - further headers, such as `Set-Cookie`.
 * @throws {ProtocolError} `ERR_SUBPROTOCOL` if the client did not offer `protocol`; `ERR_HEADER` if a header has a character
 * it may not have (CR, LF, NUL …) or is one of those the handshake sets itself.
 */
export function writeAccept(options: {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly protocol?: string | undefined;
  readonly extensions?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
}): Uint8Array {
  const { protocol, extensions } = options;
  const ours: Header[] = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", acceptValue(options.key)],
  ];
  if (protocol !== undefined) {
    if (!options.protocols.includes(protocol)) {
      throw new ProtocolError(
        "ERR_SUBPROTOCOL",
        `Cannot select subprotocol ${quote(protocol)}: the client did not offer it`,
      );
    }
    ours.push(["Sec-WebSocket-Protocol", protocol]);
  }
  if (extensions !== undefined) ours.push(["Sec-WebSocket-Extensions", extensions]);
  return writeHead({
    startLine: "HTTP/1.1 101 Switching Protocols",
    ours,
    theirs: options.headers ?? [],
    reserved: acceptReserved,
  });
}

/**
 * The bytes of a refusal: a whole HTTP/1.1 response. The caller flushes it and then destroys the socket: what came behind a
 * refused handshake must never be read as another request.
 *
 * @throws {ProtocolError} `ERR_STATUS` if the status is not in 300-599; `ERR_HEADER` if a header has a character it may not have
 * (CR, LF, NUL …) or is `Connection`, `Content-Length` or `Transfer-Encoding`.
 */
export function writeRefusal(refusal: Refusal): Uint8Array {
  const { status } = refusal;
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    throw new ProtocolError("ERR_STATUS", `Cannot refuse with status ${status}: it is not in 300-599`);
  }
  const body = new TextEncoder().encode(`${refusal.reason}\n`);
  const names = new Set(refusal.headers.map(([name]) => name.toLowerCase()));
  const ours: Header[] = [
    // RFC 9110 §7.8: 'A sender of Upgrade MUST also send an "Upgrade" connection option in the Connection header field'
    ["Connection", names.has("upgrade") ? "close, Upgrade" : "close"],
    ["Content-Length", `${body.length}`],
  ];
  if (!names.has("content-type")) ours.push(["Content-Type", "text/plain; charset=utf-8"]);
  const startLine = `HTTP/1.1 ${status} ${refusalStatusText[status] ?? ""}`;
  const head = writeHead({ startLine, ours, theirs: refusal.headers, reserved: refusalReserved });
  const response = new Uint8Array(head.length + body.length);
  response.set(head);
  response.set(body, head.length);
  return response;
}

const acceptReserved: readonly string[] = [
  "upgrade",
  "connection",
  "content-length",
  "transfer-encoding",
  "sec-websocket-accept",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
];
const refusalReserved: readonly string[] = ["connection", "content-length", "transfer-encoding"];

const refusalStatusText: { readonly [status: number]: string } = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  414: "URI Too Long",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};
