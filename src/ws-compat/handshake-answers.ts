import { type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from "node:http";
import { type HandshakeRequest, readHandshake, type Refusal } from "../engine/index.ts";

/** A refusal as `ws` words it. */
export interface Answer {
  readonly status: number;
  /** Default: the text of the status. */
  readonly message?: string | undefined;
  readonly headers?: OutgoingHttpHeaders | undefined;
}

/** A good handshake, or the answer to a faulty one: that of `ws`, or the engine's where `ws` would have let it pass. */
export function readUpgrade(request: IncomingMessage): HandshakeRequest | Answer {
  const { method, headers } = request;
  if (method !== "GET" && method !== undefined) return { status: 405, message: "Invalid HTTP method" };
  if (headers.upgrade?.toLowerCase() !== "websocket") return { status: 400, message: "Invalid Upgrade header" };
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")) {
    return { status: 400, message: "Missing or invalid Sec-WebSocket-Key header" };
  }
  // Numbers, for a request that no parser made has one where a parser has text.
  if (![8, 13].includes(Number(headers["sec-websocket-version"]))) {
    const message = "Missing or invalid Sec-WebSocket-Version header";
    return { status: 400, message, headers: { "Sec-WebSocket-Version": "13, 8" } };
  }
  const handshake = readHandshake(headOf(request));
  return handshake.type === "request" ? handshake : answerOf(handshake);
}

function answerOf({ status, reason, headers }: Refusal): Answer {
  if (/subprotocol|Sec-WebSocket-Protocol/.test(reason)) {
    return { status, message: "Invalid Sec-WebSocket-Protocol header" };
  }
  return { status, message: reason, headers: Object.fromEntries(headers) };
}

/** The bytes of an answer. */
export function writeAnswer({ status, message = STATUS_CODES[status] ?? "", headers }: Answer): Buffer {
  const fields: OutgoingHttpHeaders = {
    Connection: "close",
    "Content-Type": "text/html",
    "Content-Length": Buffer.byteLength(message),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${String(value)}`);
  // RFC 9112 §5: a line break in a header would be a header of somebody else's.
  const [line = ""] = lines.filter((each) => /[\r\n\0]/.test(each));
  if (line !== "") return writeAnswer({ status: 500 });
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("\r\n")}\r\n\r\n${message}`);
}

/**
 * A request's head. One that no parser made, as tests have it (`@fastify/websocket`), lacks what a parser knows. Version 8 is the draft
 * that became RFC 6455 with another name for `Origin`.
 */
function headOf(request: IncomingMessage): Parameters<typeof readHandshake>[0] {
  const { method = "GET", url = "/", httpVersion = "1.1", rawHeaders } = request as Partial<IncomingMessage>;
  const headers = Object.entries({ ...request.headers, host: request.headers.host ?? "localhost" });
  const given = rawHeaders ?? headers.flatMap(([name, value]) => [name, String(value)]);
  const isDraft = request.headers["sec-websocket-version"] === "8";
  return {
    method,
    target: url,
    httpVersion,
    rawHeaders: isDraft ? given.map((text, index) => (isVersion(given, index) ? "13" : text)) : given,
  };
}

function isVersion(headers: readonly string[], index: number): boolean {
  return index % 2 === 1 && headers[index - 1]?.toLowerCase() === "sec-websocket-version";
}
