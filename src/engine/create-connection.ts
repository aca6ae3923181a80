import { Connection } from "../protocol/index.ts";
import type { LineOptions } from "./line-options.ts";
import { createMaskingKey } from "./masking-keys.ts";
import { messagePorts } from "./message-ports.ts";

/** The state machine of a line. Where a handler wants messages as they come, it tells them in pieces. */
export function createConnection<Data>(options: LineOptions<Data>): Connection {
  const { role, limits, handlers, codec, answers } = options;
  const tellsPieces = handlers.messageStream !== undefined;
  return new Connection({
    role,
    tellsPieces,
    maxMessageBytes: tellsPieces ? limits.maxStreamedMessageBytes : limits.maxMessageBytes,
    maxFragmentCount: limits.maxFragmentCount,
    ...messagePorts,
    ...answers,
    codec,
    ...(role === "client" ? { createMaskingKey: options.createMaskingKey ?? createMaskingKey } : {}),
  });
}
