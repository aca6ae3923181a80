import { Connection } from "../protocol/index.ts";
import type { LineOptions } from "./line-options.ts";
import { createMaskingKey as createStrongKey } from "./masking-keys.ts";
import { messagePorts } from "./message-ports.ts";

/** The state machine of a line. Where a handler wants messages as they come, it tells them in pieces, or as bytes. */
export function createConnection<Data>(options: LineOptions<Data>): Connection {
  const { role, limits, handlers, codec, answers } = options;
  const createMaskingKey = maskingOf(options);
  const tellsPieces = handlers.messageStream !== undefined;
  return new Connection({
    role,
    tellsPieces,
    tellsBytes: handlers.messageBytes !== undefined,
    maxMessageBytes: tellsPieces ? limits.maxStreamedMessageBytes : limits.maxMessageBytes,
    maxFragmentCount: limits.maxFragmentCount,
    ...messagePorts,
    ...answers,
    codec,
    ...(createMaskingKey === undefined ? {} : { createMaskingKey }),
  });
}

/** What makes a client's masking keys; a server does not mask (RFC 6455 §5.1). */
export function maskingOf(options: Pick<LineOptions<never>, "role" | "createMaskingKey">): (() => number) | undefined {
  return options.role === "client" ? (options.createMaskingKey ?? createStrongKey) : undefined;
}
