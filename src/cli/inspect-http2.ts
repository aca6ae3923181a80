/** The handshake on a stream of HTTP/2 (RFC 8441), with everything that was said kept. */
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectSession,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { TLSSocket } from "node:tls";
import type { Header } from "../engine/index.ts";
import { readConnectAnswer, writeExtendedConnect } from "../protocol/index.ts";
import { refusalFinding } from "./answer-findings.ts";
import { http2Lines } from "./configuration-lines.ts";
import { InspectionFault } from "./inspection.ts";
import { hasAuthorization, headerLines } from "./inspect-http1.ts";
import type { Course, Opened, Transport } from "./inspect-course.ts";
import { errorFinding } from "./network-findings.ts";
import { lostFinding, switchFinding } from "./switch-findings.ts";

const shownBodyCharacters = 2_000;

/** Shakes hands. @throws {InspectionFault} if the answer opens nothing. */
export async function connectOnHttp2(course: Course, transport: Transport): Promise<Opened> {
  const { url, options, log } = course;
  const { protocols, extensions, origin } = options;
  const session = await openSession(course, transport);
  const request = writeExtendedConnect({
    isSecure: url.protocol === "wss:",
    host: url.host,
    target: url.pathname + url.search,
    protocols,
    extensions,
    origin,
    headers: Object.entries(options.headers),
  });
  log.note({ request: headerLines(request) });
  course.enter("the answer");
  const end = log.begin("upgrade");
  const stream = session.request(Object.fromEntries(request), { endStream: false });
  const { status, headers, body } = await readAnswer(course, transport, stream);
  end(String(status), 1);
  log.note({ response: { status, head: [`:status: ${status}`, ...headerLines(headers)], body } });
  if (status !== 200) {
    const facts = { status, headers, body, url, origin, hasAuthorization: hasAuthorization(options.headers) };
    throw new InspectionFault(refusalFinding(facts));
  }
  const agreement = readConnectAnswer({ headers, protocols, extensions });
  if (agreement.type === "fault") {
    throw new InspectionFault(switchFinding({ headers, key: "", protocols, reason: agreement.reason, url }));
  }
  const { protocol } = agreement;
  return {
    socket: stream,
    protocol,
    extensions: agreement.extensions,
    headers,
    rest: new Uint8Array(),
    end: () => session.destroy(),
  };
}

async function openSession(course: Course, { socket, place }: Transport): Promise<ClientHttp2Session> {
  const { url, log, signal, enter } = course;
  if (socket instanceof TLSSocket && socket.alpnProtocol !== "h2") throw new InspectionFault(noHttp2Finding(place));
  enter("the HTTP/2 settings");
  const end = log.begin("http2");
  const session = connectSession(url.href.replace(/^ws/, "http"), { createConnection: () => socket });
  signal.addEventListener("abort", () => session.destroy());
  try {
    await once(session, "remoteSettings", { signal });
  } catch (error) {
    session.destroy();
    if (signal.aborted) throw error;
    throw new InspectionFault(noHttp2Finding(place), { cause: error });
  }
  session.on("error", ignore); // told by the stream
  const takesWebSockets = session.remoteSettings.enableConnectProtocol === true;
  end(`SETTINGS_ENABLE_CONNECT_PROTOCOL ${takesWebSockets ? "1" : "is missing"}`, 1);
  if (takesWebSockets) return session;
  session.destroy();
  throw new InspectionFault(
    errorFinding(
      "no-extended-connect",
      `${place} speaks HTTP/2, but takes no WebSockets there: it does not announce extended CONNECT (RFC 8441)`,
      "Switch extended CONNECT on in the server or proxy, or use HTTP/1.1, as browsers do by themselves then: leave --http2 out",
      http2Lines,
    ),
  );
}

function noHttp2Finding(place: string): InspectionFault["finding"] {
  return errorFinding(
    "no-http2",
    `${place} does not speak HTTP/2`,
    "Offer h2 in the server's ALPN, or use HTTP/1.1: leave --http2 out",
    http2Lines,
  );
}

interface Answer {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: string;
}

async function readAnswer({ signal }: Course, { place }: Transport, stream: ClientHttp2Stream): Promise<Answer> {
  stream.on("error", ignore); // told by `close`, or to whoever listens besides
  let fields: IncomingHttpHeaders & IncomingHttpStatusHeader;
  try {
    const closed = once(stream, "close").then((): never => {
      throw new Error("The stream was closed");
    });
    // `once` would reject with the error of a reset before it says that the stream is closed: both end here.
    [fields] = (await Promise.race([once(stream, "response", { signal }), closed])) as [typeof fields];
  } catch (error) {
    if (signal.aborted) throw error;
    throw new InspectionFault(lostFinding(place, "the handshake"), { cause: error });
  }
  const { ":status": status = 0, ...others } = fields;
  const headers = Object.entries(others).flatMap(([name, value = ""]) =>
    [value].flat().map((one): Header => [name, one]),
  );
  return { status, headers, body: status === 200 ? "" : await readBody(stream) };
}

async function readBody(stream: ClientHttp2Stream): Promise<string> {
  let body = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    body += String(chunk);
    if (body.length >= shownBodyCharacters) break;
  }
  return body.slice(0, shownBodyCharacters);
}

function ignore(): void {}
