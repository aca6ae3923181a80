/** What is said of faults below HTTP, word for word; inspect.test.ts has the servers that bring some of them about. */
import { expect, test } from "vitest";
import { broken, findings, switching, working } from "../../test/broken-servers.ts";
import { inspect } from "./inspect.ts";
import type { Finding } from "./inspection.ts";
import { certificateFinding, dnsFinding, tcpFinding, timeoutFinding, tlsFinding } from "./network-findings.ts";
import { notHttpFinding } from "./switch-findings.ts";

function failed(code: string): Error {
  return Object.assign(new Error("no"), { code });
}

function wordsOf({ code, problem, remedy }: Finding): readonly string[] {
  return [code, problem, remedy];
}

test("[CM32] a port that refuses, a place that is out of reach, and a name server's own fault", () => {
  expect(wordsOf(tcpFinding(["a:1", "b:1"], failed("EHOSTUNREACH")))).toEqual([
    "unreachable",
    "a:1 and b:1 cannot be reached: EHOSTUNREACH",
    "Check the network, the route and the firewalls between here and the server",
  ]);
  expect(tcpFinding(["a:1"], failed("ENETUNREACH")).code).toBe("unreachable");
  expect(tcpFinding(["a:1"], failed("ECONNREFUSED")).code).toBe("connection-refused");
  expect(dnsFinding("chat.example", new Error("odd")).problem).toBe("The name chat.example cannot be looked up: odd");
  expect(dnsFinding("chat.example", "odd").problem).toBe("The name chat.example cannot be looked up: odd");
});

test.each([
  ["the name lookup", "The name server does not answer: check the network and /etc/resolv.conf"],
  ["the TCP connection", "A firewall may drop the packets without a word: open the port, or check the address"],
  ["the HTTP/2 settings", "The server took the connection and says nothing: it may not speak HTTP/2 there"],
  ["something else", "Try again"],
])("[CM33] a timeout during %s says what that may be", (during, remedy) => {
  expect(wordsOf(timeoutFinding(during, 1_500))).toEqual([
    "timeout",
    `No answer within 1.5 s during ${during}`,
    remedy,
  ]);
});

const plain = "h:1 speaks no TLS: it answered the handshake of wss with plain text";
const ended = "h:1 ended the connection during the TLS handshake";
test.each([
  ["ERR_SSL_WRONG_VERSION_NUMBER", "plain-server", plain],
  ["ERR_SSL_PACKET_LENGTH_TOO_LONG", "plain-server", plain],
  ["ERR_SSL_HTTP_REQUEST", "plain-server", plain],
  ["ECONNABORTED", "tls-failure", ended],
  ["socket disconnected before secure TLS connection was established", "tls-failure", ended],
  [
    "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    "tls-failure",
    "h:1 speaks none of the protocols that were offered in TLS (ALPN)",
  ],
  [
    "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    "tls-failure",
    "The TLS handshake with h:1 failed: ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
  ],
])("[CM34] %s in TLS is told as what it is", (code, finding, problem) => {
  expect(wordsOf(tlsFinding("h:1", failed(code))).slice(0, 2)).toEqual([finding, problem]);
});

const selfSigned =
  "Get one from a certificate authority; to test with this one give --ca <file>, or -n for no check at all";
const chain = "Send the whole chain (fullchain.pem, not cert.pem); for an authority of your own give --ca <file>";
test.each([
  ["CERT_HAS_EXPIRED", "has expired on today", "Renew it, and load it into the server: most need a reload to notice"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "is self-signed: no browser trusts it", selfSigned],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "is self-signed: no browser trusts it", selfSigned],
  ["UNABLE_TO_GET_ISSUER_CERT", "does not send the certificate that leads to a known authority", chain],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "does not send the certificate that leads to a known authority", chain],
  ["CERT_REVOKED", "is not trusted: CERT_REVOKED", "Replace it; to go on without a check give -n"],
])("[CM34] a certificate with %s", (code, problem, remedy) => {
  const finding = certificateFinding(code, { hostname: "h", names: "h", validTo: "today" });
  expect(finding.problem.replace(/^The (?:certificate|server) of h /, "")).toBe(problem);
  expect(finding.remedy).toBe(remedy);
});

test("[CM39] a TLS alert is TLS, its first byte alone is not, and a long line is cut", () => {
  expect(notHttpFinding("h:1", Uint8Array.of(0x15, 0x03, 0x01)).code).toBe("tls-server");
  expect(notHttpFinding("h:1", Uint8Array.of(0x15, 0x04)).code).toBe("not-http");
  const long = Buffer.from(`220 ${"x".repeat(60)}\r\nmore`);
  expect(notHttpFinding("h:1", long).problem).toBe(`What h:1 answered is not HTTP: "220 ${"x".repeat(36)}"`);
});

test("[CM36] a subprotocol that is given twice is a mismatch too", async () => {
  const twice = ["Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a"];
  const url = await broken((given) => switching(given, twice));
  expect((await findings(url, { protocols: ["a"] }))[0]?.[0]).toBe("subprotocol-mismatch");
});

test("[CM31] twelve frames are enough: it closes, however long it was to listen", async () => {
  const url = await working({
    open(socket) {
      for (let count = 0; count < 11; count++) socket.send(String(count));
    },
  });
  const { close, frames } = await inspect(url, { listenMs: 600_000 });
  expect(close).toEqual({ code: 1000, reason: "", by: "us" });
  expect(frames.filter(({ opcode }) => opcode === "text")).toHaveLength(11);
});

test("[CM30] a body that does not end is not waited for, and an interim answer is not the answer", async () => {
  const endless = await inspect(
    await broken(() => "HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\nthis origin may not"),
    { timeoutMs: 600_000 },
  );
  expect(endless.response).toMatchObject({ status: 403, body: "this origin may not" });
  const early = await inspect(
    await broken(
      () => "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ),
  );
  expect(early.response?.head).toEqual(["HTTP/1.1 404 Not Found", "Content-Length: 0"]);
});
