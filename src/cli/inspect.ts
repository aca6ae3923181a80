/** Makes a handshake step by step and says what is wrong with it. */
import { lookup as lookupName } from "node:dns/promises";
import type { Duplex } from "node:stream";
import { type Codec, createCodec, type DeflateParameters } from "../engine/index.ts";
import { type ExtensionOffer, readDeflateAnswer, writeDeflateOffer } from "../protocol/index.ts";
import { exchangeFrames, type Exchange } from "./inspect-frames.ts";
import { upgradeOnHttp1 } from "./inspect-http1.ts";
import { connectOnHttp2 } from "./inspect-http2.ts";
import type { Course, InspectOptions, Opened } from "./inspect-course.ts";
import { openTransport } from "./inspect-route.ts";
import { type Finding, type Inspection, InspectionFault } from "./inspection.ts";
import { InspectionLog } from "./inspection-log.ts";
import { errorFinding, timeoutFinding, warningFinding } from "./network-findings.ts";
import { extensionFinding, noSubprotocolFinding } from "./switch-findings.ts";

const deflateOffer: DeflateParameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

/** As browsers connect: compression is offered, nothing else. */
const inspectDefaults: InspectOptions = {
  protocols: [],
  extensions: writeDeflateOffer(deflateOffer),
  origin: undefined,
  headers: {},
  http2: false,
  tls: {},
  checksCertificate: true,
  timeoutMs: 10_000,
  listenMs: 500,
  signal: new AbortController().signal,
  lookup: lookupName,
};

/** Inspects. What is wrong with the server is in `findings`; only a fault of ours throws. */
export async function inspect(url: URL, given: Partial<InspectOptions> = {}): Promise<Inspection> {
  const options = { ...inspectDefaults, ...given };
  const log = new InspectionLog(url.href);
  const findings: Finding[] = [];
  try {
    const opened = await open({ url, options, log });
    findings.push(...(await useConnection(opened, { options, log })));
  } catch (error) {
    if (!(error instanceof InspectionFault)) throw error;
    findings.push(error.finding);
  }
  log.note({ findings });
  return log.inspection;
}

/** Everything up to the answer, within one time. */
async function open(base: Pick<Course, "url" | "options" | "log">): Promise<Opened> {
  const { options } = base;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), options.timeoutMs);
  const abort = (): void => controller.abort();
  options.signal.addEventListener("abort", abort);
  let stage = "";
  const course: Course = { ...base, signal: controller.signal, enter: (name) => (stage = name) };
  let socket: Duplex | undefined;
  try {
    const transport = await openTransport(course);
    ({ socket } = transport);
    return await (options.http2 ? connectOnHttp2(course, transport) : upgradeOnHttp1(course, transport));
  } catch (error) {
    socket?.destroy();
    options.signal.throwIfAborted(); // with the reason that whoever gave it up has
    if (!controller.signal.aborted) throw error;
    throw new InspectionFault(timeoutFinding(stage, options.timeoutMs), { cause: error });
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", abort);
  }
}

async function useConnection(
  { socket, protocol, extensions, headers, rest, end }: Opened,
  { options, log }: { readonly options: InspectOptions; readonly log: InspectionLog },
): Promise<readonly Finding[]> {
  const value = headers.flatMap(([name, text]) => (name.toLowerCase() === "sec-websocket-extensions" ? [text] : []));
  log.note({ subprotocol: protocol, extensions: value.join(", ") });
  const codec = agreeOnCodec(extensions);
  if (codec === "fault") {
    end();
    return [extensionFinding(value.join(", "))];
  }
  log.noteOpen();
  const exchange = await exchangeFrames({ socket, rest, codec, listenMs: options.listenMs, signal: options.signal });
  codec?.close();
  end();
  log.note({ frames: exchange.frames, pingMs: exchange.pingMs, close: exchange.close });
  const isUnchosen = protocol === "" && options.protocols.length > 0;
  return [...(isUnchosen ? [noSubprotocolFinding(options.protocols)] : []), ...judgeExchange(exchange)];
}

function agreeOnCodec(extensions: readonly ExtensionOffer[]): Codec | undefined | "fault" {
  const [deflate] = extensions; // there is one at most: one was offered
  if (deflate === undefined) return undefined;
  const reading = readDeflateAnswer(deflate, deflateOffer);
  return reading.type === "fault" ? "fault" : createCodec({ role: "client", parameters: reading.parameters });
}

function judgeExchange({ close, fault, pingMs }: Exchange): readonly Finding[] {
  if (fault !== undefined) {
    return [
      errorFinding(
        "bad-frame",
        `The server broke the protocol after the handshake: ${fault}`,
        "Correct the frames that the server writes; something on the way that changes bytes does this, too",
      ),
    ];
  }
  if (close.by !== "us") return [closedFinding(close)];
  if (pingMs !== undefined) return [];
  return [
    warningFinding(
      "no-pong",
      "The server did not answer a ping",
      "Let it answer pings (RFC 6455 §5.5.2): a client that uses them takes this connection for dead",
    ),
  ];
}

function closedFinding({ code, reason, by }: Exchange["close"]): Finding {
  if (by === "network") {
    return errorFinding(
      "closed-at-once",
      "The server ended the open connection without a close frame",
      "It may have crashed, or a proxy cut the connection: read their logs",
    );
  }
  const said = reason === "" ? String(code) : `${code} ${JSON.stringify(reason)}`;
  const remedies: Readonly<Record<number, string>> = {
    1002: "It says that we broke the protocol: something on the way may change the frames",
    1008: "It does not like who or what we are: it may want a token, an origin or a subprotocol",
    1011: "It failed: read its log",
    1013: "It has too much to do: try again later",
  };
  return warningFinding(
    "closed-at-once",
    `The server closed the connection at once with ${said}`,
    remedies[code] ?? "What this code means is the application's to say: read its log or its documentation",
  );
}
