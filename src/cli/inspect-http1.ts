/** The handshake over HTTP/1.1 (RFC 6455 §4.1), with everything that was said kept. */
import { randomBytes } from "node:crypto";
import { type AcceptedResponse, type RefusedResponse, ResponseReader, writeRequest } from "../protocol/index.ts";
import type { Header } from "../engine/index.ts";
import { refusalFinding } from "./answer-findings.ts";
import { type Finding, InspectionFault } from "./inspection.ts";
import type { Course, Opened, Transport } from "./inspect-course.ts";
import { type Peer, speaksTls } from "./inspect-route.ts";
import { lostFinding, notHttpFinding, switchFinding, tlsServerFinding } from "./switch-findings.ts";

/** How long the rest of a refusal's body is waited for: it may be a stream that never ends. */
const bodyTimeoutMs = 500;
const shownBodyCharacters = 2_000;

/** Shakes hands. @throws {InspectionFault} if the answer opens nothing. */
export async function upgradeOnHttp1(course: Course, transport: Transport): Promise<Opened> {
  const { url, options, log } = course;
  const { protocols, extensions, origin, headers } = options;
  const key = randomBytes(16).toString("base64");
  const request = writeRequest({
    host: url.host,
    target: url.pathname + url.search,
    key,
    protocols,
    extensions,
    origin,
    headers: Object.entries(headers),
  });
  log.note({ request: headLines(Buffer.from(request).toString("latin1")) });
  course.enter("the answer");
  const end = log.begin("upgrade");
  const { remoteAddress, remotePort } = transport.socket;
  const peer = { host: remoteAddress ?? "", port: remotePort ?? 0 };
  const reader = new ResponseReader({ key, protocols, extensions });
  const { answer, raw } = await ask(course, { transport, request, reader });
  const head = finalHead(raw.toString("latin1"));
  if (answer.type === "accepted") {
    end(head[0]?.slice(9) ?? "", 1);
    log.note({ response: { status: 101, head, body: "" } });
    return {
      socket: transport.socket,
      protocol: answer.protocol,
      extensions: answer.extensions,
      headers: answer.headers,
      rest: answer.rest,
      end: () => transport.socket.destroy(),
    };
  }
  if (answer.status === 0) throw new InspectionFault(await unreadableFinding(course, { ...transport, peer, raw }));
  end(head[0]?.slice(9) ?? "", 1);
  const body = Buffer.from(answer.body).toString("utf8").slice(0, shownBodyCharacters);
  log.note({ response: { status: answer.status, head, body } });
  throw refused(course, answer, { key, body });
}

async function unreadableFinding(
  course: Course,
  { place, peer, raw }: { readonly place: string; readonly peer: Peer; readonly raw: Buffer },
): Promise<Finding> {
  if (raw.length > 0) return notHttpFinding(place, raw);
  const isTls = course.url.protocol === "ws:" && (await speaksTls(course, peer));
  return isTls ? tlsServerFinding(place) : lostFinding(place, "the handshake");
}

function refused(
  { url, options }: Course,
  { status, headers, reason }: RefusedResponse,
  { key, body }: { readonly key: string; readonly body: string },
): InspectionFault {
  if (status === 101) {
    return new InspectionFault(switchFinding({ headers, key, protocols: options.protocols, reason, url }));
  }
  return new InspectionFault(
    refusalFinding({
      status,
      headers,
      body,
      url,
      origin: options.origin,
      hasAuthorization: hasAuthorization(options.headers),
    }),
  );
}

/** Whether credentials are among the headers. */
export function hasAuthorization(headers: Readonly<Record<string, string>>): boolean {
  return Object.keys(headers).some((name) => /^(?:authorization|cookie)$/i.test(name));
}

interface Asked {
  readonly answer: AcceptedResponse | RefusedResponse;
  /** All that came, the start of a body included. */
  readonly raw: Buffer;
}

function ask(
  { signal }: Course,
  options: { readonly transport: Transport; readonly request: Uint8Array; readonly reader: ResponseReader },
): Promise<Asked> {
  const { transport, request, reader } = options;
  const { socket } = transport;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bodyTimer: NodeJS.Timeout | undefined;
    const settle = (tell: () => void): void => {
      clearTimeout(bodyTimer);
      socket.pause().off("data", receive).off("end", receiveEnd).off("error", receiveEnd);
      signal.removeEventListener("abort", abort);
      tell();
    };
    const conclude = (answer: AcceptedResponse | RefusedResponse | undefined): void => {
      if (answer !== undefined) settle(() => resolve({ answer, raw: Buffer.concat(chunks) }));
    };
    const receiveEnd = (): void => conclude(reader.receiveEnd());
    const receive = (chunk: Buffer): void => {
      chunks.push(chunk);
      conclude(reader.receive(chunk));
      if (chunk.includes("\r\n\r\n")) bodyTimer ??= setTimeout(receiveEnd, bodyTimeoutMs);
    };
    const abort = (): void => settle(() => reject(signal.reason));
    socket.on("data", receive).on("end", receiveEnd).on("error", receiveEnd);
    signal.addEventListener("abort", abort);
    socket.write(request);
  });
}

function headLines(text: string): readonly string[] {
  return text.split("\r\n").filter((line) => line !== "");
}

/** The head of the answer, without the interim ones (1xx) before it. */
function finalHead(text: string): readonly string[] {
  const heads = text.split("\r\n\r\n");
  const final = heads.find((head) => !/^HTTP\/\d\.\d 1(?!01)\d\d/.test(head)) ?? "";
  return headLines(final);
}

/** Headers as lines. */
export function headerLines(headers: readonly Header[]): readonly string[] {
  return headers.map(([name, value]) => `${name}: ${value}`);
}
