/** A real browser opens its WebSockets on the HTTP/2 session that its page came over. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect } from "vitest";
import { createWebSocketServer } from "../../src/engine/index.ts";
import { browserTest } from "../chromium.ts";

const [key, cert] = ["key", "cert"].map((name) =>
  readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url)),
);

browserTest("[HT20] Chromium opens sockets on its page's HTTP/2 session", async (browser) => {
  const seen: string[] = [];
  let connectionCount = 0;
  const http = createSecureServer({ key: key!, cert: cert!, allowHTTP1: true }, (request, response) => {
    seen.push(`page ${request.httpVersion}`);
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>h2</title>");
  });
  http.on("stream", (_stream, headers) => {
    if (headers[":method"] === "CONNECT") seen.push(`socket ${headers[":protocol"]}`);
  });
  const engine = createWebSocketServer({ path: "/ws", message: (socket, data) => void socket.send(data) });
  engine.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    http.on("secureConnection", () => connectionCount++);
    await page.goto(`https://127.0.0.1:${port}/`);
    const countBefore = connectionCount;
    const echoes = await page.evaluate(echoTwice, `wss://127.0.0.1:${port}/ws`);
    expect(echoes).toEqual(["hello, clean 1000", "hello, clean 1000"]);
    expect(seen.filter((line) => line.startsWith("socket"))).toEqual(["socket websocket", "socket websocket"]);
    expect(seen).toContain("page 2.0");
    expect(connectionCount).toBe(countBefore);
  } finally {
    await context.close();
    await engine.close({ graceMs: 1 });
    http.close();
  }
});

/** Runs in the page: two sockets at once, each echoes and closes. */
function echoTwice(url: string): Promise<readonly string[]> {
  return Promise.all(
    [1, 2].map(
      () =>
        new Promise<string>((resolve, reject) => {
          const socket = new WebSocket(url);
          let text = "";
          socket.addEventListener("open", () => socket.send("hello"));
          socket.addEventListener("error", () => reject(new Error("no connection")));
          socket.addEventListener("message", (event) => {
            text = String(event.data);
            socket.close(1000);
          });
          socket.addEventListener("close", ({ wasClean, code }) =>
            resolve(`${text}, ${wasClean ? "clean" : "unclean"} ${code}`),
          );
        }),
    ),
  );
}
