export { closeCodes, isCloseCode } from "./close-codes.ts";
export { Connection, type ConnectionEvent } from "./connection.ts";
export { longestMessageBytes, type ConnectionOptions, type Role } from "./connection-options.ts";
export type { ConnectionState } from "./connection-state.ts";
export { deflateMessage, inflateFaults } from "./deflate.ts";
export type {
  InflateFault,
  InflateResult,
  MessageCodec,
  MessageDeflater,
  PieceDeflater,
  SendOptions,
} from "./deflate.ts";
export { ProtocolError, type ProtocolErrorCode } from "./errors.ts";
export {
  applyMask,
  encodeFrame,
  frameHeaderBytes,
  opcodes,
  writeFrameHeader,
  type Frame,
  type FrameHeader,
  type Opcode,
} from "./frame.ts";
export { Inflater, type InflaterOptions } from "./inflater.ts";
export { isMessageBytes } from "./message.ts";
export type { MessageBytes, ReceivedMessage, TextDecode, Unmask } from "./message.ts";
export type { MessagePiece } from "./streamed-message.ts";
export { TextPieces } from "./text-pieces.ts";
export { prepareMessage, type PreparedMessage } from "./prepared.ts";
// handshake
export { encodeBase64 } from "./base64.ts";
export { selectProtocol, writeAccept, writeRefusal, type Refusal } from "./handshake-answer.ts";
export { acceptValue } from "./handshake-key.ts";
export { headerPairs, type ExtensionOffer, type Header } from "./header-values.ts";
export { isSameOrigin } from "./host.ts";
export { answerDeflateOffers, readDeflateAnswer, writeDeflateOffer } from "./permessage-deflate.ts";
export type { DeflateAnswer, DeflateParameters, DeflateReading } from "./permessage-deflate.ts";
export {
  defaultMaxHeadBytes,
  HeadReader,
  maxHeaderCount,
  maxTargetBytes,
  parseRequestLine,
  parseStatusLine,
} from "./http1.ts";
export type { CompleteHead, HeadFault, RawHeaders, RequestLine, StatusLine } from "./http1.ts";
export { readHandshake, type HandshakeRequest, type RequestHead } from "./handshake.ts";
export type { Agreement, AgreementFault } from "./agreement.ts";
export { readConnectAnswer, writeExtendedConnect } from "./extended-connect.ts";
export { acceptConnect, refuseConnect } from "./answer-extended-connect.ts";
export { writeProxyConnect } from "./proxy-connect.ts";
export { readExtendedConnect, type ExtendedConnectRequest } from "./read-extended-connect.ts";
export { maxRefusalBodyBytes, ResponseReader, type AcceptedResponse, type RefusedResponse } from "./response-reader.ts";
export { writeRequest } from "./write-request.ts";
