import { once } from "node:events";
import { createSecureServer, createServer as createHttp2 } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { expect, test } from "vitest";
import { WebSocketServer as WsServer } from "ws";
import {
  answerHead,
  broken,
  cert,
  cleanUps,
  findings,
  key,
  listen,
  localLookup,
  refusal,
  stepNames,
  switching,
  working,
} from "../../test/broken-servers.ts";
import { createWebSocketServer } from "../engine/index.ts";
import type { InspectOptions } from "./inspect-course.ts";
import { inspect } from "./inspect.ts";
import { certificateFinding, dnsFinding, tlsFinding } from "./network-findings.ts";
import { printInspection } from "./print-inspection.ts";

test("[CM30] each step is timed, both heads are there, connections and round trips are counted", async () => {
  const plain = await inspect(await working(), { listenMs: 0 });
  expect(plain).toMatchObject({ isOpen: true, connectionCount: 1, roundTripCount: 2, findings: [] });
  expect(stepNames(plain)).toEqual(["tcp", "upgrade"]);
  expect(plain.steps.every(({ ms }) => ms >= 0)).toBe(true);
  expect([plain.request[0], plain.response?.head[0]]).toEqual(["GET /ws HTTP/1.1", "HTTP/1.1 101 Switching Protocols"]);
  const secure = createTlsServer({ cert, key }, (socket) => answerHead(socket, (asked) => switching(asked)));
  const url = new URL(`wss://localhost:${await listen(secure)}/`);
  const tls = await inspect(url, { listenMs: 0, tls: { ca: cert }, lookup: localLookup });
  expect([stepNames(tls), tls.roundTripCount]).toEqual([["dns", "tcp", "tls", "upgrade"], 3]);
  expect(tls.steps[2]?.detail).toMatch(
    /^TLSv1\.3, TLS_\w+, no ALPN\ncertificate of localhost by localhost\nvalid until \w+ /,
  );
});

test("[CM31] a ping is measured, frames are told bit by bit, and the connection is closed with 1000", async () => {
  const url = await working({ open: (socket) => socket.send("hello"), compression: {} });
  const { frames, pingMs, close, extensions } = await inspect(url, { listenMs: 100 });
  expect(frames.map((frame) => ({ ...frame, afterMs: 0 }))).toEqual([
    { afterMs: 0, direction: "sent", opcode: "ping", isFinal: true, rsv1: false, isMasked: true, payloadBytes: 7 },
    {
      afterMs: 0,
      direction: "received",
      opcode: "text",
      isFinal: true,
      rsv1: false,
      isMasked: false,
      payloadBytes: 5,
      preview: "hello",
    },
    { afterMs: 0, direction: "received", opcode: "pong", isFinal: true, rsv1: false, isMasked: false, payloadBytes: 7 },
    { afterMs: 0, direction: "sent", opcode: "close", isFinal: true, rsv1: false, isMasked: true, payloadBytes: 2 },
    {
      afterMs: 0,
      direction: "received",
      opcode: "close",
      isFinal: true,
      rsv1: false,
      isMasked: false,
      payloadBytes: 2,
      preview: "1000",
    },
  ]);
  expect([pingMs, close, extensions]).toEqual([
    expect.any(Number),
    { code: 1000, reason: "", by: "us" },
    expect.stringContaining("permessage-deflate"),
  ]);
});

test("[CM31] a server of ws is found right, its compressed frames too", async () => {
  const server = new WsServer({ port: 0, host: "127.0.0.1", perMessageDeflate: { threshold: 0 } });
  server.on("connection", (socket) => socket.send("hello hello hello"));
  cleanUps.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, "listening");
  const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const { frames, findings: found } = await inspect(url, { listenMs: 100 });
  expect(found).toEqual([]);
  expect(frames.find(({ opcode }) => opcode === "text")).toMatchObject({ rsv1: true, direction: "received" });
});

