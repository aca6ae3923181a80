import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { accept, CloseEvent, type CloseInfo, createWebSocketServer, type ServerOptions, WebSocket } from "./index.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(options: ServerOptions = {}): Promise<string> {
  const server = createWebSocketServer({
    protocols: ["a", "b"],
    message: (socket, data) => void socket.send(data),
    ...options,
  });
  cleanups.push(() => server.close({ graceMs: 1 }));
  return (await server.listen({ port: 0 })).url;
}

async function openSocket(options?: ServerOptions, protocols?: string[]): Promise<WebSocket> {
  const socket = new WebSocket(await serve(options), protocols);
  await once(socket, "open");
  return socket;
}

async function nextClose(socket: WebSocket): Promise<CloseEvent> {
  const [event] = (await once(socket, "close")) as [CloseEvent];
  return event;
}

async function nextData(socket: WebSocket): Promise<unknown> {
  const [event] = (await once(socket, "message")) as [MessageEvent];
  return event.data;
}

function expectDomException(name: string, run: () => unknown): void {
  expect(run).toThrow(expect.objectContaining({ name, constructor: DOMException }));
}

test.each(["/x", "ws://foo bar.com/", "ftp://h/", "mailto:a@b", "about:blank", "ws://h/#", "ws://h/#x", "#x"])(
  "[WW1] the URL %s is a SyntaxError",
  (url) => {
    expectDomException("SyntaxError", () => new WebSocket(url));
  },
);

test("[WW1] http and https stand for ws and wss", async () => {
  const sockets = [new WebSocket("http://127.0.0.1:1/a"), new WebSocket("https://127.0.0.1:1")];
  expect(sockets.map((socket) => socket.url)).toEqual(["ws://127.0.0.1:1/a", "wss://127.0.0.1:1/"]);
  await Promise.all(sockets.map(nextClose));
});

test.each([[""], ["a b"], ["é"], [["a", "A"]], [["a", ""]], [["a", "a"]], [{} as string]])(
  "[WW2] the subprotocols %j are a SyntaxError",
  (protocols) => {
    expectDomException("SyntaxError", () => new WebSocket("ws://127.0.0.1:1", protocols));
  },
);

test("[WW2] the subprotocol agreed on is told at open, and extensions are empty", async () => {
  const socket = new WebSocket(await serve(), ["x", "b"]);
  expect([socket.protocol, socket.extensions, socket.readyState]).toEqual(["", "", 0]);
  await once(socket, "open");
  expect([socket.protocol, socket.extensions, socket.readyState]).toEqual(["b", "", 1]);
});

test("[WW3] the class has the shape of the IDL", () => {
  for (const holder of [WebSocket, WebSocket.prototype]) {
    expect([holder.CONNECTING, holder.OPEN, holder.CLOSING, holder.CLOSED]).toEqual([0, 1, 2, 3]);
    const constant = Object.getOwnPropertyDescriptor(holder, "OPEN");
    expect(constant).toEqual({ value: 1, enumerable: true, writable: false, configurable: false });
  }
  expect(Object.keys(WebSocket.prototype).toSorted()).toEqual(
    "CLOSED CLOSING CONNECTING OPEN binaryType bufferedAmount close extensions onclose onerror onmessage onopen protocol readyState send url".split(
      " ",
    ),
  );
  expect([WebSocket.length, WebSocket.prototype.send.length, WebSocket.prototype.close.length]).toEqual([1, 1, 0]);
  expect(Object.prototype.toString.call(WebSocket.prototype)).toBe("[object WebSocket]");
  for (const name of ["url", "readyState", "bufferedAmount", "extensions", "protocol", "binaryType", "onopen"]) {
    expect(() => Reflect.get(WebSocket.prototype, name) as unknown, name).toThrow(TypeError);
  }
  expect(() => Reflect.construct(WebSocket, [])).toThrow(TypeError);
});

test("[WW4] text, bytes, Blobs and other values are sent as the IDL converts them, in order", async () => {
  const socket = await openSocket();
  socket.binaryType = "arraybuffer";
  const got: unknown[] = [];
  const sent = [
    new Blob(["blob"]),
    "behind",
    Uint8Array.of(1, 2, 3).subarray(1),
    new DataView(new ArrayBuffer(1)),
    null,
  ];
  const done = new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      got.push(typeof data === "string" ? data : [...new Uint8Array(data as ArrayBuffer)]);
      if (got.length === sent.length + 1) resolve();
    };
  });
  for (const data of sent) socket.send(data as string);
  socket.send("\ud800");
  await done;
  expect(got).toEqual([[...Buffer.from("blob")], "behind", [2, 3], [0], "null", "\ufffd"]);
  expect(() => Reflect.apply(socket.send, socket, [])).toThrow(TypeError);
});

