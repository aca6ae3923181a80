export { closeCodes, isCloseCode } from "./close-codes.ts";
export { Connection, longestMessageBytes, type ConnectionEvent, type ConnectionOptions, type Role } from "./connection.ts";
export type { ConnectionState } from "./connection-state.ts";
export type { InflateResult, MessageDeflater, MessageInflater } from "./deflate.ts";
export { ProtocolError, type ProtocolErrorCode } from "./errors.ts";
export { applyMask, encodeFrame, frameHeaderBytes, opcodes, writeFrameHeader, type Frame, type FrameHeader, type Opcode } from "./frame.ts";
export type { MessageEvent, TextDecode } from "./message.ts";
export { prepareMessage, type PreparedMessage } from "./prepared.ts";
// handshake
export { maxRefusalBodyBytes, ResponseReader, writeRequest } from "./client-handshake.ts";
export type { AcceptedResponse, RefusedResponse } from "./client-handshake.ts";
export { acceptValue, readHandshake, selectProtocol, writeAccept, writeRefusal } from "./handshake.ts";
export type { HandshakeRequest, Refusal, RequestHead } from "./handshake.ts";
export { encodeBase64 } from "./base64.ts";
export type { ExtensionOffer, Header } from "./header-values.ts";
export { isSameOrigin } from "./host.ts";
export { defaultMaxHeadBytes, HeadReader, maxHeaderCount, maxTargetBytes, parseRequestLine, parseStatusLine } from "./http1.ts";
export type { CompleteHead, HeadFault, RawHeaders, RequestLine, StatusLine } from "./http1.ts";
