import type { IncomingMessage } from "node:http";
import { parseJson } from "../../wire/index.ts";
import { GatewayError } from "../errors.ts";

/** One batch of a hundred messages of an ordinary size; more is refused with `TOO_BIG`. */
const maxBodyBytes = 1024 * 1024;

/**
 * Reads the JSON of a request.
 *
 * @throws {GatewayError} `BAD_MESSAGE` for what is no JSON, or not said to be; `TOO_BIG` at the first byte that is too many.
 */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const type = request.headers["content-type"] ?? "";
  // A browser's form can send neither this type nor, from another page, an Authorization.
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new GatewayError(
      "BAD_MESSAGE",
      `Cannot read a body of type "${type.slice(0, 60)}": it must be application/json`,
    );
  }
  const chunks: Buffer[] = [];
  let bytes = Number(request.headers["content-length"] ?? 0);
  if (bytes <= maxBodyBytes) {
    bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) break;
      chunks.push(chunk);
    }
  }
  if (bytes > maxBodyBytes) {
    throw new GatewayError("TOO_BIG", `Cannot read the body: the limit is ${maxBodyBytes} bytes`);
  }
  const parsed = parseJson(decode(Buffer.concat(chunks)));
  if (parsed.type === "refused") throw new GatewayError("BAD_MESSAGE", `Cannot read the body: ${parsed.reason}`);
  return parsed.value;
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new GatewayError("BAD_MESSAGE", "Cannot read the body: it is not UTF-8");
  }
}
