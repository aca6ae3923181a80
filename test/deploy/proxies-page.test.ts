/** The configurations of docs/guide/proxies.md, run as they stand there but for names, ports and certificates. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, expect, test } from "vitest";
import { accept, connect, createWebSocketServer } from "../../src/engine/index.ts";
import { certificate, key } from "../interop/harness/proxies.ts";
import { findParts } from "../interop/harness/parts.ts";
import { startProxyWith, substitute, type Written } from "./reference-proxy.ts";

const page = readFileSync(resolve("docs/guide/proxies.md"), "utf8");
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The first block of code under a heading. */
function blockUnder(heading: string): string {
  const [, code] = page.split(`\n## ${heading}\n`)[1]?.split(/^```\w*$/mu) ?? [];
  if (code === undefined) throw new Error(`docs/guide/proxies.md has no block under ${heading}`);
  return code;
}

function writeNginx({ folder, tlsPort }: Written, backPort: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder};`);
  const block = substitute(blockUnder("nginx"), [
    ["listen 443 ssl;", `listen 127.0.0.1:${tlsPort} ssl; ssl_certificate ${certificate}; ssl_certificate_key ${key};`],
    ["chat.example.com", "localhost"],
    ["127.0.0.1:8080", `127.0.0.1:${backPort}`],
  ]);
  return `events {}\nhttp {\n  access_log off;\n  ${temporary.join(" ")}\n${block}}\n`;
}

function writeHaproxy({ folder, tlsPort }: Written, backPort: number): string {
  const both = join(folder, "both.pem");
  writeFileSync(both, readFileSync(certificate, "utf8") + readFileSync(key, "utf8"));
  const block = blockUnder("HAProxy").replaceAll("127.0.0.1:8080", `127.0.0.1:${backPort}`);
  return substitute(block, [
    ["bind :443", `bind 127.0.0.1:${tlsPort}`],
    ["/etc/haproxy/certificates/", both],
  ]);
}

test.for([
  ["nginx", writeNginx],
  ["haproxy", writeHaproxy],
] as const)(
  "[DP9] %s with the guide's lines passes a WebSocket on, with its host, and the client's address instead of what the client said",
  async ([name, write], context) => {
    const { size } = await findParts([name], false);
    if (size === 0 && process.env["CI"] === undefined) return context.skip(`no ${name} is installed`);
    let said: readonly unknown[] = [];
    const server = createWebSocketServer({
      upgrade({ headers, host, path }) {
        said = [path, host, headers["x-forwarded-for"]];
        return accept({ data: undefined });
      },
      message: (socket, data) => void socket.send(data),
    });
    const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
    cleanUps.push(() => server.close({ graceMs: 1 }));
    const proxy = await startProxyWith(name, (places) => write(places, port));
    cleanUps.push(() => proxy.stop());
    const echo = await new Promise((hear, fail) => {
      connect(`wss://localhost:${proxy.tlsPort}/ws`, {
        tls: { ca: readFileSync(certificate) },
        headers: { "X-Forwarded-For": "10.9.8.7" },
        message: (socket, data) => {
          hear(data);
          socket.close();
        },
      }).then((socket) => socket.send("through"), fail);
    });
    expect(echo).toBe("through");
    expect(said).toEqual(["/ws", expect.stringMatching(/^localhost(:\d+)?$/u), "127.0.0.1"]);
  },
);
