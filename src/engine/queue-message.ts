import { isMessageBytes, type MessageBytes, opcodes, type PreparedMessage, type Role } from "../protocol/index.ts";
import { requirePrepared } from "./require-prepared.ts";
import type { Writer } from "./writer.ts";

/** What can be sent as one message. */
export type MessageData = string | Uint8Array | PreparedMessage | MessageBytes;

/** Queues one message as it is, uncompressed. @throws {ProtocolError} as {@link requirePrepared}. */
export function queueMessage(writer: Writer, data: MessageData, role: Role): void {
  if (typeof data === "string") writer.writeText(data);
  else if (isPrepared(data)) writer.writeShared(requirePrepared(data, role).frame);
  else if (data instanceof Uint8Array) writer.writeBytes(opcodes.binary, data);
  else if (isMessageBytes(data)) writer.writeBytes(opcodes[data.opcode], data.data);
  else requirePrepared(data, role);
}

/** Whether it is framed already. */
export function isPrepared(data: MessageData): data is PreparedMessage {
  return (data as Partial<PreparedMessage> | null)?.type === "prepared"; // anything an untyped program gives
}

/** How many bytes a message has, for the queue. @throws {ProtocolError} as {@link requirePrepared}. */
export function byteCountOf(data: MessageData, role: Role): number {
  if (typeof data === "string") return Buffer.byteLength(data);
  return data instanceof Uint8Array ? data.length : payloadOf(data, role).length;
}

/** @throws {ProtocolError} as {@link requirePrepared}. */
function payloadOf(data: PreparedMessage | MessageBytes, role: Role): Uint8Array {
  return isMessageBytes(data) ? data.data : requirePrepared(data, role).payload;
}
