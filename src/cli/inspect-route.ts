/** The way to the server: name, TCP, TLS. Each step is timed by itself. */
import { once } from "node:events";
import type { LookupAddress } from "node:dns";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";
import { InspectionFault } from "./inspection.ts";
import type { Course, Transport } from "./inspect-course.ts";
import { certificateFinding, dnsFinding, tcpFinding, tlsFinding } from "./network-findings.ts";

/** Connects. @throws {InspectionFault} that says at which step it ended. */
export async function openTransport(course: Course): Promise<Transport> {
  const addresses = await resolveHost(course);
  const transport = await connectAny(course, addresses);
  return course.url.protocol === "wss:" ? secure(course, transport) : transport;
}

async function resolveHost({ url, options, log, signal, enter }: Course): Promise<readonly LookupAddress[]> {
  const hostname = bareHostname(url);
  const family = isIP(hostname);
  if (family !== 0) return [{ address: hostname, family }];
  enter("the name lookup");
  const end = log.begin("dns");
  try {
    const addresses = await abortable(options.lookup(hostname, { all: true }), signal);
    end(`${hostname} is ${addresses.map(({ address }) => address).join(", ")}`);
    return addresses;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new InspectionFault(dnsFinding(hostname, error), { cause: error });
  }
}

async function connectAny(course: Course, addresses: readonly LookupAddress[]): Promise<Transport> {
  const { url, log, signal, enter } = course;
  const port = Number(url.port || (url.protocol === "wss:" ? 443 : 80));
  enter("the TCP connection");
  const tried: string[] = [];
  let failure: unknown;
  for (const { address, family } of addresses) {
    const place = `${family === 6 ? `[${address}]` : address}:${port}`;
    const end = log.begin("tcp");
    log.countConnection();
    tried.push(place);
    // Half open, as the engine has it: when the server closes and ends at once, our close frame still has to go out.
    const socket = connectTcp({ host: address, port, allowHalfOpen: true, noDelay: true });
    try {
      await once(socket, "connect", { signal });
      end(`connected to ${place}`, 1);
      return { socket, place };
    } catch (error) {
      socket.destroy();
      if (signal.aborted) throw error;
      failure = error;
      end(`${place}: ${String((error as NodeJS.ErrnoException).code)}`); // node:net gives its errors a code
    }
  }
  throw new InspectionFault(tcpFinding(tried, failure), { cause: failure });
}

async function secure({ url, options, log, signal, enter }: Course, { socket, place }: Transport): Promise<Transport> {
  enter("the TLS handshake");
  const end = log.begin("tls");
  const hostname = bareHostname(url);
  // Judged below: with the certificate at hand more can be said than "unable to verify".
  const tlsSocket = connectTls({
    ...options.tls,
    socket,
    host: hostname,
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    ALPNProtocols: [options.http2 ? "h2" : "http/1.1"],
    rejectUnauthorized: false,
  });
  try {
    await once(tlsSocket, "secureConnect", { signal });
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw error;
    throw new InspectionFault(tlsFinding(place, error), { cause: error });
  }
  const version = tlsSocket.getProtocol() ?? "TLS";
  end(describeTls(tlsSocket, version), version === "TLSv1.3" ? 1 : 2);
  checkCertificate(tlsSocket, hostname, options.checksCertificate);
  return { socket: tlsSocket, place };
}

function describeTls(socket: TLSSocket, version: string): string {
  const { subject, issuer, valid_to: validTo } = socket.getPeerCertificate();
  const protocol = socket.alpnProtocol === false ? "no ALPN" : `ALPN ${String(socket.alpnProtocol)}`;
  return `${version}, ${socket.getCipher().standardName}, ${protocol}\ncertificate of ${nameOf(subject)} by ${nameOf(issuer)}\nvalid until ${validTo}`;
}

function checkCertificate(socket: TLSSocket, hostname: string, isRequired: boolean): void {
  if (socket.authorized || !isRequired) return;
  // An Error by its type, but what Node sets is OpenSSL's code or the error's of checkServerIdentity.
  const code: unknown = socket.authorizationError;
  const { subject, subjectaltname = "", valid_to: validTo } = socket.getPeerCertificate();
  const names = subjectaltname.replaceAll(/DNS:|IP Address:/g, "") || nameOf(subject);
  socket.destroy();
  throw new InspectionFault(certificateFinding(String(code), { hostname, names, validTo }));
}

function nameOf(name: PeerCertificate["subject"] | undefined): string {
  return String(name?.CN ?? name?.O ?? "nobody");
}

function bareHostname({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Rejects when the time is over, for what cannot be stopped. */
async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const aborted = once(signal, "abort").then(() => {
    throw signal.reason;
  });
  return (await Promise.race([promise, aborted])) as Value; // the other one never fulfils
}

/** Where a connection led. */
export interface Peer {
  readonly host: string;
  readonly port: number;
}

const probeTimeoutMs = 2_000;

/** Whether a server that took a plain connection and said nothing speaks TLS there: it is asked on a second connection. */
export async function speaksTls({ log, signal }: Course, peer: Peer): Promise<boolean> {
  log.countConnection();
  const socket = connectTls({ ...peer, rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
