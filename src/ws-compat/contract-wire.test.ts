import { Blob } from "node:buffer";
import { once } from "node:events";
import { createServer } from "node:http";
import { mkdtempSync } from "node:fs";
import { connect, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serveWs, wsModules } from "../../test/ws-modules.ts";
import * as ours from "./index.ts";

const key = "dGhlIHNhbXBsZSBub25jZQ==";

// As in contract.test.ts, one program on both modules: here what goes over the wire, and what makes it.
for (const [name, Ws] of wsModules) {
  async function pair(options: ours.ServerOptions = {}, clientOptions: ours.ClientOptions = {}) {
    const { server, port } = await serveWs(Ws, options);
    const client = new Ws(`ws://127.0.0.1:${port}`, clientOptions);
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    const upgraded = once(client, "upgrade") as Promise<[{ headers: Record<string, string> }]>;
    await once(client, "open");
    return { server, client, peer: (await connected)[0], headers: (await upgraded)[0].headers };
  }

  /** A connection without a client: what is written to `raw` comes to `peer`. */
  async function rawPair(options: ours.ServerOptions = {}) {
    const { server, port } = await serveWs(Ws, options);
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    const raw = connect(port, "127.0.0.1");
    onTestFinished(() => void raw.destroy());
    raw.write(headOf({}));
    await once(raw, "data");
    return { raw, peer: (await connected)[0] };
  }

  test(`[WS19] ${name}: a client offers compression, and a server takes it on demand only`, async () => {
    const without = await pair();
    expect([without.client.extensions, without.peer.extensions]).toEqual(["", ""]);
    const { client, peer } = await pair({ perMessageDeflate: true });
    expect([client.extensions, peer.extensions]).toEqual(["permessage-deflate", "permessage-deflate"]);
    for (const text of ["x".repeat(100_000), "x".repeat(2_000), "short"]) {
      client.send(text);
      expect(String((await once(peer, "message"))[0])).toBe(text);
      peer.send(text, { compress: false });
      expect(String((await once(client, "message"))[0])).toBe(text);
    }
    expect((peer._socket as Socket).bytesRead).toBeLessThan(2_000);
    expect((client._socket as Socket).bytesRead).toBeGreaterThan(100_000);
  });

  test(`[WS19] ${name}: the options of both sides are negotiated`, async () => {
    const { client, peer, headers } = await pair(
      { perMessageDeflate: { serverNoContextTakeover: true, serverMaxWindowBits: 10, concurrencyLimit: 2 } },
      { perMessageDeflate: { clientMaxWindowBits: 11, threshold: 0, zlibDeflateOptions: { level: 9, memLevel: 9 } } },
    );
    expect(new Set(headers["sec-websocket-extensions"]?.split("; "))).toEqual(
      new Set([
        "permessage-deflate",
        "client_max_window_bits=11",
        "server_no_context_takeover",
        "server_max_window_bits=10",
      ]),
    );
    client.send("y".repeat(5_000));
    expect(String((await once(peer, "message"))[0])).toBe("y".repeat(5_000));
  });

  test(`[WS19] ${name}: what inflates to more than maxPayload is 1009, and offers that cannot be taken are 400`, async () => {
    const { client, peer } = await pair({ perMessageDeflate: true, maxPayload: 1_000 });
    const failed = once(peer, "error") as Promise<[Error & { code: string }]>;
    const closed = once(client, "close");
    client.send("z".repeat(2_000));
    expect((await failed)[0].code).toBe("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
    expect((await closed)[0]).toBe(1009);
    const { port } = await serveWs(Ws, { perMessageDeflate: true });
    const answer = await answerTo(port, { "Sec-WebSocket-Extensions": "permessage-deflate; nonsense=1" });
    expect(answer).toMatchObject({ status: 400, body: "Invalid or unacceptable Sec-WebSocket-Extensions header" });
  });

  for (const [frame, code, words] of [
    ["8380 00000000", "WS_ERR_INVALID_OPCODE", "invalid opcode 3"],
    ["8080 00000000", "WS_ERR_INVALID_OPCODE", "invalid opcode 0"],
    ["0180 00000000 8180 00000000", "WS_ERR_INVALID_OPCODE", "invalid opcode 1"],
    ["0980 00000000", "WS_ERR_EXPECTED_FIN", "FIN must be set"],
    ["a180 00000000", "WS_ERR_UNEXPECTED_RSV_2_3", "RSV2 and RSV3 must be clear"],
    ["c180 00000000", "WS_ERR_UNEXPECTED_RSV_1", "RSV1 must be clear"],
    ["8101 61", "WS_ERR_EXPECTED_MASK", "MASK must be set"],
    ["89fe 007e 00000000", "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", "invalid payload length 126"],
    ["8881", "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", "invalid payload length 1"],
    ["8882 00000000 0000", "WS_ERR_INVALID_CLOSE_CODE", "invalid status code 0"],
    ["8181 00000000 ff", "WS_ERR_INVALID_UTF8", "invalid UTF-8 sequence"],
  ] as const) {
    test(`[WS7] ${name}: the frame ${frame} is ${code}, in the words of ws`, async () => {
      const { raw, peer } = await rawPair();
      const failed = once(peer, "error") as Promise<[Error & { code: string }]>;
      raw.write(Buffer.from(frame.replaceAll(" ", ""), "hex"));
      expect((await failed)[0]).toMatchObject({ code, message: `Invalid WebSocket frame: ${words}` });
    });
  }

  test(`[WS20] ${name}: a Blob is sent, and nothing overtakes it`, async () => {
    const { client, peer } = await pair();
    const got: string[] = [];
    peer.on("message", (data, isBinary) => got.push(`${toText(data)} ${isBinary}`));
    const closed = once(peer, "close");
    client.send(new Blob(["first"]));
    client.send("second");
    client.ping(new Blob(["third"]));
    client.close();
    expect(client.readyState).toBe(2);
    const [ping] = (await once(peer, "ping")) as [Buffer];
    await closed;
    expect([...got, String(ping)]).toEqual(["first true", "second false", "third"]);
  });

  test(`[WS20] ${name}: what waits for a Blob is called back with an error when the socket is gone`, async () => {
    const { client } = await pair();
    const failed = new Promise<Error | undefined>((resolve) => client.send(new Blob(["x".repeat(100_000)]), resolve));
    client.terminate();
    expect(await failed).toBeInstanceOf(Error);
  });

  test(`[WS21] ${name}: what a listener says to the last message goes out before the answer to the close`, async () => {
    const { raw, peer } = await rawPair();
    peer.on("message", (data) => peer.send(`re: ${toText(data)}`));
    const closed = Promise.all([once(peer, "close"), once(raw, "end")]);
    let answer = Buffer.alloc(0);
    raw.on("data", (chunk: Buffer) => (answer = Buffer.concat([answer, chunk])));
    raw.write(Buffer.from("818100000000618885000000000fa0627965", "hex")); // "a", then 4000 "bye"
    await closed;
    expect(answer.toString("hex")).toBe("810572653a206188050fa0627965");
  });

  test(`[WS22] ${name}: Sender.frame makes frames, and a socket's _sender takes them`, async () => {
    const options = { fin: true, opcode: 1, rsv1: false, mask: false, readOnly: true };
    expect(Buffer.concat(Ws.Sender.frame("hé", options)).toString("hex")).toBe("810368c3a9");
    const generateMask = (mask: Buffer): void => void mask.fill(1);
    const masked = Ws.Sender.frame(Buffer.from("a"), { ...options, mask: true, generateMask });
    expect(Buffer.concat(masked).toString("hex")).toBe("81810101010160");
    const { client, peer } = await pair();
    const sent = new Promise((resolve) =>
      peer._sender?.sendFrame(Ws.Sender.frame(Buffer.from("made"), options), resolve),
    );
    expect(String((await once(client, "message"))[0])).toBe("made");
    expect(await sent).toBeFalsy();
  });

  test(`[WS22] ${name}: a Receiver tells what it is written`, async () => {
    const receiver = new Ws.Receiver({ isServer: false, maxPayload: 4, allowSynchronousEvents: false });
    const got: unknown[] = [];
    receiver.on("message", (data, isBinary) => got.push([String(data), isBinary]));
    receiver.on("ping", (data) => got.push(["ping", String(data)]));
    receiver.on("conclude", (code, reason) => got.push([code, String(reason)]));
    receiver.write(Buffer.from("8101618900", "hex"));
    receiver.write(Buffer.from("820162880403e86f6b", "hex"));
    await once(receiver, "finish");
    expect(got).toEqual([
      ["a", false],
      ["ping", ""],
      ["b", true],
      [1000, "ok"],
    ]);
    const failing = new Ws.Receiver({ isServer: false, maxPayload: 4 });
    const failed = once(failing, "error") as Promise<[Error & { code: string }]>;
    failing.write(Buffer.from("8205", "hex"));
    expect((await failed)[0].code).toBe("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
  });

  test(`[WS22] ${name}: PerMessageDeflate agrees, compresses and inflates, by the message and by the piece`, async () => {
    const client = new Ws.PerMessageDeflate({ isServer: false, serverMaxWindowBits: 10 });
    const server = new Ws.PerMessageDeflate({ isServer: true, clientNoContextTakeover: true });
    const header = Ws.extension.format({ "permessage-deflate": client.offer() });
    expect(header).toBe("permessage-deflate; server_max_window_bits=10; client_max_window_bits");
    server.accept(Ws.extension.parse(header)["permessage-deflate"] ?? []);
    expect(server.params).toEqual({ server_max_window_bits: 10, client_no_context_takeover: true });
    client.accept(Ws.extension.parse(Ws.extension.format({ p: server.params ?? {} }))["p"] ?? []);
    const text = "again ".repeat(50);
    for (const pieces of [[text], [text, text], [text]]) {
      let whole = "";
      for (const [index, piece] of pieces.entries()) {
        const isLast = index === pieces.length - 1;
        const compressed = await new Promise<Buffer>((resolve) =>
          client.compress(Buffer.from(piece), isLast, (_error, data) => resolve(data ?? Buffer.alloc(0))),
        );
        expect(compressed.length).toBeLessThan(40);
        whole += await new Promise<string>((resolve) =>
          server.decompress(compressed, isLast, (_error, data) => resolve(String(data))),
        );
      }
      expect(whole).toBe(pieces.join(""));
    }
  });

  test(`[WS22] ${name}: extension and subprotocol read what RFC 6455 allows, and throw for the rest`, () => {
    expect({ ...Ws.extension.parse('a; b="c\\d"; b, a') }).toEqual({ a: [{ b: ["cd", true] }, {}] });
    expect([...Ws.subprotocol.parse("a , b")]).toEqual(["a", "b"]);
    for (const bad of ["", "a,", " a", "a b", "a,,b", "a ", 'a; b=""', "a; b = c", 'a;b="c', "a;"]) {
      expect(() => Ws.extension.parse(bad), bad).toThrow(SyntaxError);
    }
    for (const bad of ["", "a,", "a,a", "a@b"]) expect(() => Ws.subprotocol.parse(bad), bad).toThrow(SyntaxError);
  });

  test(`[WS23] ${name}: createConnection, generateMask and finishRequest are asked`, async () => {
    const { server, port } = await serveWs(Ws);
    const connected = once(server, "connection") as Promise<[ours.WebSocket]>;
    const asked: unknown[] = [];
    const client = new Ws("ws://elsewhere.invalid:81/x", {
      createConnection: (({ host, port: wanted }: { host: string; port: unknown }) => {
        asked.push(host, String(wanted));
        return connect(port, "127.0.0.1");
      }) as never, // node:net's types have one overload for each shape
      generateMask: (mask) => void mask.fill(7),
      finishRequest: (request, socket) => {
        asked.push(request === (socket as ours.WebSocket)._req);
        request.end();
      },
    });
    await once(client, "open");
    const [peer] = await connected;
    expect(asked).toEqual(["elsewhere.invalid", "81", true]);
    const seen = once(peer._socket as Socket, "data") as Promise<[Buffer]>;
    client.send("\0\0");
    expect((await seen)[0].subarray(2, 6).toString("hex")).toBe("07070707");
  });

  test(`[WS23] ${name}: ws+unix: connects to a socket in the file system`, async () => {
    const http = createServer();
    const path = join(mkdtempSync(join(tmpdir(), "ws-")), "s");
    const server = new Ws.WebSocketServer({ server: http });
    onTestFinished(() => void http.close());
    http.listen(path);
    await once(http, "listening");
    const connected = once(server, "connection") as Promise<[ours.WebSocket, { url: string }]>;
    const client = new Ws(`ws+unix:${path}:/there?x=1`);
    await once(client, "open");
    expect((await connected)[1].url).toBe("/there?x=1");
    client.terminate();
  });

  for (const [what, change, status, body] of [
    ["a POST", { method: "POST" }, 405, "Invalid HTTP method"],
    ["another Upgrade", { Upgrade: "other" }, 400, "Invalid Upgrade header"],
    ["no key", { "Sec-WebSocket-Key": "x" }, 400, "Missing or invalid Sec-WebSocket-Key header"],
    ["version 7", { "Sec-WebSocket-Version": "7" }, 400, "Missing or invalid Sec-WebSocket-Version header"],
    ["a faulty subprotocol", { "Sec-WebSocket-Protocol": "a@b" }, 400, "Invalid Sec-WebSocket-Protocol header"],
  ] as const) {
    test(`[WS24] ${name}: ${what} is refused with ${status} and the words of ws`, async () => {
      const { port } = await serveWs(Ws);
      expect(await answerTo(port, change)).toMatchObject({ status, body });
    });
  }

  test(`[WS24] ${name}: version 8 is taken, and verifyClient is told its origin`, async () => {
    const told: unknown[] = [];
    const { port } = await serveWs(Ws, { verifyClient: (info: ours.VerifyInfo) => told.push(info.origin) > 0 });
    const client = new Ws(`ws://127.0.0.1:${port}`, { protocolVersion: 8, origin: "https://a.example" });
    await once(client, "open");
    expect(told).toEqual(["https://a.example"]);
  });

  test(`[WS24] ${name}: a socket is upgraded once`, async () => {
    const http = createServer();
    const server = new Ws.WebSocketServer({ noServer: true });
    onTestFinished(() => void http.close());
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const client = new Ws(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    const [request, socket, head] = (await once(http, "upgrade")) as Parameters<typeof server.handleUpgrade>;
    const upgrade = (): void => server.handleUpgrade(request, socket, head, () => {});
    upgrade();
    expect(upgrade).toThrow("called more than once with the same socket");
    await once(client, "open");
    client.terminate();
  });
}

function toText(data: ours.RawData): string {
  return Buffer.from(data as Buffer).toString();
}

function headOf({ method = "GET", ...changes }: Readonly<Record<string, string>>): string {
  const fields = {
    Host: "x",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": key,
    ...changes,
  };
  const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}\r\n`);
  return `${method} / HTTP/1.1\r\n${lines.join("")}\r\n`;
}

async function answerTo(port: number, changes: Readonly<Record<string, string>>) {
  const raw = connect(port, "127.0.0.1");
  raw.write(headOf(changes));
  let text = "";
  for await (const chunk of raw) text += String(chunk);
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), body };
}
