/** How messages of a connection are read and written: as they are, or as those of a gateway, which a person cannot read in bytes. */
import { randomBytes } from "node:crypto";
import {
  decodeServerMsgpack,
  encodeClientOp,
  encodeClientOpWithData,
  msgpackSubprotocol,
  packRequest,
  subprotocol,
} from "../wire/index.ts";
import type { GatewayRequest } from "./slash-command.ts";

export interface Dialect {
  readonly isGateway: boolean;
  /** A message as it is shown, in one piece or several. */
  read(data: string | Uint8Array): readonly (string | Uint8Array)[];
  /** A line as it is sent; undefined for one that cannot be. */
  write(line: string): string | Uint8Array | undefined;
}

/** The one of a connection's subprotocol. @param isBinary - lines are sent as bytes. */
export function dialectOf(protocol: string, isBinary: boolean): Dialect {
  switch (protocol) {
    case msgpackSubprotocol:
      return { isGateway: true, read: readMsgpack, write: writeMsgpack };
    case subprotocol:
      // Several messages in one frame have a line feed between two.
      return { isGateway: true, read: (data) => (typeof data === "string" ? data.split("\n") : [data]), write: same };
    default:
      return { isGateway: false, read: (data) => [data], write: isBinary ? (line) => Buffer.from(line) : same };
  }
}

/** A request as a line of JSON. */
export function writeGatewayRequest(request: GatewayRequest, id: number): string {
  if (request.type !== "publish") return encodeClientOp({ ...request, id });
  return encodeClientOpWithData({ ...request, id, messageId: randomBytes(16).toString("hex") });
}

function same(line: string): string {
  return line;
}

function readMsgpack(data: string | Uint8Array): readonly (string | Uint8Array)[] {
  if (typeof data === "string") return [data];
  // Not as a Buffer, whose parts would be Buffers, which JSON knows in its own way.
  const decoded = decodeServerMsgpack(new Uint8Array(data.buffer, data.byteOffset, data.length));
  // Of a newer gateway, or broken: as it came.
  if (decoded.length === 0 || decoded.some(({ type }) => type !== "message")) return [data];
  return decoded.map((one) => (one.type === "message" ? JSON.stringify(one.message, withBase64) : ""));
}

/** Bytes as the JSON of the protocol has them. */
function withBase64(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

function writeMsgpack(line: string): Uint8Array | undefined {
  try {
    return packRequest(line, false);
  } catch {
    return undefined; // no JSON
  }
}