test("[CM32] a name that does not exist, a port where nobody listens: every address is tried in turn", async () => {
  const notFound = Object.assign(new Error("no"), { code: "ENOTFOUND" });
  expect(await findings(new URL("ws://chat.example/"), { lookup: () => Promise.reject(notFound) })).toEqual([
    [
      "dns-failure",
      "There is no host named chat.example",
      "Check the spelling; if the name is new, its DNS record may be missing or not be everywhere yet",
    ],
  ]);
  expect(dnsFinding("chat.example", Object.assign(new Error("no"), { code: "EAI_AGAIN" }))).toMatchObject({
    problem: "The name chat.example cannot be looked up: EAI_AGAIN",
    remedy: "The name server does not answer: check the network and /etc/resolv.conf",
  });
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  const both: InspectOptions["lookup"] = async () => [
    { address: "127.0.0.1", family: 4 },
    { address: "127.0.0.2", family: 4 },
  ];
  const refused = await inspect(new URL(`ws://chat.example:${port}/`), { lookup: both });
  expect(refused).toMatchObject({ isOpen: false, connectionCount: 2, roundTripCount: 0 });
  expect(refused.steps.map(({ detail }) => detail)).toEqual([
    "chat.example is 127.0.0.1, 127.0.0.2",
    `127.0.0.1:${port}: ECONNREFUSED`,
    `127.0.0.2:${port}: ECONNREFUSED`,
  ]);
  expect(refused.findings[0]).toMatchObject({
    code: "connection-refused",
    problem: `Nothing listens on 127.0.0.1:${port} and 127.0.0.2:${port}`,
    remedy: "Start the server, check the port, and check that it listens on this address and not on 127.0.0.1 only",
  });
});

test("[CM33] a timeout says what was under way", async () => {
  const silent = await listen(createServer((socket) => socket.resume()));
  expect(await findings(new URL(`ws://127.0.0.1:${silent}/`), { timeoutMs: 100 })).toEqual([
    [
      "timeout",
      "No answer within 0.1 s during the answer",
      "The server took the request and says nothing: its upgrade handler may wait forever, or a proxy waits for a server that hangs",
    ],
  ]);
  expect(await findings(new URL(`wss://127.0.0.1:${silent}/`), { timeoutMs: 100 })).toEqual([
    [
      "timeout",
      "No answer within 0.1 s during the TLS handshake",
      "The server took the connection and says nothing: it may not speak TLS there (try ws://), or hang",
    ],
  ]);
  const never: InspectOptions["lookup"] = () => new Promise(() => undefined);
  expect((await findings(new URL("ws://chat.example/"), { timeoutMs: 50, lookup: never }))[0]?.[1]).toBe(
    "No answer within 0.05 s during the name lookup",
  );
});

test("[CM34] TLS where there is none, and none where there is", async () => {
  const { port } = await working();
  expect(await findings(new URL(`wss://127.0.0.1:${port}/`))).toEqual([
    [
      "plain-server",
      `127.0.0.1:${port} speaks no TLS: it answered the handshake of wss with plain text`,
      "Use ws:// there, or let the server or the proxy end TLS on this port",
    ],
  ]);
  const tlsPort = await listen(createTlsServer({ cert, key }));
  expect(await findings(new URL(`ws://127.0.0.1:${tlsPort}/`))).toEqual([
    ["tls-server", `127.0.0.1:${tlsPort} speaks TLS, and ws:// does not`, "Use wss:// there"],
  ]);
  const told = await broken(refusal("400 Bad Request", [], "The plain HTTP request was sent to HTTPS port"));
  expect((await findings(told))[0]?.[0]).toBe("tls-server");
  const reset = tlsFinding("h:1", Object.assign(new Error("no"), { code: "ECONNRESET" }));
  expect(reset.problem).toBe("h:1 ended the connection during the TLS handshake");
});

test("[CM34] a certificate that nobody would trust ends it, and -n goes on", async () => {
  const server = createTlsServer({ cert, key }, (socket) => answerHead(socket, (asked) => switching(asked)));
  const port = await listen(server);
  const own = new URL(`wss://localhost:${port}/`);
  expect(await findings(own, { lookup: localLookup })).toEqual([
    [
      "bad-certificate",
      "The certificate of localhost is self-signed: no browser trusts it",
      "Get one from a certificate authority; to test with this one give --ca <file>, or -n for no check at all",
    ],
  ]);
  const other = new URL(`wss://chat.example:${port}/`);
  expect(await findings(other, { lookup: localLookup, tls: { ca: cert } })).toEqual([
    [
      "bad-certificate",
      "The certificate is not for chat.example: it is for localhost, *.localhost, xn--n8j6ds53lwwkrqhv28a.localhost, 127.0.0.1, 0:0:0:0:0:0:0:1",
      "Use one of these names, or get a certificate for this one; behind a proxy check the server block and SNI",
    ],
  ]);
  expect(await inspect(own, { lookup: localLookup, checksCertificate: false, listenMs: 0 })).toMatchObject({
    isOpen: true,
  });
  const facts = { hostname: "chat.example", names: "chat.example", validTo: "Jan  1 00:00:00 2026 GMT" };
  const codes = ["CERT_HAS_EXPIRED", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "CERT_REVOKED"];
  expect(codes.map((code) => certificateFinding(code, facts).problem)).toEqual([
    "The certificate of chat.example has expired on Jan  1 00:00:00 2026 GMT",
    "The server of chat.example does not send the certificate that leads to a known authority",
    "The certificate of chat.example is not trusted: CERT_REVOKED",
  ]);
});

