import { Blob } from "node:buffer";
import { once } from "node:events";
import { createServer, request as requestHttp } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { serveWs, wsModules } from "../../test/ws-modules.ts";
import * as ours from "./index.ts";

function toText(data: ours.RawData): string {
  return Buffer.from(data as Buffer).toString();
}

/** The message of the error, then the code of the close. */
function endOf(socket: ours.WebSocket): Promise<[string, number]> {
  return new Promise((resolve) => {
    socket.once("error", (error) => socket.once("close", (code) => resolve([error.message, code])));
  });
}

for (const [name, Ws] of wsModules) {
  async function pair(options: ours.ServerOptions = {}) {
    const { server, url } = await serveWs(Ws, options);
    const client = new Ws(url, { perMessageDeflate: false });
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    await once(client, "open");
    const [peer] = await connected;
    return { server, client, peer, url };
  }

  test(`[WS1] ${name}: the module is the class, with the server and the stream on it`, () => {
    expect(Object.keys(Ws)).toEqual(expect.arrayContaining(["Server", "WebSocketServer", "createWebSocketStream"]));
    expect([Ws.CONNECTING, Ws.OPEN, Ws.CLOSING, Ws.CLOSED]).toEqual([0, 1, 2, 3]);
    expect(new Ws(null, undefined, {}).OPEN).toBe(1);
  });

  test(`[WS2] ${name}: exactly one of port, server and noServer is a server`, () => {
    expect(() => new Ws.Server({})).toThrow(TypeError);
    expect(() => new Ws.Server({ port: 0, noServer: true })).toThrow(TypeError);
  });

  test(`[WS3] ${name}: text and bytes come as a Buffer, and isBinary tells them apart`, async () => {
    const { client, peer } = await pair();
    for (const data of ["héllo", Buffer.from([1, 2, 3])]) {
      client.send(data);
      expect(await once(peer, "message")).toEqual([Buffer.from(data as string), typeof data !== "string"]);
    }
  });

  const binary = { arraybuffer: ArrayBuffer, fragments: Array, blob: Blob } as const;
  for (const type of ["arraybuffer", "fragments", "blob"] as const) {
    test(`[WS3] ${name}: a binary message comes as ${type}, and text as a Buffer`, async () => {
      const { client, peer } = await pair();
      client.binaryType = type;
      peer.send(Buffer.from([7]));
      const [data] = (await once(client, "message")) as [ArrayBuffer | Buffer[] | Blob];
      expect(data).toBeInstanceOf(binary[type]);
      const bytes = await new Blob([data].flat() as Buffer[]).arrayBuffer(); // it takes each of them
      expect([...new Uint8Array(bytes)]).toEqual([7]);
      peer.send("text");
      expect((await once(client, "message"))[0]).toEqual(Buffer.from("text"));
    });
  }

  test(`[WS3] ${name}: a number goes out as its digits, a list of bytes as these, an object as what it stands for`, async () => {
    const { client, peer } = await pair();
    for (const [data, expected] of [
      [42, "42"],
      [[104, 105], "hi"],
      [{ valueOf: () => "hi" }, "hi"],
      [{ [Symbol.toPrimitive]: () => "hi" }, "hi"],
      [new DataView(new Uint8Array([104, 105]).buffer, 1), "i"],
    ] as const) {
      client.send(data);
      expect(((await once(peer, "message"))[0] as Buffer).toString()).toBe(expected);
    }
  });

  test(`[WS4] ${name}: pieces with fin: false make one message of the first one's kind`, async () => {
    const { client, peer } = await pair();
    client.send("a", { fin: false });
    client.send(Buffer.from("b"), { fin: true });
    expect(await once(peer, "message")).toEqual([Buffer.from("ab"), false]);
  });

  test(`[WS4] ${name}: the callback of a send is called without an error, and with one after close`, async () => {
    const { client } = await pair();
    expect(await new Promise((resolve) => client.send("x", resolve))).toBeFalsy();
    client.close();
    const error = await new Promise<Error | undefined>((resolve) => client.send("x", resolve));
    expect(error?.message).toBe("WebSocket is not open: readyState 2 (CLOSING)");
  });

  test(`[WS4] ${name}: sending while connecting throws`, async () => {
    const { url } = await serveWs(Ws);
    const client = new Ws(url);
    expect(() => client.send("x")).toThrow("WebSocket is not open: readyState 0 (CONNECTING)");
    await once(client, "open");
  });

  test(`[WS5] ${name}: ping takes its callback first, and its bytes come back`, async () => {
    const { client, peer } = await pair();
    await new Promise<void>((resolve) => client.ping(() => resolve()));
    client.ping("beat");
    expect(await once(peer, "ping")).toEqual([Buffer.alloc(0)]);
    expect((await once(client, "pong"))[0]).toBeInstanceOf(Buffer);
  });

  test(`[WS5] ${name}: without autoPong a ping is left to the program`, async () => {
    const { client, peer } = await pair({ autoPong: false });
    const pong = once(client, "pong");
    client.ping("1");
    await once(peer, "ping");
    peer.pong("mine");
    expect(await pong).toEqual([Buffer.from("mine")]);
  });

  const closes: readonly (readonly [given: [code?: number, reason?: string], told: [code: number, reason: string]])[] =
    [
      [[], [1005, ""]],
      [
        [4001, "bye"],
        [4001, "bye"],
      ],
    ];
  for (const [given, told] of closes) {
    test(`[WS6] ${name}: close(${given.join(", ")}) is told to both as ${told[0]}`, async () => {
      const { client, peer } = await pair();
      const closed = Promise.all([once(client, "close"), once(peer, "close")]);
      client.close(...given);
      expect(client.readyState).toBe(2);
      const [ours, theirs] = await closed;
      expect(ours[0]).toBe(told[0]); // whether the answer repeats the reason is the one difference: the guide has it
      expect(theirs).toEqual([told[0], Buffer.from(told[1])]);
      expect(client.readyState).toBe(3);
    });
  }

  test(`[WS6] ${name}: terminate is 1006 to both`, async () => {
    const { client, peer } = await pair();
    const closed = Promise.all([once(client, "close"), once(peer, "close")]);
    client.terminate();
    expect((await closed).map(([code]) => code as number)).toEqual([1006, 1006]);
  });

  test(`[WS6] ${name}: a code that may not be sent throws a TypeError, a long reason a RangeError`, async () => {
    const { client } = await pair();
    expect(() => client.close(1005)).toThrow(TypeError);
    expect(() => client.close(1000, "x".repeat(124))).toThrow(RangeError);
  });

  test(`[WS7] ${name}: a peer that breaks the protocol is an error and then a close with 1006`, async () => {
    const { server, url } = await serveWs(Ws);
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    const raw = connect(Number(new URL(url).port), "127.0.0.1");
    onTestFinished(() => void raw.destroy());
    const key = "dGhlIHNhbXBsZSBub25jZQ==";
    raw.write(
      `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    raw.resume();
    const [peer] = await connected;
    const told: string[] = [];
    const closed = new Promise<void>((resolve) => {
      peer.on("error", (error) => told.push((error as Error & { code: string }).code.slice(0, 7)));
      peer.on("close", (code) => (told.push(`${code}`), resolve()));
    });
    raw.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
    await closed;
    expect(told).toEqual(["WS_ERR_", "1006"]);
  });

  test(`[WS8] ${name}: addEventListener gives the events of a browser, once each`, async () => {
    const { client, peer } = await pair();
    const got: unknown[] = [];
    const listener = (event: { readonly data: unknown }): void => void got.push(event.data);
    client.addEventListener("message", listener);
    client.addEventListener("message", listener);
    peer.send("1");
    await once(client, "message");
    client.removeEventListener("message", listener);
    peer.send("2");
    await once(client, "message");
    expect(got).toEqual(["1"]);
  });

  test(`[WS8] ${name}: onclose can be read, replaced and cleared`, async () => {
    const { client, peer } = await pair();
    const got: string[] = [];
    client.onclose = () => got.push("first");
    const second = (): void => void got.push("second");
    client.onclose = second;
    expect(client.onclose).toBe(second);
    client.onclose = null;
    expect(client.onclose).toBeNull();
    client.onclose = (event) => got.push(`${event.code}${event.reason}`);
    peer.close(3000, "x");
    await once(client, "close");
    expect(got).toEqual(["3000x"]);
  });

  test(`[WS9] ${name}: the first subprotocol offered is taken; handleProtocols may be set later`, async () => {
    const { server, url } = await serveWs(Ws);
    const first = new Ws(url, ["a", "b"]);
    await once(first, "open");
    expect(first.protocol).toBe("a");
    server.options.handleProtocols = (protocols) => [...protocols].at(-1) ?? false;
    const second = new Ws(url, ["a", "b"]);
    await once(second, "open");
    expect(second.protocol).toBe("b");
  });

  test(`[WS10] ${name}: verifyClient refuses with 401, or with what its callback is given`, async () => {
    for (const [verifyClient, message] of [
      [() => false, "Unexpected server response: 401"],
      [
        (_info: unknown, answer: (is: boolean, code: number) => void) => answer(false, 403),
        "Unexpected server response: 403",
      ],
    ] as const) {
      const { url } = await serveWs(Ws, { verifyClient });
      const client = new Ws(url);
      expect(await endOf(client)).toEqual([message, 1006]);
    }
  });

  test(`[WS10] ${name}: another path is refused with 400; unexpected-response hands the answer out`, async () => {
    const { url } = await serveWs(Ws, { path: "/ws" });
    const client = new Ws(`${url}/other`);
    const ended = endOf(client);
    const [, response] = (await once(client, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(400);
    client.terminate();
    expect((await ended)[1]).toBe(1006);
  });

  test(`[WS11] ${name}: headers can be added to the 101, and upgrade shows them`, async () => {
    const { server, url } = await serveWs(Ws);
    server.on("headers", (lines) => lines.push("X-Extra: yes"));
    const client = new Ws(url);
    const opened = once(client, "open");
    const [response] = (await once(client, "upgrade")) as [{ headers: Record<string, string> }];
    expect(response.headers["x-extra"]).toBe("yes");
    await opened;
  });

  test(`[WS12] ${name}: noServer upgrades by hand, and the socket's address is readable`, async () => {
    const http = createServer();
    const server = new Ws.Server({ noServer: true, clientTracking: false });
    expect(server.clients).toBeUndefined();
    http.on("upgrade", (request, socket, head) =>
      server.handleUpgrade(request, socket, head, (socketMade) => server.emit("connection", socketMade, request)),
    );
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => void http.close());
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    const client = new Ws(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    const [peer] = await connected;
    expect(peer._socket).toMatchObject({ remoteAddress: "127.0.0.1" });
    peer.terminate();
    await once(client, "close");
  });

  test(`[WS12] ${name}: a server closes when its last socket does, and a second close is an error`, async () => {
    const { server, client } = await pair();
    const closed = new Promise((resolve) => server.close(resolve));
    expect(server.clients?.size).toBe(1);
    client.close();
    expect(await closed).toBeUndefined();
    const again = await new Promise<Error | undefined>((resolve) => server.close(resolve));
    expect(again?.message).toBe("The server is not running");
  });

  test(`[WS12] ${name}: a plain request gets 426`, async () => {
    const { url } = await serveWs(Ws);
    const request = requestHttp(url.replace("ws", "http")).end();
    const [response] = (await once(request, "response")) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(426);
  });

  test(`[WS13] ${name}: closing while connecting is an error and a close`, async () => {
    const { url } = await serveWs(Ws);
    const client = new Ws(url);
    client.close();
    expect(await endOf(client)).toEqual(["WebSocket was closed before the connection was established", 1006]);
  });

  test(`[WS13] ${name}: a URL or a subprotocol that cannot be throws a SyntaxError`, () => {
    expect(() => new Ws("nonsense")).toThrow(SyntaxError);
    expect(() => new Ws("ftp://x")).toThrow(SyntaxError);
    expect(() => new Ws("ws://127.0.0.1:1", ["a", "a"])).toThrow(SyntaxError);
  });

  test(`[WS13] ${name}: a redirect is followed on demand only, and not for ever`, async () => {
    const { url } = await serveWs(Ws);
    const http = createServer((_request, response) => void response.writeHead(302, { Location: url }).end());
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => void http.close());
    const from = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const stays = new Ws(from);
    expect(((await once(stays, "error")) as [Error])[0].message).toBe("Unexpected server response: 302");
    const follows = new Ws(from, { followRedirects: true });
    await once(follows, "open");
    expect(follows.url).toBe(`${url}/`);
    const limited = new Ws(from, { followRedirects: true, maxRedirects: 0 });
    expect(((await once(limited, "error")) as [Error])[0].message).toBe("Maximum redirects exceeded");
  });

  test(`[WS14] ${name}: the stream gives messages, writes messages and ends with the socket`, async () => {
    const { client, peer } = await pair();
    const stream = Ws.createWebSocketStream(client, { encoding: "utf8" });
    peer.send("in");
    expect((await once(stream, "data"))[0]).toBe("in");
    stream.write("out");
    expect((await once(peer, "message"))[0]).toEqual(Buffer.from("out"));
    const closed = once(peer, "close");
    stream.end();
    expect((await closed)[0]).toBe(1005);
  });

  test(`[WS15] ${name}: a message of maxPayload passes, one byte more does not`, async () => {
    const { client, peer } = await pair({ maxPayload: 4 });
    client.send("1234");
    expect((await once(peer, "message"))[0]).toEqual(Buffer.from("1234"));
    const failed = once(peer, "error") as Promise<[Error & { code: string }]>;
    const closed = once(client, "close");
    client.send("12345");
    expect((await failed)[0].code).toBe("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
    expect((await closed)[0]).toBe(1009);
  });

  test(`[WS16] ${name}: a paused socket delivers nothing until it is resumed`, async () => {
    const { client, peer } = await pair();
    const got: string[] = [];
    client.on("message", (data) => got.push(toText(data)));
    client.pause();
    expect(client.isPaused).toBe(true);
    await new Promise((resolve) => peer.send("1", resolve));
    peer.ping();
    expect(got).toEqual([]);
    client.resume();
    expect((client._socket as Socket).isPaused()).toBe(false);
    await once(client, "message");
    expect(got).toEqual(["1"]);
  });
}
