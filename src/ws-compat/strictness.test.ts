import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { connect, type AddressInfo } from "node:net";
import { Duplex } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import WebSocketDefault, { WebSocket, WebSocketServer } from "./index.ts";

// What is ours alone: where the drop-in is stricter than `ws`, and its module's shape.

async function serve(options: Partial<ConstructorParameters<typeof WebSocketServer>[0]> = {}) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  onTestFinished(() => {
    for (const client of server.clients ?? []) client.terminate();
    server.close();
  });
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

async function answerTo(port: number, head: string): Promise<string> {
  const raw = connect(port, "127.0.0.1");
  raw.end(head);
  let answer = "";
  for await (const chunk of raw) answer += String(chunk);
  return answer;
}

const fields = {
  Host: "localhost",
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

function headOf(more: Readonly<Record<string, string>> = {}, version = "1.1"): string {
  const lines = Object.entries({ ...fields, ...more }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET / HTTP/${version}\r\n${lines.join("")}\r\n`;
}

test("[WS1] the default export and every name it carries are one class, which require gives too", () => {
  expect(WebSocketDefault).toBe(WebSocket);
  expect(WebSocket.Server).toBe(WebSocketServer);
  expect(WebSocket.WebSocket).toBe(WebSocket);
  const required = createRequire(import.meta.url)("../../dist/ws-compat/index.js") as { readonly name: string };
  expect(required.name).toBe("WebSocket");
});

test("[WS27] a server's path is its option, or empty", () => {
  expect(new WebSocketServer({ noServer: true, path: "/chat" }).path).toBe("/chat");
  expect(new WebSocketServer({ noServer: true }).path).toBe("");
});

test("[WS3] a list of pieces is one message, as fragments are received", async () => {
  const { server, port } = await serve();
  server.on("connection", (socket) => socket.send([Buffer.from("a"), Buffer.from("b")]));
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  expect(await once(client, "message")).toEqual([Buffer.from("ab"), true]);
});

for (const [name, head, status] of [
  ["HTTP/1.0", headOf({}, "1.0"), 505],
  ["version 7", headOf({ "Sec-WebSocket-Version": "7" }), 400],
  ["a body", headOf({ "Content-Length": "4" }), 400],
] as const) {
  test(`[WS17] ${name} is refused with ${status}`, async () => {
    const { port } = await serve();
    const answer = await answerTo(port, head);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nConnection: close`));
  });
}

test("[WS17] a refused handshake is wsClientError's where somebody listens", async () => {
  const { server, port } = await serve();
  server.on("wsClientError", (_error, socket) => socket.end("HTTP/1.1 418 Teapot\r\n\r\n"));
  expect(await answerTo(port, headOf({ "Sec-WebSocket-Version": "7" }))).toMatch(/^HTTP\/1\.1 418 /);
});

test("[WS17] a line break within a line of the 101 is refused with 500", async () => {
  const { server, port } = await serve();
  server.on("headers", (lines) => lines.push("X: 1\r\nSet-Cookie: planted=1"));
  const answer = await answerTo(port, headOf());
  expect(answer).toMatch(/^HTTP\/1\.1 500 /);
  expect(answer).not.toContain("planted");
});

test("[WS17] a subprotocol that was not offered is sent as in ws, with a warning; a line break in it is a 500", async () => {
  for (const [chosen, status] of [
    ["mine", 101],
    ["mine\r\nSet-Cookie: planted=1", 500],
  ] as const) {
    const warned = once(process, "warning");
    const { port } = await serve({ handleProtocols: () => chosen });
    const client = new WebSocket(`ws://127.0.0.1:${port}`, "theirs");
    const [error] = (await once(client, "error")) as [Error];
    expect(error.message).toBe(
      status === 101 ? "Server sent an invalid subprotocol" : "Unexpected server response: 500",
    );
    expect(String((await warned)[0])).toContain("mine");
  }
});

test("[WS17] bytes that are sent as text and are no UTF-8 go out with U+FFFD, and the connection lives on", async () => {
  const { server, port } = await serve();
  server.on("connection", (socket) => {
    socket.send(Buffer.from([0x61, 0xff, 0x62]), { binary: false });
    socket.send(Buffer.from("héllo"), { binary: false });
  });
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const texts: string[] = [];
  client.on("message", (data: Buffer) => texts.push(data.toString()) === 2 && client.close());
  expect((await once(client, "close"))[0]).toBe(1005);
  expect(texts).toEqual(["a\u{fffd}b", "héllo"]);
});

test("[WS18] a request that no parser made is upgraded over a duplex; setSocket makes the client of its other end", async () => {
  const [near, far] = duplexPair();
  const headers = Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]);
  const request = { method: "GET", url: "/", headers: { ...Object.fromEntries(headers), host: undefined } };
  const client = new WebSocket(null, undefined, {});
  client._isServer = false;
  near.once("data", () => client.setSocket(near, Buffer.alloc(0), { maxPayload: 0 }));
  const opened = once(client, "open");
  const server = new WebSocketServer({ noServer: true });
  const peer = await new Promise<WebSocket>((resolve) => {
    server.handleUpgrade(request as never, far, Buffer.alloc(0), resolve);
  });
  await opened;
  peer.send("through");
  expect((await once(client, "message"))[0]).toEqual(Buffer.from("through"));
  client.terminate();
  peer.terminate();
});

test("[WS13] a redirect to another host is told no secret", async () => {
  const { server, port } = await serve();
  const connected = once(server, "connection") as Promise<[WebSocket, { headers: Record<string, string> }]>;
  const Location = `ws://127.0.0.1:${port}`;
  const http = createServer((_request, response) => void response.writeHead(302, { Location }).end());
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => void http.close());
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, {
    followRedirects: true,
    headers: { Authorization: "secret", "X-Kept": "yes" },
  });
  await once(client, "open");
  const [, { headers }] = await connected;
  expect([headers["authorization"], headers["x-kept"]]).toEqual([undefined, "yes"]);
});

test("[WS4] what is sent and cut off within one turn is called back with an error, while the socket is CLOSING", async () => {
  const { port } = await serve();
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(client, "open");
  const told = new Promise((resolve) => client.send("x", (error) => resolve([error?.message, client.readyState])));
  client.terminate();
  expect(await told).toEqual(["The socket was closed before the data was written", 2]);
});

/** Two ends of one line, in memory. */
function duplexPair(): [Duplex, Duplex] {
  const near: Duplex = createEnd(() => far);
  const far: Duplex = createEnd(() => near);
  return [near, far];
}

function createEnd(other: () => Duplex): Duplex {
  return new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      other().push(chunk);
      done();
    },
    final(done) {
      other().push(null);
      done();
    },
  });
}
