import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import {
  constants,
  type Http2Stream,
  type IncomingHttpHeaders as Http2Headers,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import {
  acceptConnect,
  type ExtendedConnectRequest,
  type Header,
  readExtendedConnect,
  readHandshake,
  type Refusal,
  refuseConnect,
  writeAccept,
  writeRefusal,
} from "../protocol/index.ts";
import { abnormalClose, type CloseInfo } from "./close-info.ts";

/** What a handshake is accepted with. */
interface CallerAnswer {
  readonly protocol: string | undefined;
  /** The whole value of `Sec-WebSocket-Extensions`, as negotiated. */
  readonly extensions: string | undefined;
  readonly headers: readonly Header[];
}

/** Who asks for a connection, and how one answers there: an upgrade of HTTP/1.1 or a stream of HTTP/2. */
export interface Caller {
  readonly socket: Duplex;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
  readonly isSecure: boolean;
  /** What came glued to the request. */
  readonly head: Uint8Array;
  readHandshake(): ExtendedConnectRequest | Refusal;
  /** Accepts. Returns what the first write begins with. Throws a ProtocolError, with nothing said, for what may not be sent. */
  accept(answer: CallerAnswer): Uint8Array;
  /** Says a whole response and ends the socket. Throws as `accept` does. */
  refuse(refusal: Refusal): void;
}

/** The caller behind an `upgrade` event. */
export function upgradeCaller(request: IncomingMessage, socket: Duplex, head: Uint8Array): Caller {
  const { method = "", url = "", httpVersion, rawHeaders, headers } = request;
  let key = "";
  let protocols: readonly string[] = [];
  return {
    socket,
    headers,
    head,
    remoteAddress: request.socket.remoteAddress,
    isSecure: socket instanceof TLSSocket,
    readHandshake() {
      // node:http lets most faults pass on an upgrade: HTTP/1.0, no Host, a body, a wrong version.
      const handshake = readHandshake({ method, target: url, httpVersion, rawHeaders });
      if (handshake.type === "request") ({ key, protocols } = handshake);
      return handshake;
    },
    accept: (answer) => writeAccept({ key, protocols, ...answer }),
    refuse: (refusal) => refuseOnHttp1(socket, refusal),
  };
}

/** Says a whole HTTP/1.1 response and ends the socket. */
export function refuseOnHttp1(socket: Duplex, refusal: Refusal): void {
  socket.end(writeRefusal(refusal));
}

/** The caller behind a stream of HTTP/2. */
export function streamCaller(stream: ServerHttp2Stream, headers: Http2Headers): Caller {
  const handshake = readExtendedConnect(pairHeaders(headers).flat());
  const fields: IncomingHttpHeaders = Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(":")),
  );
  if (handshake.type === "request") fields.host = handshake.host;
  return {
    socket: stream,
    headers: fields,
    head: new Uint8Array(),
    remoteAddress: remoteAddressOf(stream),
    isSecure: stream.session?.encrypted === true,
    readHandshake: () => handshake,
    accept(answer) {
      const offered = handshake.type === "request" ? handshake.protocols : [];
      stream.respond(statusHeaders(200, acceptConnect({ offered, ...answer })));
      return new Uint8Array();
    },
    refuse(refusal) {
      const answer = refuseConnect(refusal);
      stream.respond(statusHeaders(refusal.status, answer.headers));
      stream.end(answer.body);
    },
  };
}

/** Cuts a socket; on HTTP/2 its stream alone, with CANCEL, which is to a peer what RST is on TCP (RFC 8441 §5). */
export function cutSocket(socket: Duplex): void {
  if (isStream(socket) && !socket.destroyed) socket.close(constants.NGHTTP2_CANCEL);
  socket.destroy();
}

/** Whether a socket is a stream of HTTP/2. */
export function isStream(socket: Duplex): socket is Duplex & Http2Stream {
  return "rstCode" in socket;
}

/** The address of the peer, if there is one: a socket's own, or that of the session under a stream. */
export function remoteAddressOf(socket: Duplex): string | undefined {
  const transport = isStream(socket) ? socket.session?.socket : socket;
  return transport instanceof Socket ? transport.remoteAddress : undefined;
}

/** Why a connection is gone: with what its stream of HTTP/2 was reset, or else `otherwise`. */
export function describeLoss(socket: Duplex, otherwise: string): string {
  const code = isStream(socket) ? (socket.rstCode ?? 0) : 0;
  return code === 0 ? otherwise : `The stream was reset with ${resetNames[code] ?? code}`;
}

/** RFC 9113 §7, by number. */
const resetNames: readonly string[] = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

function statusHeaders(status: number, headers: readonly Header[]): OutgoingHttpHeaders {
  return { ":status": status, ...headerObject(headers) };
}

/** Headers as `node:http2` takes them. */
export function headerObject(headers: readonly Header[]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const present = object[key];
    object[key] = present === undefined ? value : [present, value].flat();
  }
  return object;
}

/** Headers as `node:http2` gives them, one by one. */
export function pairHeaders(headers: Http2Headers): readonly Header[] {
  return Object.entries(headers).flatMap(([name, value = ""]) =>
    typeof value === "string" ? [[name, value] as const] : value.map((one) => [name, one] as const),
  );
}

/** How a connection ended whose transport is gone without a close frame. */
export function lossOf(socket: Duplex, reason: string): CloseInfo {
  return abnormalClose("network", describeLoss(socket, reason));
}
