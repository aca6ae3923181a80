import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { accept, CloseEvent, createWebSocketServer, WebSocket } from "./index.ts";
import { convertCloseCode, convertProtocols, parseData } from "./web-socket-arguments.ts";

const closed = "ws://127.0.0.1:1/";

afterEach(() => {
  Reflect.deleteProperty(globalThis, "location");
});

/** A value that says when it is converted. */
function told(order: string[], name: string, value: string): string {
  return { toString: () => (order.push(name), value) } as unknown as string;
}

test("[WW1] with a location URLs may be relative, and Origin is its origin", async () => {
  const origins: (string | undefined)[] = [];
  const server = createWebSocketServer({
    origins: "any",
    upgrade({ origin }) {
      origins.push(origin);
      return accept();
    },
  });
  const { port } = await server.listen({ port: 0 });
  expect(() => new WebSocket("/chat?a")).toThrow("it is no absolute URL");
  Object.defineProperty(globalThis, "location", {
    value: new URL(`http://127.0.0.1:${port}/page/`),
    configurable: true,
  });
  const socket = new WebSocket("chat?a");
  expect(socket.url).toBe(`ws://127.0.0.1:${port}/page/chat?a`);
  await once(socket, "open");
  await once(new WebSocket("/", [], { origin: "https://a.example" }), "open");
  expect(origins).toEqual([`http://127.0.0.1:${port}`, "https://a.example"]);
  expect(() => new WebSocket("http://")).toThrow("it is no URL");
  await server.close({ graceMs: 1 });
});

test("[WW2] a sequence is anything with an iterator, everything else one name", () => {
  const iterable = Object.assign(() => {}, { [Symbol.iterator]: () => ["a", 1].values() });
  const noIterator = { [Symbol.iterator]: null, toString: () => "b" };
  const values = [iterable, new Set(["c"]), new String("de"), noIterator, null, "f"] as string[];
  expect(values.map(convertProtocols)).toEqual([["a", "1"], ["c"], ["d", "e"], ["b"], ["null"], ["f"]]);
});

test("[WW3] a wrong receiver is a TypeError before any argument is converted", () => {
  const order: string[] = [];
  const receiver = { readyState: 1 };
  const value = told(order, "converted", "blob");
  const { close, send } = WebSocket.prototype;
  expect(() => Reflect.apply(close, receiver, [7])).toThrow(TypeError);
  expect(() => Reflect.apply(send, receiver, [value])).toThrow(TypeError);
  for (const name of ["binaryType", "onopen", "onclose", "onerror", "onmessage"]) {
    expect(() => Reflect.set(WebSocket.prototype, name, value, receiver), name).toThrow(TypeError);
  }
  expect(order).toEqual([]);
});

test("[WW3] all arguments are converted, in order, before one is judged", async () => {
  const order: string[] = [];
  expect(() => new WebSocket(told(order, "url", "x"), told(order, "protocol", "a b"))).toThrow("absolute URL");
  const socket = new WebSocket(closed);
  const code = { valueOf: () => (order.push("code"), 7) } as unknown as number;
  expect(() => socket.close(code, told(order, "reason", "é".repeat(62)))).toThrow("code 7");
  expect(order).toEqual(["url", "protocol", "code", "reason"]);
  socket.close();
  await once(socket, "close");
});

test("[WW3] the class is whole where the program has changed its prototype", async () => {
  class Lying extends WebSocket {
    override get readyState(): 3 {
      return 3;
    }
  }
  const socket = new Lying(closed);
  expect(() => socket.send("x")).toThrow("not open yet");
  await once(socket, "close");
});

test("[WW4] shared and resizable memory is a TypeError, alone and in a view", () => {
  const resizable = Reflect.construct(ArrayBuffer, [1, { maxByteLength: 2 }]) as ArrayBuffer;
  const shared = new SharedArrayBuffer(1);
  for (const data of [resizable, new Uint8Array(resizable), new DataView(resizable), new Uint8Array(shared)]) {
    expect(() => parseData(data)).toThrow(TypeError);
  }
  expect(parseData(shared as unknown as ArrayBuffer)).toBe("[object SharedArrayBuffer]"); // it is no BufferSource
  expect(parseData(Uint16Array.of(1, 2).subarray(1))).toEqual(Uint8Array.of(2, 0));
});

test.each([
  [999.5, 1000],
  [1000.4, 1000],
  [1000.5, 1000],
  [1001.5, 1002],
  [2999.5, 3000],
  [4999.5, 5000],
  [-1, 0],
  [NaN, 0],
  [70_000, 65_535],
  [Infinity, 65_535],
])("[WW7] code %d is taken for %d", (given, code) => {
  expect(convertCloseCode(given)).toBe(code);
});

test("[WW7] close() takes a fraction as the nearest code", async () => {
  const server = createWebSocketServer();
  const { url } = await server.listen({ port: 0 });
  const socket = new WebSocket(url);
  await once(socket, "open");
  for (const code of [999.4, 2999.4, 4999.5]) expect(() => socket.close(code)).toThrow(DOMException);
  socket.close(2999.5);
  const [{ code }] = (await once(socket, "close")) as [CloseEvent];
  expect(code).toBe(3000);
  await server.close({ graceMs: 1 });
});

test("[WW10] the members of a CloseEvent may be null, and nothing else that is no object", () => {
  expect(new CloseEvent("close", null)).toMatchObject({ wasClean: false, code: 0, reason: "" });
  expect(() => Reflect.construct(CloseEvent, ["close", 5])).toThrow(TypeError);
  expect(CloseEvent).toHaveLength(1);
});

test("[WW10] events have the tags of their classes", async () => {
  const server = createWebSocketServer({
    open(socket) {
      socket.send("hello");
      socket.close();
    },
  });
  const { url } = await server.listen({ port: 0 });
  const tags: string[] = [];
  for (const address of [url, closed]) {
    const socket = new WebSocket(address);
    for (const type of ["open", "message", "error", "close"]) {
      socket.addEventListener(type, (event: Event) => tags.push(`${type} ${Object.prototype.toString.call(event)}`));
    }
    await once(socket, "close");
  }
  expect(tags).toEqual([
    "open [object Event]",
    "message [object MessageEvent]",
    "close [object CloseEvent]",
    "error [object Event]",
    "close [object CloseEvent]",
  ]);
  await server.close({ graceMs: 1 });
});