test("[CM37] HTTP/2 with extended CONNECT works; without it, or without HTTP/2, that is said", async () => {
  const http = createHttp2({ settings: { enableConnectProtocol: true } });
  const engine = createWebSocketServer({});
  engine.attach(http);
  const right = await inspect(new URL(`ws://127.0.0.1:${await listen(http)}/`), { http2: true, listenMs: 50 });
  expect([right.findings, stepNames(right), right.roundTripCount]).toEqual([[], ["tcp", "http2", "upgrade"], 3]);
  expect(right.request.slice(0, 2)).toEqual([":method: CONNECT", ":protocol: websocket"]);
  const port = await listen(createSecureServer({ cert, key }));
  const options = { http2: true, tls: { ca: cert }, lookup: localLookup };
  expect(await findings(new URL(`wss://localhost:${port}/`), options)).toEqual([
    [
      "no-extended-connect",
      `127.0.0.1:${port} speaks HTTP/2, but takes no WebSockets there: it does not announce extended CONNECT (RFC 8441)`,
      "Switch extended CONNECT on in the server or proxy, or use HTTP/1.1, as browsers do by themselves then: leave --http2 out",
    ],
  ]);
  const old = await listen(createTlsServer({ cert, key }));
  expect(await findings(new URL(`wss://localhost:${old}/`), options)).toEqual([
    [
      "no-http2",
      `127.0.0.1:${old} does not speak HTTP/2`,
      "Offer h2 in the server's ALPN, or use HTTP/1.1: leave --http2 out",
    ],
  ]);
});

test("[CM38] a broken frame, a close at once, an end without a close frame, and a ping without a pong", async () => {
  const masked = await broken((given) => switching(given, [], "\u0081\u0081\0\0\0\0a"));
  expect(await findings(masked)).toEqual([
    [
      "bad-frame",
      "The server broke the protocol after the handshake: A frame from a server must not be masked",
      "Correct the frames that the server writes; something on the way that changes bytes does this, too",
    ],
  ]);
  const closing = await inspect(await working({ open: (socket) => socket.close(1008, "No token") }));
  expect(closing).toMatchObject({
    close: { code: 1008, reason: "No token", by: "peer" },
    findings: [
      {
        code: "closed-at-once",
        problem: 'The server closed the connection at once with 1008 "No token"',
        remedy: "It does not like who or what we are: it may want a token, an origin or a subprotocol",
      },
    ],
  });
  const port = await listen(
    createServer((socket) => {
      answerHead(socket, (given) => switching(given));
      socket.once("data", () => socket.end());
    }),
  );
  expect(await findings(new URL(`ws://127.0.0.1:${port}/`))).toEqual([
    [
      "closed-at-once",
      "The server ended the open connection without a close frame",
      "It may have crashed, or a proxy cut the connection: read their logs",
    ],
  ]);
  const deaf = await broken((given) => switching(given, [], "\u0081\u0002hi"));
  expect(await findings(deaf)).toEqual([
    [
      "no-pong",
      "The server did not answer a ping",
      "Let it answer pings (RFC 6455 §5.5.2): a client that uses them takes this connection for dead",
    ],
  ]);
});

test("[CM39] an answer that is no HTTP, and none at all", async () => {
  const ssh = await broken(() => "SSH-2.0-OpenSSH_9.2\r\n");
  expect(await findings(ssh)).toEqual([
    [
      "not-http",
      `What ${ssh.host} answered is not HTTP: "SSH-2.0-OpenSSH_9.2"`,
      "Another service listens there: check the port",
    ],
  ]);
  const cut = await broken(() => undefined);
  expect(await findings(cut)).toEqual([
    [
      "connection-lost",
      `${cut.host} ended the connection without an answer during the handshake`,
      "The server may have crashed, or a firewall or proxy cuts what it does not know: read its log, and try wss:// if this is ws://",
    ],
  ]);
});

test("[CM42] it is 80 columns wide, without colours where none are wanted, and no server moves the cursor", async () => {
  const url = await broken(
    refusal(
      "200 OK",
      ["Server: x"],
      "\u001b[2Jgone\u0007 and a line that is longer than eighty columns, which is cut off",
    ),
  );
  const plain = printInspection(await inspect(url), false);
  // oxlint-disable-next-line no-control-regex -- that is what must not be there
  expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(plain).toContain("\\e[2Jgone\\u0007 and a line");
  expect(Math.max(...plain.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(printInspection(await inspect(url), true)).toContain("\u001b[31merror\u001b[39m");
});
