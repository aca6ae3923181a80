import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { serveWs, wsModules } from "../../test/ws-modules.ts";
import type * as ours from "./index.ts";

// As in contract.test.ts, one program on both modules: here what is chosen among several, and the defaults.
for (const [name, Ws] of wsModules) {
  /** Answers `/2` with a redirect to `/1`, that with one to `/0`, and that with one to the target. */
  async function redirectTo(target: string): Promise<string> {
    const http = createServer(({ url = "/0" }, response) => {
      const left = Number(url.slice(1));
      response.writeHead(302, { Location: left === 0 ? target : `/${left - 1}` }).end();
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => void http.close());
    return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  }

  /** A server, and the headers of the next request to it. */
  async function serveHeaders(options: ours.ServerOptions = {}) {
    const { server, port } = await serveWs(Ws, options);
    const headers = new Promise<Record<string, string | undefined>>((resolve) => {
      server.once("connection", (_socket, request) => resolve(request.headers as Record<string, string>));
    });
    return { headers, server, port };
  }

  test(`[WS13] ${name}: maxRedirects are followed, and one more is not`, async () => {
    const { port } = await serveWs(Ws);
    const from = await redirectTo(`ws://127.0.0.1:${port}`);
    await once(new Ws(`${from}/2`, { followRedirects: true, maxRedirects: 3 }), "open");
    const [error] = (await once(new Ws(`${from}/2`, { followRedirects: true, maxRedirects: 2 }), "error")) as [Error];
    expect(error.message).toBe("Maximum redirects exceeded");
  });

  test(`[WS13] ${name}: another host is told neither Host, Authorization nor Cookie, the same one all of them`, async () => {
    const secrets = { Host: "named.example", Authorization: "Bearer x", Cookie: "a=b", "X-Kept": "yes" };
    const { headers, port } = await serveHeaders();
    const from = await redirectTo(`ws://127.0.0.1:${port}`);
    await once(new Ws(`${from}/0`, { followRedirects: true, headers: secrets }), "open");
    const { host, authorization, cookie, "x-kept": kept } = await headers;
    expect([host, authorization, cookie, kept]).toEqual([`127.0.0.1:${port}`, undefined, undefined, "yes"]);
  });

  test(`[WS13] ${name}: of two users the one of the first URL is meant, as in curl`, async () => {
    const seen: (string | undefined)[] = [];
    const http = createServer(({ url, headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(url === "/1" ? 302 : 404, { Location: `ws://c:d@${headers.host}/0` }).end();
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => void http.close());
    const { port } = http.address() as AddressInfo;
    await once(new Ws(`ws://a:b@127.0.0.1:${port}/1`, { followRedirects: true }), "error");
    expect(seen).toEqual(["Basic YTpi", "Basic YTpi"]);
  });

  test(`[WS13] ${name}: a URL with a fragment is refused, whatever it is`, () => {
    expect(() => new Ws("ws://localhost/#there")).toThrow(SyntaxError);
  });

  test(`[WS24] ${name}: version 8 has its origin by another name`, async () => {
    const { headers, port } = await serveHeaders();
    const origin = "https://app.example";
    await once(new Ws(`ws://127.0.0.1:${port}`, { protocolVersion: 8, origin }), "open");
    const { origin: named, "sec-websocket-origin": old } = await headers;
    expect([named, old]).toEqual([undefined, origin]);
  });

  test(`[WS10] ${name}: the query is not part of the path`, async () => {
    const { port } = await serveWs(Ws, { path: "/chat" });
    const client = new Ws(`ws://127.0.0.1:${port}/chat?room=1`);
    await once(client, "open");
    expect(client.readyState).toBe(1);
  });

  test(`[WS12] ${name}: who comes when the server is closing is refused with 503`, async () => {
    const server = new Ws.Server({ noServer: true });
    const http = createServer().on("upgrade", (request, socket, head) =>
      server.handleUpgrade(request, socket, head, () => undefined),
    );
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => void http.close());
    server.close();
    const client = new Ws(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    expect(((await once(client, "error")) as [Error])[0].message).toBe("Unexpected server response: 503");
  });

  test(`[WS25] ${name}: what was sent too late adds up`, async () => {
    const { port } = await serveWs(Ws);
    const client = new Ws(`ws://127.0.0.1:${port}`);
    await once(client, "open");
    client.terminate();
    client.send("ab");
    client.send("c");
    client.send(Buffer.from("def"));
    expect(client.bufferedAmount).toBe(6);
  });

  test(`[WS15] ${name}: a message in 16 384 pieces passes a server's default, one more does not`, async () => {
    const { server, port } = await serveWs(Ws);
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    const client = new Ws(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    await once(client, "open");
    const [peer] = await connected;
    const sendPieces = (count: number): void => {
      for (let piece = 1; piece <= count; piece++) client.send("x", { fin: piece === count });
    };
    sendPieces(16_384);
    expect(((await once(peer, "message")) as [Buffer])[0]).toHaveLength(16_384);
    const failed = once(peer, "error");
    sendPieces(16_385);
    expect((await failed)[0]).toMatchObject({ code: "WS_ERR_TOO_MANY_BUFFERED_PARTS" });
  });

  test(`[WS5] ${name}: a ping and a pong of 125 bytes pass, of 126 they do not`, async () => {
    const { server, port } = await serveWs(Ws);
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    const client = new Ws(`ws://127.0.0.1:${port}`);
    await once(client, "open");
    const [peer] = await connected;
    client.ping("x".repeat(125));
    expect(((await once(peer, "ping")) as [Buffer])[0]).toHaveLength(125);
    client.pong("x".repeat(125));
    expect(((await once(peer, "pong")) as [Buffer])[0]).toHaveLength(125);
    for (const send of [() => client.ping("x".repeat(126)), () => client.pong("x".repeat(126))]) {
      expect(send).toThrow("The data size must not be greater than 125 bytes");
    }
  });

  test(`[WS19] ${name}: a window is agreed on when it is as wide as both want`, async () => {
    const perMessageDeflate = { serverMaxWindowBits: 10, clientMaxWindowBits: 10 };
    const { port } = await serveWs(Ws, { perMessageDeflate });
    const client = new Ws(`ws://127.0.0.1:${port}`, { perMessageDeflate });
    const [response] = (await once(client, "upgrade")) as [{ headers: Record<string, string> }];
    expect(response.headers["sec-websocket-extensions"]).toBe(
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits=10",
    );
  });

  test(`[WS14] ${name}: a stream that fails after the socket lets the close frame leave`, async () => {
    const { server, port } = await serveWs(Ws);
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    const client = new Ws(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    await once(client, "open");
    const [peer] = await connected;
    const stream = Ws.createWebSocketStream(peer);
    const failed = once(stream, "error");
    const closed = once(client, "close");
    client._socket?.write(Buffer.from([0x85, 0x80, 0, 0, 0, 0])); // opcode 5 is reserved
    expect((await failed)[0]).toMatchObject({ code: "WS_ERR_INVALID_OPCODE" });
    expect((await closed)[0]).toBe(1002);
  });
}
