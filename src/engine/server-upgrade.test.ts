import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { FakeWheelClock } from "../../test/fake-wheel-clock.ts";
import { rawFrame, rawHandshake, RawPeer, sampleAccept } from "../../test/raw-peer.ts";
import { ask, cleanups, createEngine, open, serveHttp } from "../../test/server-setup.ts";
import { accept, type Accept, createWebSocketServer, reject, TimerWheel, type UpgradeRequest } from "./index.ts";

// ---- deciding

test("[EN6] upgrade sees the request and gives the connection its data, subprotocol and headers", async () => {
  let seen: UpgradeRequest | undefined;
  const engine = createWebSocketServer({
    protocols: ["v2", "v1"],
    upgrade(request) {
      seen = request;
      return accept({
        data: { name: "Ada" },
        protocol: "v1",
        headers: { "Set-Cookie": ["a=1", "b=2"], "X-Node": "7" },
      });
    },
    open: (socket) =>
      void socket.send(`${socket.data.name.toUpperCase()} ${socket.protocol} ${socket.id} ${socket.remoteAddress}`),
  });
  cleanups.push(() => engine.close({ graceMs: 1 }));
  const { port } = await engine.listen({ port: 0 });
  const peer = await RawPeer.connect(port);
  peer.write(
    rawHandshake({
      line: "GET /rooms/4?x=%C3%BC&y HTTP/1.1",
      headers: { "Sec-WebSocket-Protocol": "v1, v2", Cookie: "c=3", Origin: "http://localhost" },
    }),
  );
  const head = await peer.readHead();
  expect(head).toContain(
    `Sec-WebSocket-Accept: ${sampleAccept}\r\nSec-WebSocket-Protocol: v1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Node: 7\r\n`,
  );
  expect(await peer.readText()).toBe("ADA v1 1 127.0.0.1");
  expect(seen).toMatchObject({
    path: "/rooms/4",
    host: "localhost",
    origin: "http://localhost",
    protocols: ["v1", "v2"],
    remoteAddress: "127.0.0.1",
    isSecure: false,
  });
  expect([seen?.query.get("x"), seen?.query.has("y"), seen?.headers.cookie]).toEqual(["ü", true, "c=3"]);
});

test("[EN6] upgrade may take its time, and may reject with status, body and headers", async () => {
  const engine = createEngine<string>({
    upgrade: async ({ query }) => {
      await turn();
      return query.has("token")
        ? accept({ data: "Ada" })
        : reject(401, "Sign in first", { "WWW-Authenticate": "Bearer" });
    },
    open: (socket) => void socket.send(socket.data),
  });
  const { port } = await engine.listen({ port: 0 });
  expect(await (await open(port, { line: "GET /?token=1 HTTP/1.1" })).readText()).toBe("Ada");
  const answer = await ask(port, rawHandshake());
  expect(answer).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
  expect(answer).toContain("WWW-Authenticate: Bearer\r\n");
  expect(answer.split("\r\n\r\n")[1]).toBe("Sign in first\n");
});

const failing: readonly (readonly [name: string, upgrade: () => never])[] = [
  [
    "throws",
    () => {
      throw new Error("boom");
    },
  ],
  ["rejects", (() => Promise.reject(new Error("boom"))) as never],
  ["returns nothing", (() => undefined) as never],
  ["returns something else", (() => ({ data: 1 })) as never],
  ["resolves to nothing", (async () => undefined) as never],
  ["selects a subprotocol that was not offered", (() => accept({ data: undefined, protocol: "x" })) as never],
  [
    "answers a header with a line break",
    (() => accept({ data: undefined, headers: { "X-A": "1\r\nX-B: 2" } })) as never,
  ],
  ["rejects with a line break in a header", (() => reject(401, "", { "X-A": "1\nX-B: 2" })) as never],
  ["rejects with status 101", (() => reject(101)) as never],
  ["rejects with status 200", (() => reject(200)) as never],
];

for (const [name, upgrade] of failing) {
  test(`[EN7] an upgrade that ${name} is told to error and answered with 500`, async () => {
    const errors: unknown[] = [];
    const { port } = await createEngine({ upgrade, error: (error) => void errors.push(error) }).listen({ port: 0 });
    const answer = await ask(port, rawHandshake());
    expect(answer).toMatch(/^HTTP\/1\.1 500 /);
    expect(answer).not.toContain("boom");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(Error);
  });
}

test("[EN8] an upgrade that does not decide is answered with 503 at the deadline, and its late word counts for nothing", async () => {
  const clock = new FakeWheelClock();
  let decide: (answer: Accept<undefined>) => void = () => {};
  let isAsked: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const engine = createEngine({
    timers: new TimerWheel({ clock }),
    upgrade: () =>
      new Promise<Accept<undefined>>((resolve) => {
        decide = resolve;
        isAsked();
      }),
  });
  const { port } = await engine.listen({ port: 0 });
  const answer = ask(port, rawHandshake());
  await asked;
  clock.advance(9_900);
  expect(engine.sockets.size).toBe(0);
  clock.advance(300);
  expect(await answer).toMatch(/^HTTP\/1\.1 503 .*The decision took too long\n$/s);
  decide(accept());
  await turn();
  expect(engine.sockets.size).toBe(0);
});