test("[WW4] a Blob that was sent before close() arrives; shared memory is refused", async () => {
  const got: string[] = [];
  const socket = await openSocket({ message: (_socket, data) => void got.push(Buffer.from(data).toString()) });
  expect(() => socket.send(new Uint8Array(new SharedArrayBuffer(1)))).toThrow(TypeError);
  socket.send(new Blob(["blob"]));
  socket.close(3000);
  expect(socket.bufferedAmount).toBe(4);
  const { code } = await nextClose(socket);
  expect([code, got, socket.bufferedAmount]).toEqual([3000, ["blob"], 0]);
});

test("[WW4] send before open is an InvalidStateError", async () => {
  const socket = new WebSocket(await serve());
  expectDomException("InvalidStateError", () => socket.send("x"));
  await once(socket, "open");
});

test("[WW5] binary messages are Blobs unless binaryType says arraybuffer; other values are ignored", async () => {
  const socket = await openSocket();
  socket.binaryType = "nodebuffer" as "blob";
  expect(socket.binaryType).toBe("blob");
  socket.send(Uint8Array.of(7));
  expect(await nextData(socket)).toBeInstanceOf(Blob);
  socket.binaryType = "arraybuffer";
  socket.send(Uint8Array.of(7));
  expect(new Uint8Array((await nextData(socket)) as ArrayBuffer)).toEqual(Uint8Array.of(7));
});

test("[WW6] bufferedAmount counts UTF-8 bytes, holds within a task, and grows for good after close", async () => {
  const socket = await openSocket();
  socket.send("¥".repeat(100_000));
  expect(socket.bufferedAmount).toBe(200_000);
  await nextData(socket);
  expect(socket.bufferedAmount).toBe(0);
  socket.close();
  socket.send(new Blob(["12"]));
  socket.send("¥");
  expect(socket.bufferedAmount).toBe(4);
  await nextClose(socket);
  socket.send("1");
  expect(socket.bufferedAmount).toBe(5);
});

test.each([0, 500, 999, 1001, 2999, 5000, NaN, null, 2 ** 16 + 1000, "reason"])(
  "[WW7] close(%s) is an InvalidAccessError",
  async (code) => {
    const socket = await openSocket();
    expectDomException("InvalidAccessError", () => socket.close(code as number));
    expect(socket.readyState).toBe(1);
  },
);

test("[WW7] a reason of 123 bytes is sent, one of 124 is a SyntaxError", async () => {
  let tell: (info: CloseInfo) => void = () => {};
  const told = new Promise<CloseInfo>((resolve) => {
    tell = resolve;
  });
  const socket = await openSocket({ close: (_socket, info) => tell(info) });
  expectDomException("SyntaxError", () => socket.close(1000, "é".repeat(62)));
  socket.close(3000, `${"é".repeat(60)}\ud800`);
  expect(socket.readyState).toBe(2);
  const { code, wasClean } = await nextClose(socket);
  expect([code, wasClean, socket.readyState]).toEqual([3000, true, 3]);
  expect(await told).toMatchObject({ code: 3000, reason: `${"é".repeat(60)}\ufffd` });
});

test("[WW7] close() without a code is 1005 on both sides", async () => {
  let tell: (code: number) => void = () => {};
  const told = new Promise<number>((resolve) => {
    tell = resolve;
  });
  const socket = await openSocket({ close: (_socket, info) => tell(info.code) });
  socket.close();
  const { code, reason, wasClean } = await nextClose(socket);
  expect([code, reason, wasClean, await told]).toEqual([1005, "", true, 1005]);
});

test("[WW8] close while connecting fails the connection: error, then close with 1006, as tasks", async () => {
  const socket = new WebSocket(await serve());
  const types: string[] = [];
  for (const type of ["open", "error", "close"]) socket.addEventListener(type, () => types.push(type));
  socket.close();
  expect([socket.readyState, types]).toEqual([2, []]);
  const { code, wasClean } = await nextClose(socket);
  expect([code, wasClean, socket.readyState, types]).toEqual([1006, false, 3, ["error", "close"]]);
});

