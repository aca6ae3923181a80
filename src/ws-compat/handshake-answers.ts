import { type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from "node:http";
import type { readHandshake, Refusal } from "../engine/index.ts";

/** A refusal as `ws` words it. */
export interface Answer {
  readonly status: number;
  /** Default: the text of the status. */
  readonly message?: string | undefined;
  readonly headers?: OutgoingHttpHeaders | undefined;
}

/** For what `ws` refuses too, its own answer: the engine's reason, then the status and the message. */
const answers: readonly (readonly [ours: RegExp, status: number, message: string])[] = [
  [/^Cannot accept method/, 405, "Invalid HTTP method"],
  [/Upgrade does not name websocket$/, 400, "Invalid Upgrade header"],
  [/Sec-WebSocket-Key/, 400, "Missing or invalid Sec-WebSocket-Key header"],
  [/Sec-WebSocket-Version/, 400, "Missing or invalid Sec-WebSocket-Version header"],
  [/subprotocol|Sec-WebSocket-Protocol/, 400, "Invalid Sec-WebSocket-Protocol header"],
];

/** The answer to a faulty handshake: that of `ws`, or the engine's where `ws` would have let it pass. */
export function answerOf({ status, reason, headers }: Refusal): Answer {
  const [, known = status, message = reason] = answers.find(([ours]) => ours.test(reason)) ?? [];
  const isVersion = message.includes("Sec-WebSocket-Version");
  return {
    status: known,
    message,
    headers: { ...Object.fromEntries(headers), ...(isVersion && { "Sec-WebSocket-Version": "13, 8" }) },
  };
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
export function headOf(request: IncomingMessage): Parameters<typeof readHandshake>[0] {
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
