import { closeCodes, isCloseCode } from "./close-codes.ts";
import { ProtocolError } from "./errors.ts";
import { maxControlBytes } from "./frame.ts";
import { type MessagePorts, readText } from "./message.ts";
import { encodeText } from "./payload.ts";

/** What a close frame says, or the code it has to be refused with. */
export type CloseReading =
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  | { readonly type: "fault"; readonly code: number; readonly reason: string };

/**
 * The payload of a close frame (RFC 6455 §5.5.1).
 *
 * @throws {ProtocolError} `ERR_CLOSE_CODE` if the code may not be sent, `ERR_CLOSE_REASON` if the reason is longer than 123 bytes
 * or has no code, `ERR_PAYLOAD_TYPE` if it is no string.
 */
export function encodeClose(code: number | undefined, reason: string): Uint8Array {
  const reasonBytes = encodeText(reason);
  if (code === undefined) {
    if (reasonBytes.length === 0) return reasonBytes;
    throw new ProtocolError("ERR_CLOSE_REASON", "Cannot send a close reason without a close code");
  }
  if (!isCloseCode(code)) {
    throw new ProtocolError(
      "ERR_CLOSE_CODE",
      `Cannot send close code ${code}: 1000-1003, 1007-1014 and 3000-4999 are allowed`,
    );
  }
  if (reasonBytes.length > maxControlBytes - 2) {
    const message = `Cannot send a close reason of ${reasonBytes.length} bytes: the limit is ${maxControlBytes - 2} bytes`;
    throw new ProtocolError("ERR_CLOSE_REASON", message);
  }
  const payload = new Uint8Array(2 + reasonBytes.length);
  payload[0] = code >>> 8;
  payload[1] = code;
  payload.set(reasonBytes, 2);
  return payload;
}

/** Reads the payload of a close frame, which is not one byte long: its header was refused. The reason must be UTF-8 (RFC 6455 §5.5.1, §7.4). */
export function readClose(payload: Uint8Array, ports: MessagePorts): CloseReading {
  if (payload.length === 0) return { type: "close", code: closeCodes.noStatus, reason: "" };
  const code = ((payload[0] as number) << 8) | (payload[1] as number);
  if (!isCloseCode(code)) {
    return { type: "fault", code: closeCodes.protocolError, reason: `Close code ${code} must not be sent` };
  }
  const reason = readText(payload, 2, payload.length, ports);
  if (reason === undefined) {
    return { type: "fault", code: closeCodes.invalidData, reason: "The close reason is not UTF-8" };
  }
  return { type: "close", code, reason };
}
