import { closeCodes } from "./close-codes.ts";
import { maxCompressedBytes } from "./deflate.ts";
import { opcodes } from "./frame.ts";

/** What one message may have. */
export interface MessageLimits {
  readonly maxMessageBytes: number;
  readonly maxFragmentCount: number;
}

/** What a frame's header says of it. */
interface DataFrame {
  readonly opcode: number;
  readonly payloadBytes: number;
  readonly isCompressed: boolean;
}

/** What has come of the message around a frame. */
interface BegunMessage {
  readonly byteCount: number;
  readonly fragmentCount: number;
  readonly isCompressed: boolean;
}

/** What the connection ends with. */
interface FrameFault {
  readonly code: number;
  readonly reason: string;
}

/** Judges a data frame by its header and by the message around it, if one has begun. `undefined` if it may come. */
export function judgeDataFrame(
  frame: DataFrame,
  message: BegunMessage | undefined,
  limits: MessageLimits,
): FrameFault | undefined {
  const { opcode } = frame;
  // §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message"
  if (opcode === opcodes.continuation && message === undefined) {
    return { code: closeCodes.protocolError, reason: "A continuation frame must continue a message" };
  }
  if (opcode !== opcodes.continuation && message !== undefined) {
    return {
      code: closeCodes.protocolError,
      reason: `A message must not begin within another, as with opcode ${opcode}`,
    };
  }
  const messageBytes = (message?.byteCount ?? 0) + frame.payloadBytes;
  if (messageBytes > limits.maxMessageBytes && !mayFit(messageBytes, message ?? frame, limits)) {
    const reason = `A message must not have more than ${limits.maxMessageBytes} bytes`;
    return { code: closeCodes.messageTooBig, reason };
  }
  if (message === undefined || message.fragmentCount < limits.maxFragmentCount) return undefined;
  const reason = `A message must not have more than ${limits.maxFragmentCount} fragments`;
  return { code: closeCodes.policyViolation, reason };
}

/** Whether so many bytes are compressed ones that may make a message within the limit. */
function mayFit(messageBytes: number, { isCompressed }: DataFrame | BegunMessage, limits: MessageLimits): boolean {
  return isCompressed && messageBytes <= maxCompressedBytes(limits.maxMessageBytes);
}
