import { addressUrl, type Address, isSameServer, readAddress } from "./address.ts";
import { HandshakeError } from "./errors.ts";
import type { HandshakeCall, Opened } from "./handshake-call.ts";

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Makes a handshake, and another where the server points elsewhere, at most `maxRedirects` times.
 *
 * @throws {HandshakeError} `ERR_REDIRECT`, naming the location, where it is not followed; and what `ask` throws.
 */
export async function followRedirects(
  first: HandshakeCall,
  maxRedirects: number,
  ask: (call: HandshakeCall) => Promise<Opened>,
): Promise<Opened> {
  let call = first;
  for (let count = 0; ; count++) {
    try {
      return await ask(call);
    } catch (error) {
      const location = locationOf(error);
      if (location === undefined) throw error;
      const step = readStep(call, location);
      const fault = count >= maxRedirects ? `maxRedirects is ${maxRedirects}` : step.fault;
      if (fault !== undefined) throw redirectError(error as HandshakeError, step.name, fault); // it has a location
      call = step.call;
    }
  }
}

function locationOf(error: unknown): string | undefined {
  if (!(error instanceof HandshakeError) || error.code !== "ERR_REFUSED") return undefined;
  if (!redirectStatuses.includes(error.status)) return undefined;
  return error.headers.find(([name]) => name.toLowerCase() === "location")?.[1];
}

interface Step {
  readonly call: HandshakeCall;
  /** The location, as it may be shown. */
  readonly name: string;
  /** Why one does not go there. */
  readonly fault: string | undefined;
}

function readStep(call: HandshakeCall, location: string): Step {
  const from = call.address;
  const base = addressUrl(from);
  if (!URL.canParse(location, base)) return { call, name: JSON.stringify(location), fault: "it is not a URL" };
  const url = new URL(location, base);
  // Nobody gives us credentials for somewhere else; and a fragment is not for the server.
  url.username = url.password = url.hash = "";
  if (!/^(?:ws|http)s?:$/.test(url.protocol)) return { call, name: url.href, fault: "its scheme is not ws or wss" };
  const elsewhere = readAddress(url);
  const address = { ...elsewhere, socketPath: from.socketPath };
  const name = addressUrl(elsewhere);
  if (isSameServer(from, address)) return { call: { ...call, address }, name, fault: undefined };
  return { call: withoutSecrets({ ...call, address: elsewhere }), name, fault: findFault(call, elsewhere) };
}

function findFault(call: HandshakeCall, to: Address): string | undefined {
  if (call.address.isSecure && !to.isSecure) return "it would leave TLS";
  return typeof call.http2 === "object" ? "the session given is for another server" : undefined;
}

/** What another server may be told: none of the caller's headers, as any of them may be a secret, and no certificate of his. */
function withoutSecrets(call: HandshakeCall): HandshakeCall {
  const tls = Object.entries(call.tls).filter(([name]) => !secretTlsOptions.includes(name));
  return { ...call, headers: [], tls: Object.fromEntries(tls) };
}

const secretTlsOptions: readonly string[] = [
  "cert",
  "key",
  "pfx",
  "passphrase",
  "pskCallback",
  "secureContext",
  "servername",
  "session",
];

function redirectError({ status, headers, body }: HandshakeError, name: string, fault: string): HandshakeError {
  const message = `Cannot connect: The server answered ${status} and points to ${name}, which is not followed: ${fault}`;
  return new HandshakeError("ERR_REDIRECT", message, { status, headers, body });
}
