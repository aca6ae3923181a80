import { type PreparedMessage, ProtocolError, type Role } from "../protocol/index.ts";

/**
 * The prepared message, if it may be sent as it is.
 *
 * @throws {ProtocolError} `ERR_PAYLOAD_TYPE` for anything else, and in a client, whose frames must be masked one by one.
 */
export function requirePrepared(data: PreparedMessage, role: Role): PreparedMessage {
  const isFrame = data?.type === "prepared" && data.frame instanceof Uint8Array;
  if (isFrame && role === "server") return data;
  const kind = Object.prototype.toString.call(data).slice("[object ".length, -1);
  throw new ProtocolError(
    "ERR_PAYLOAD_TYPE",
    `Cannot send ${isFrame ? "a server's frame to a server" : kind}: give a string or a Uint8Array`,
  );
}
