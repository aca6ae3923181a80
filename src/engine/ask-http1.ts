import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { type AcceptedResponse, type RefusedResponse, ResponseReader, writeRequest } from "../protocol/index.ts";
import { networkError, waitFor } from "./attempt.ts";
import { dial } from "./dial.ts";
import { HandshakeError } from "./errors.ts";
import type { HandshakeCall, Opened } from "./handshake-call.ts";

type Answer = AcceptedResponse | RefusedResponse;

/** Shakes hands on a connection of its own (RFC 6455 §4.1). On failure no socket is left. */
export async function askOnHttp1(call: HandshakeCall, signal: AbortSignal): Promise<Opened> {
  const { protocols, extensions, origin, headers } = call;
  const { host, target } = call.address;
  const key = randomBytes(16).toString("base64");
  const request = writeRequest({ host, target, key, protocols, extensions, origin, headers });
  const reader = new ResponseReader({ key, protocols, extensions });
  const socket = await dial(call, "http/1.1", signal);
  try {
    const answer = await readAnswer(socket, { request, reader, signal });
    if (answer.type === "refused") throw refusalError(answer);
    return {
      socket,
      status: 101,
      agreement: { ...answer, type: "agreement" },
      headers: answer.headers,
      rest: answer.rest,
    };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Sends the request and waits for the answer. */
function readAnswer(
  socket: Socket,
  options: { readonly request: Uint8Array; readonly reader: ResponseReader; readonly signal: AbortSignal },
): Promise<Answer> {
  const { request, reader, signal } = options;
  return waitFor<Answer>(signal, (resolve, reject) => {
    const conclude = (answer: Answer | undefined): void => {
      if (answer !== undefined) resolve(answer);
    };
    const receive = (chunk: Buffer): void => conclude(reader.receive(chunk));
    const receiveEnd = (): void => conclude(reader.receiveEnd());
    const lose = (error: Error): void => reject(networkError(error.message, error));
    socket.on("data", receive).on("end", receiveEnd).on("error", lose);
    socket.resume(); // a tunnel comes paused
    socket.write(request);
    return () => socket.pause().off("data", receive).off("end", receiveEnd).off("error", lose);
  });
}

function refusalError(refusal: RefusedResponse): HandshakeError {
  // A status of 0 or 101 is the server's fault, any other its decision.
  const isFault = refusal.status === 0 || refusal.status === 101;
  return new HandshakeError(isFault ? "ERR_RESPONSE" : "ERR_REFUSED", `Cannot connect: ${refusal.reason}`, refusal);
}