test("[WW8] a refusal and a blocked port are an error with its cause, then close with 1006", async () => {
  const refusing = (await serve({ path: "/only" })).replace(/\/only$/, "/other");
  for (const url of [refusing, "ws://127.0.0.1:25"]) {
    const socket = new WebSocket(url);
    const failed = once(socket, "error") as Promise<[{ message: string; error: Error }]>;
    const closed = nextClose(socket);
    const [{ message, error }] = await failed;
    expect(error).toBeInstanceOf(Error);
    expect(message).toMatch(/^Cannot connect: /);
    expect((await closed).code).toBe(1006);
  }
});

test("[WW9] a handler attribute keeps its turn when replaced, loses it with null, and takes objects only", async () => {
  const socket = new WebSocket(await serve());
  const order: string[] = [];
  socket.onopen = () => order.push("replaced");
  socket.addEventListener("open", () => order.push("listener"));
  socket.onopen = function (event) {
    order.push(`handler ${this === socket} ${event.type}`);
  };
  socket.onclose = () => {};
  Reflect.set(socket, "onclose", 2);
  expect(socket.onclose).toBe(null);
  await once(socket, "open");
  expect(order).toEqual(["handler true open", "listener"]);
  const { onopen } = socket;
  socket.onopen = null;
  socket.onopen = onopen;
  socket.dispatchEvent(new Event("open"));
  expect(order.slice(2)).toEqual(["listener", "handler true open"]);
  Reflect.set(socket, "onopen", {}); // an object that cannot be called is kept, and not called
  socket.dispatchEvent(new Event("open"));
  expect([socket.onopen, order.length]).toEqual([{}, 5]);
});

test("[WW9] each message is a task of its own, with the origin of the URL, and those after close() are not told", async () => {
  const socket = await openSocket({
    open: (server) => {
      for (const text of ["1", "2", "3"]) server.send(text);
      server.close(4001, "bye");
    },
  });
  const closed = nextClose(socket);
  const [first] = (await once(socket, "message")) as [MessageEvent];
  const second = await nextData(socket); // listens only once the first was told
  expect([first.data, first.origin, second, socket.readyState]).toEqual(["1", new URL(socket.url).origin, "2", 1]);
  socket.onmessage = () => expect.unreachable("told after close()");
  socket.close();
  expect((await closed).code).toBe(4001);
});

test("[WW10] a CloseEvent takes its members as the IDL converts them", () => {
  const event = new CloseEvent("close", { wasClean: true, code: 65_536 + 7, reason: "\ud800" });
  expect([event.type, event.wasClean, event.code, event.reason]).toEqual(["close", true, 7, "\ufffd"]);
  expect(new CloseEvent("x")).toMatchObject({ wasClean: false, code: 0, reason: "" });
  expect(() => Reflect.construct(CloseEvent, [])).toThrow(TypeError);
});

test("[WW11] headers are the third argument's, and a user in the URL becomes Authorization", async () => {
  const seen: unknown[] = [];
  const url = await serve({
    upgrade({ headers }) {
      seen.push(headers["x-own"], headers["authorization"]);
      return accept();
    },
  });
  const socket = new WebSocket(url.replace("ws://", "ws://us%20er:p%C3%BC@"), [], { headers: { "X-Own": "1" } });
  await once(socket, "open");
  const credentials = Buffer.from("us er:pü").toString("base64");
  expect(seen).toEqual(["1", `Basic ${credentials}`]);
});

test("[WW11] wss uses the TLS options; a stray argument does no harm", async () => {
  const [key, cert] = ["key", "cert"].map((name) =>
    readFileSync(new URL(`../../test/fixtures/tls/${name}.pem`, import.meta.url)),
  ) as [Buffer, Buffer];
  const server = createWebSocketServer({});
  cleanups.push(() => server.close({ graceMs: 1 }));
  const { url } = await server.listen({ port: 0, tls: { key, cert } });
  const socket = new WebSocket(url, [], { tls: { ca: cert } });
  await once(socket, "open");
  expect(new URL(socket.url).protocol).toBe("wss:");
  for (const stray of ["stray", null]) {
    const distrusting = Reflect.construct(WebSocket, [url, [], stray]) as WebSocket;
    expect((await nextClose(distrusting)).code).toBe(1006);
  }
});
