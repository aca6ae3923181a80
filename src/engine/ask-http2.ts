import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import { type Header, maxRefusalBodyBytes, readConnectAnswer, writeExtendedConnect } from "../protocol/index.ts";
import type { Address } from "./address.ts";
import { networkError, waitFor } from "./attempt.ts";
import { cutSocket, describeLoss, headerObject, pairHeaders } from "./caller.ts";
import { HandshakeError } from "./errors.ts";
import type { HandshakeCall, Opened } from "./handshake-call.ts";
import { leaseSession, noHttp2, type SessionLease, whenReady } from "./http2-sessions.ts";

/** Shakes hands on a stream of HTTP/2 (RFC 8441 §5). On failure no stream is left, and no session on its way. */
export async function askOnHttp2(call: HandshakeCall, signal: AbortSignal): Promise<Opened> {
  const request = writeExtendedConnect({ ...call, ...call.address });
  for (let isRetry = false; ; isRetry = true) {
    const { session, release } = await findSession(call, signal);
    const stream = openStream({ session, release }, request);
    try {
      return await ask(stream, call, signal);
    } catch (error) {
      const isRefused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      cutSocket(stream);
      // The server was leaving already. RFC 9113 §8.7: "Any request that was sent on the reset stream can be safely retried."
      if (isRefused && session.closed && call.http2 === true && !isRetry) continue;
      throw error;
    }
  }
}

async function ask(stream: ClientHttp2Stream, call: HandshakeCall, signal: AbortSignal): Promise<Opened> {
  const { protocols, extensions } = call;
  const { status, headers, body } = await readAnswer(stream, signal);
  if (status !== 200) {
    const details = { status, headers, body };
    throw new HandshakeError("ERR_REFUSED", `Cannot connect: The server answered ${status}, not 200`, details);
  }
  const agreement = readConnectAnswer({ headers, protocols, extensions });
  if (agreement.type === "agreement") return { socket: stream, status, agreement, headers, rest: new Uint8Array() };
  throw new HandshakeError("ERR_RESPONSE", `Cannot connect: ${agreement.reason}`, { status, headers });
}

async function findSession(call: HandshakeCall, signal: AbortSignal): Promise<SessionLease> {
  const { http2, address, timers } = call;
  const lease =
    typeof http2 === "object"
      ? { session: await borrow(http2, signal), release: doNothing }
      : await leaseSession(call, { signal, timers });
  const error = findFault(lease.session, address);
  if (error === undefined) return lease;
  lease.release();
  throw error;
}

async function borrow(session: ClientHttp2Session, signal: AbortSignal): Promise<ClientHttp2Session> {
  await waitFor<void>(signal, (resolve, reject) => {
    whenReady(session).then(resolve, reject);
    return doNothing;
  });
  return session;
}

function findFault(session: ClientHttp2Session, address: Address): HandshakeError | undefined {
  if (session.closed || session.destroyed) return networkError("the session is closed");
  if (address.isSecure && !session.encrypted) return noHttp2(address, "the session given has no TLS");
  // RFC 8441 §3: "Upon receipt of SETTINGS_ENABLE_CONNECT_PROTOCOL with a value of 1, a client MAY use the Extended CONNECT"
  if (session.remoteSettings.enableConnectProtocol) return undefined;
  return noHttp2(address, "the server does not take WebSockets there (no SETTINGS_ENABLE_CONNECT_PROTOCOL)");
}

function openStream({ session, release }: SessionLease, request: readonly Header[]): ClientHttp2Stream {
  try {
    const stream = session.request(headerObject(request), { endStream: false });
    stream.on("error", doNothing); // told by whoever listens besides
    stream.once("close", release);
    return stream;
  } catch (error) {
    release();
    throw error; // a header that may come once only
  }
}

interface Answer {
  readonly status: number;
  readonly headers: readonly Header[];
  /** The start of a refusal's. */
  readonly body: Uint8Array;
}

/** Waits for the answer; for that of a refusal until its body is complete, or as much of it as is kept. */
function readAnswer(stream: ClientHttp2Stream, signal: AbortSignal): Promise<Answer> {
  return waitFor<Answer>(signal, (resolve, reject) => {
    let answer: Omit<Answer, "body"> | undefined;
    const chunks: Buffer[] = [];
    let roomBytes = maxRefusalBodyBytes;
    const finish = (): void => {
      if (answer !== undefined) resolve({ ...answer, body: Buffer.concat(chunks) });
    };
    const respond = ({ ":status": status = 0, ...headers }: IncomingHttpHeaders & { ":status"?: number }): void => {
      answer = { status, headers: pairHeaders(headers) };
      if (status === 200) finish();
      else stream.on("data", receive).on("end", finish);
    };
    const receive = (chunk: Buffer): void => {
      chunks.push(chunk.subarray(0, roomBytes));
      roomBytes -= Math.min(roomBytes, chunk.length);
      if (roomBytes === 0) finish();
    };
    // `close` follows every error, and names a reset better.
    const close = (): void => {
      if (answer !== undefined) return finish();
      reject(networkError(describeLoss(stream, "the stream ended without an answer"), stream.errored));
    };
    stream.on("response", respond).on("close", close);
    return () => stream.off("response", respond).off("close", close);
  });
}

function doNothing(): void {}
