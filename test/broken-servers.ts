/** Servers that are broken in one way each, and what is said of them. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach } from "vitest";
import type { InspectOptions } from "../src/cli/inspect-course.ts";
import { inspect } from "../src/cli/inspect.ts";
import type { Inspection } from "../src/cli/inspection.ts";
import { acceptValue, createWebSocketServer, type ServerOptions } from "../src/engine/index.ts";

export const cert = readFileSync(new URL("./fixtures/tls/cert.pem", import.meta.url));
export const key = readFileSync(new URL("./fixtures/tls/key.pem", import.meta.url));
export const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Listens, and tells the port. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Answers a request's head as told. */
export function answerHead(socket: Socket, answer: (key: string) => string | Uint8Array | undefined): void {
  let head = "";
  socket
    .on("error", () => undefined)
    .on("data", function receive(chunk: Buffer) {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", receive).on("data", () => undefined);
      const reply = answer(/Sec-WebSocket-Key: (\S+)/.exec(head)?.[1] ?? "");
      if (reply === undefined) socket.destroy();
      else socket.write(typeof reply === "string" ? Buffer.from(reply, "latin1") : reply);
    });
}

/** A server that gives one answer to everybody; undefined cuts the line. */
export async function broken(answer: (key: string) => string | undefined): Promise<URL> {
  const port = await listen(createServer((socket) => answerHead(socket, answer)));
  return new URL(`ws://127.0.0.1:${port}/ws`);
}

export function refusal(status: string, headers: readonly string[] = [], body = ""): () => string {
  return () => [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${body.length}`, "", body].join("\r\n");
}

export function switching(key: string, headers: readonly string[] = [], rest = ""): string {
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  return [...lines, `Sec-WebSocket-Accept: ${acceptValue(key)}`, ...headers, "", rest].join("\r\n");
}

export async function working(options: ServerOptions & Parameters<typeof createWebSocketServer>[0] = {}): Promise<URL> {
  const server = createWebSocketServer(options);
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  cleanUps.push(() => server.close({ graceMs: 100 }));
  return new URL("/ws", url.replace(/^http/, "ws"));
}

export async function findings(
  url: URL,
  options: Partial<InspectOptions> = {},
): Promise<readonly (readonly string[])[]> {
  const { findings: found } = await inspect(url, { listenMs: 50, ...options });
  return found.map(({ code, problem, remedy }) => [code, problem, remedy]);
}

export function stepNames({ steps }: Inspection): readonly string[] {
  return steps.map(({ name }) => name);
}

export const localLookup: InspectOptions["lookup"] = async () => [{ address: "127.0.0.1", family: 4 }];
