/** The gateway's messages: their types, their limits, their codecs. SPEC.md, chapter "Wire", is the reference. */
export * from "./contract.ts";
export { describe, isObject } from "./describe.ts";
export { decodeClientOp, type DecodedOp, opLimits } from "./decode.ts";
export { decodeClientFrame, type FrameReading } from "./decode-client-frame.ts";
export { decodeServerFrame, decodeServerMessage, type DecodedServerMessage } from "./decode-server-message.ts";
export {
  encodeClientOp,
  encodeClientOpWithData,
  encodeEphemeral,
  encodeEvent,
  encodeHistory,
  encodeLatest,
  encodeLatestValue,
  encodeResult,
  encodeServerMessage,
  type WithDataText,
} from "./encode.ts";
export * from "./errors.ts";
export { textRules } from "./field-reader.ts";
export * from "./messages.ts";
export { decodeServerMsgpack, type IsBinary, packMessage, packRequest } from "./msgpack-frames.ts";
export {
  buildChannelName,
  type BuiltChannelName,
  type ChannelName,
  type ChannelParams,
  findPatternFault,
  matchPattern,
  parseChannelName,
} from "./parse-channel-name.ts";
export { findDataFault, jsonLimits, type ParsedJson, parseJson } from "./parse-json.ts";
