import { parseExtension, quote, splitExtensions } from "./header-values.ts";
import type { ExtensionOffer, HeaderIndex } from "./header-values.ts";

/** What a client offered in its handshake. */
export interface Offered {
  readonly protocols: readonly string[];
  readonly extensionNames: readonly string[];
}

/** What a server chose of it. */
export interface Agreement {
  readonly type: "agreement";
  /** One of those we offered, or `""` when the server chose none. */
  readonly protocol: string;
  /** Each of them was offered; whether its parameters answer our offer is for the extension to say. */
  readonly extensions: readonly ExtensionOffer[];
}

/** Why an answer cannot stand: the end of a sentence for people. */
export interface AgreementFault {
  readonly type: "fault";
  readonly reason: string;
}

/** Reads what a server's answer chose (RFC 6455 §4.1, points 5 and 6): the same on HTTP/1.1 and HTTP/2. */
export function readAgreement(headers: HeaderIndex, offered: Offered): Agreement | AgreementFault {
  const [protocol, ...moreProtocols] = headers.get("sec-websocket-protocol") ?? [];
  const elements = splitExtensions(headers.get("sec-websocket-extensions") ?? []);
  const extensions = elements.map(parseExtension).filter((extension) => extension !== undefined);
  const reason =
    findProtocolFault(protocol, moreProtocols, offered) ??
    (extensions.length < elements.length
      ? "an extension in the answer is malformed"
      : findExtensionFault(extensions, offered));
  return reason === undefined ? { type: "agreement", protocol: protocol ?? "", extensions } : { type: "fault", reason };
}

function findProtocolFault(
  protocol: string | undefined,
  more: readonly string[],
  offered: Offered,
): string | undefined {
  if (more.length > 0) return "the answer has more than one Sec-WebSocket-Protocol header";
  // §4.1: "this header field indicates the use of a subprotocol that was not present in the client's handshake". No header at
  // all is an answer too: the server speaks none of them.
  if (protocol === undefined || offered.protocols.includes(protocol)) return undefined;
  return `subprotocol ${quote(protocol)} was not offered`;
}

function findExtensionFault(extensions: readonly ExtensionOffer[], offered: Offered): string | undefined {
  const names = extensions.map((extension) => extension.name);
  const foreign = names.find((name) => !offered.extensionNames.includes(name));
  if (foreign !== undefined) return `extension ${quote(foreign)} was not offered`;
  return new Set(names).size < names.length ? "the answer has an extension twice" : undefined;
}
