/** What is wrong with an answer that says 101, or 200 on HTTP/2, or is no HTTP at all. */
import { acceptValue, type Header } from "../engine/index.ts";
import { upgradeLines } from "./configuration-lines.ts";
import type { Finding } from "./inspection.ts";
import { errorFinding, warningFinding } from "./network-findings.ts";

/** What was sent, and a 101 that breaks a rule. `reason` is the protocol's. */
export interface BrokenSwitch {
  readonly headers: readonly Header[];
  readonly key: string;
  readonly protocols: readonly string[];
  readonly reason: string;
  readonly url: URL;
}

/** Why a 101 opens nothing. */
export function switchFinding(broken: BrokenSwitch): Finding {
  const { headers, key, reason, url } = broken;
  const values = (wanted: string): string =>
    headers.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : [])).join(", ");
  if (reason.includes("Sec-WebSocket-Accept")) return acceptFinding(values("sec-websocket-accept"), key);
  if (/subprotocol|Sec-WebSocket-Protocol/.test(reason)) {
    return subprotocolFinding(values("sec-websocket-protocol"), broken.protocols);
  }
  if (/extension/.test(reason)) return extensionFinding(values("sec-websocket-extensions"));
  const cause = reason.replace(/^Cannot open the connection: /, "");
  return errorFinding(
    "bad-switch",
    `The server answered 101, but ${cause}: a browser gives up here`,
    "Send Upgrade: websocket and Connection: Upgrade with the 101; a proxy may have taken them away",
    upgradeLines(url.pathname),
  );
}

function acceptFinding(given: string, key: string): Finding {
  const right = acceptValue(key);
  const problem =
    given === ""
      ? `The server answered 101 without Sec-WebSocket-Accept: for this key it is ${right}`
      : `The server answered with Sec-WebSocket-Accept ${given}: for this key it is ${right}`;
  return errorFinding(
    "wrong-accept",
    problem,
    'Compute it in the server as base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) from the key of this very request; a cache may have answered instead',
  );
}

function subprotocolFinding(given: string, offered: readonly string[]): Finding {
  return errorFinding(
    "subprotocol-mismatch",
    `The server chose the subprotocol ${given}, and ${offered.length === 0 ? "none was offered" : `only ${offered.join(", ")} was offered`}`,
    `Offer it with -s ${given}, or let the server choose one of those that were offered, or none`,
  );
}

/** An extension that was not offered, or with other parameters. */
export function extensionFinding(given: string): Finding {
  return errorFinding(
    "extension-mismatch",
    `The server chose the extension ${given}, which is not what was offered`,
    "Let the server answer with what the client offers, parameters too (RFC 7692 §7.1), or with no extension",
  );
}

/** Subprotocols were offered and none was chosen: the RFC lets it pass, browsers do not. */
export function noSubprotocolFinding(offered: readonly string[]): Finding {
  return warningFinding(
    "subprotocol-none",
    `The server chose none of the subprotocols ${offered.join(", ")}: a browser closes such a connection at once`,
    "Let the server choose one of them, or offer none",
  );
}

/** An answer that is no HTTP. `start` is how it begins. */
export function notHttpFinding(place: string, start: Uint8Array): Finding {
  // A TLS record: an alert, version 3.x.
  if (start[0] === 0x15 && start[1] === 0x03) return tlsServerFinding(place);
  const text = JSON.stringify(Buffer.from(start.subarray(0, 40)).toString("latin1").split(/\r?\n/)[0]);
  return errorFinding(
    "not-http",
    `What ${place} answered is not HTTP: ${text}`,
    "Another service listens there: check the port",
  );
}

/** TLS where plain text was spoken. */
export function tlsServerFinding(place: string): Finding {
  return errorFinding("tls-server", `${place} speaks TLS, and ws:// does not`, "Use wss:// there");
}

/** The connection went away before an answer. */
export function lostFinding(place: string, during: string): Finding {
  return errorFinding(
    "connection-lost",
    `${place} ended the connection without an answer during ${during}`,
    "The server may have crashed, or a firewall or proxy cuts what it does not know: read its log, and try wss:// if this is ws://",
  );
}