for (const leave of ["end", "resetAndDestroy"] as const) {
  test(`[EN9] a peer that leaves (${leave}) while upgrade decides is never opened`, async () => {
    let openedCount = 0;
    let decide: () => void = () => {};
    const transports: Socket[] = [];
    const port = await serveHttp((http) => {
      const engine = createEngine({
        upgrade: () =>
          new Promise<Accept<undefined>>((resolve) => {
            decide = () => resolve(accept());
          }),
        open: () => void openedCount++,
      });
      engine.attach(http);
      http.on("connection", (socket) => transports.push(socket));
      http.on("upgrade", () => peer.socket[leave]());
    });
    const peer = await RawPeer.connect(port);
    peer.write(rawHandshake());
    while (transports[0]?.destroyed !== true) await turn();
    decide();
    await turn();
    expect(openedCount).toBe(0);
  });
}

test("[EN10] maxConnections counts connections and undecided handshakes; one more gets 503 and Retry-After", async () => {
  const decisions: (() => void)[] = [];
  let isAsked: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const engine = createEngine({
    maxConnections: 2,
    upgrade: ({ query }) =>
      query.has("slow")
        ? new Promise<Accept<undefined>>((resolve) => {
            decisions.push(() => resolve(accept()));
            isAsked();
          })
        : accept(),
  });
  const { port } = await engine.listen({ port: 0 });
  await open(port);
  const slow = await RawPeer.connect(port);
  slow.write(rawHandshake({ line: "GET /?slow HTTP/1.1" }));
  await asked;
  expect(await ask(port, rawHandshake())).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 5\r\n.*Too many connections\n$/s);
  decisions[0]?.();
  expect(await slow.readHead()).toMatch(/^HTTP\/1\.1 101 /);
  expect(engine.sockets.size).toBe(2);
  expect(await ask(port, rawHandshake())).toMatch(/^HTTP\/1\.1 503 /);
  slow.destroy();
  while (engine.sockets.size === 2) await turn();
  await open(port);
});

test("[EN9, EN10] a peer that left while upgrade decided makes room for another, and leaves no timer behind", async () => {
  const timers = new TimerWheel({ clock: new FakeWheelClock() });
  const decisions: (() => void)[] = [];
  const engine = createEngine({
    timers,
    maxConnections: 1,
    upgrade: () => new Promise<Accept<undefined>>((resolve) => decisions.push(() => resolve(accept()))),
  });
  const port = await serveHttp((http) => engine.attach(http));
  const leaving = await RawPeer.connect(port);
  leaving.write(rawHandshake());
  while (decisions.length === 0) await turn();
  leaving.socket.resetAndDestroy();
  while (timers.pendingCount > 0) await turn();
  const staying = await RawPeer.connect(port);
  cleanups.push(() => staying.destroy());
  staying.write(rawHandshake());
  while (decisions.length === 1) await turn();
  decisions[1]?.();
  expect(await staying.readHead()).toMatch(/^HTTP\/1\.1 101 /);
  expect([engine.sockets.size, timers.pendingCount]).toEqual([1, 1]);
});

test("[EN12] the server's first subprotocol that the client offers is chosen; with none in common the header is left out", async () => {
  const { port } = await createEngine({
    protocols: ["b", "a"],
    open: (socket) => void socket.send(`<${socket.protocol}>`),
  }).listen({ port: 0 });
  const cases = [
    ["a, b", "<b>"],
    ["x, a", "<a>"],
    ["x", "<>"],
    [undefined, "<>"],
  ] as const;
  for (const [offer, chosen] of cases) {
    const peer = await RawPeer.connect(port);
    cleanups.push(() => peer.destroy());
    peer.write(rawHandshake({ headers: { "Sec-WebSocket-Protocol": offer } }));
    expect((await peer.readHead()).includes("Sec-WebSocket-Protocol")).toBe(chosen !== "<>");
    expect(await peer.readText()).toBe(chosen);
  }
});

for (const kind of ["at once", "later"]) {
  test(`[EN13] frames glued to the request are delivered after open when upgrade decides ${kind}`, async () => {
    const seen: unknown[] = [];
    const engine = createEngine({
      upgrade: () => (kind === "later" ? turn().then(() => accept()) : accept()),
      open: () => void seen.push("open"),
      message(socket, data) {
        seen.push(data);
        socket.send(data);
      },
    });
    const { port } = await engine.listen({ port: 0 });
    const peer = await RawPeer.connect(port);
    cleanups.push(() => peer.destroy());
    peer.write(Buffer.concat([Buffer.from(rawHandshake()), rawFrame(1, "one"), rawFrame(1, "two").subarray(0, 4)]));
    expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 101 /);
    expect(await peer.readText()).toBe("one");
    peer.write(rawFrame(1, "two").subarray(4));
    expect(await peer.readText()).toBe("two");
    expect(seen).toEqual(["open", "one", "two"]);
  });
}
