/** What is wrong before the first byte of HTTP: names, TCP, TLS. */
import { certificateLines, tlsLines } from "./configuration-lines.ts";
import type { ConfigurationLines, Finding, FindingCode } from "./inspection.ts";

/** Makes a finding that ends the inspection. */
export function errorFinding(
  code: FindingCode,
  problem: string,
  remedy: string,
  configuration: readonly ConfigurationLines[] = [],
): Finding {
  return { code, severity: "error", problem, remedy, configuration };
}

/** Makes a finding on a connection that is open. */
export function warningFinding(
  code: FindingCode,
  problem: string,
  remedy: string,
  configuration: readonly ConfigurationLines[] = [],
): Finding {
  return { code, severity: "warning", problem, remedy, configuration };
}

/** Node's code of a failed call, `ECONNREFUSED` and such; its message where there is none. */
function faultCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message : String(error);
}

/** A name that cannot be looked up. */
export function dnsFinding(hostname: string, error: unknown): Finding {
  const code = faultCode(error);
  if (code === "ENOTFOUND") {
    return errorFinding(
      "dns-failure",
      `There is no host named ${hostname}`,
      "Check the spelling; if the name is new, its DNS record may be missing or not be everywhere yet",
    );
  }
  return errorFinding(
    "dns-failure",
    `The name ${hostname} cannot be looked up: ${code}`,
    "The name server does not answer: check the network and /etc/resolv.conf",
  );
}

/** No TCP connection to any address. */
export function tcpFinding(places: readonly string[], error: unknown): Finding {
  const place = places.join(" and ");
  const code = faultCode(error);
  if (code === "ECONNREFUSED") {
    return errorFinding(
      "connection-refused",
      `Nothing listens on ${place}`,
      "Start the server, check the port, and check that it listens on this address and not on 127.0.0.1 only",
    );
  }
  return errorFinding(
    "unreachable",
    `${place} cannot be reached: ${code}`,
    "Check the network, the route and the firewalls between here and the server",
  );
}

/** Nothing came back in time, while something was under way. */
export function timeoutFinding(during: string, timeoutMs: number): Finding {
  const seconds = timeoutMs / 1000;
  const remedies: Readonly<Record<string, string>> = {
    "the name lookup": "The name server does not answer: check the network and /etc/resolv.conf",
    "the TCP connection": "A firewall may drop the packets without a word: open the port, or check the address",
    "the TLS handshake":
      "The server took the connection and says nothing: it may not speak TLS there (try ws://), or hang",
    "the HTTP/2 settings": "The server took the connection and says nothing: it may not speak HTTP/2 there",
    "the answer":
      "The server took the request and says nothing: its upgrade handler may wait forever, or a proxy waits for a server that hangs",
  };
  return errorFinding("timeout", `No answer within ${seconds} s during ${during}`, remedies[during] ?? "Try again");
}

/** TLS did not come about. */
export function tlsFinding(place: string, error: unknown): Finding {
  const code = faultCode(error);
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code)) {
    return errorFinding(
      "plain-server",
      `${place} speaks no TLS: it answered the handshake of wss with plain text`,
      "Use ws:// there, or let the server or the proxy end TLS on this port",
      tlsLines,
    );
  }
  if (code === "ECONNRESET" || /disconnected|ECONNABORTED/.test(code)) {
    return errorFinding(
      "tls-failure",
      `${place} ended the connection during the TLS handshake`,
      "The port may not speak TLS, or know no certificate for this name: check the port and the server's name (SNI)",
    );
  }
  if (/NO_APPLICATION_PROTOCOL/.test(code)) {
    return errorFinding(
      "tls-failure",
      `${place} speaks none of the protocols that were offered in TLS (ALPN)`,
      "Let the server offer http/1.1 there: WebSockets need it unless HTTP/2 has extended CONNECT",
    );
  }
  return errorFinding(
    "tls-failure",
    `The TLS handshake with ${place} failed: ${code}`,
    "Check the versions and ciphers both ends allow; a server that asks for a client certificate needs --cert and --key",
  );
}

/** A certificate that a browser would not trust. `code` is OpenSSL's, or Node's for the name. */
export function certificateFinding(
  code: string,
  { hostname, names, validTo }: { readonly hostname: string; readonly names: string; readonly validTo: string },
): Finding {
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return errorFinding(
        "bad-certificate",
        `The certificate of ${hostname} has expired on ${validTo}`,
        "Renew it, and load it into the server: most need a reload to notice",
        certificateLines,
      );
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return errorFinding(
        "bad-certificate",
        `The certificate is not for ${hostname}: it is for ${names}`,
        "Use one of these names, or get a certificate for this one; behind a proxy check the server block and SNI",
        certificateLines,
      );
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
      return errorFinding(
        "bad-certificate",
        `The certificate of ${hostname} is self-signed: no browser trusts it`,
        "Get one from a certificate authority; to test with this one give --ca <file>, or -n for no check at all",
        certificateLines,
      );
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_GET_ISSUER_CERT":
      return errorFinding(
        "bad-certificate",
        `The server of ${hostname} does not send the certificate that leads to a known authority`,
        "Send the whole chain (fullchain.pem, not cert.pem); for an authority of your own give --ca <file>",
        certificateLines,
      );
    default:
      return errorFinding(
        "bad-certificate",
        `The certificate of ${hostname} is not trusted: ${code}`,
        "Replace it; to go on without a check give -n",
        certificateLines,
      );
  }
}
