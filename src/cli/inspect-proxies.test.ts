/** Real proxies: what they take away, and that the lines we give put it back. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { WebSocketServer as WsServer } from "ws";
import { freePort } from "../../test/free-port.ts";
import { localLookup } from "../../test/broken-servers.ts";
import { inspect } from "./inspect.ts";

const certFile = fileURLToPath(new URL("../../test/fixtures/tls/cert.pem", import.meta.url));
const keyFile = certFile.replace("cert.pem", "key.pem");

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function isInstalled(program: string): boolean {
  return spawnSync(program, ["-v"]).status === 0;
}

/** A server of ws, which answers 426 to a request without an upgrade. */
async function startServer(): Promise<number> {
  const server = new WsServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  cleanUps.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Starts a proxy with this configuration; resolves with its URL when it takes connections. */
async function startProxy(program: "nginx" | "haproxy", write: (port: number) => string): Promise<URL> {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  const port = await freePort();
  const file = join(folder, "proxy.conf");
  writeFileSync(file, write(port));
  const args = program === "nginx" ? ["-p", folder, "-c", file, "-e", "stderr"] : ["-db", "-f", file];
  const child = spawn(program, args, { stdio: "ignore" });
  cleanUps.push(async () => {
    if (child.exitCode === null && child.kill("SIGTERM")) await once(child, "close");
    rmSync(folder, { recursive: true, force: true });
  });
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`${program} does not take its configuration`);
  }
  return new URL(`ws://127.0.0.1:${port}/ws`);
}

function nginx(server: string): (port: number) => string {
  return (port) => `daemon off;
pid nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port};
    ${server}
  }
}`;
}

function haproxy(frontend: string, backends: string): (port: number) => string {
  return (port) => `defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:${port}
${frontend}
${backends}
`;
}

/** The lines that a finding gives for a program, for a server on this port. */
function linesFor(found: Awaited<ReturnType<typeof inspect>>, program: string, port: number): string {
  const lines = found.findings[0]?.configuration.find((one) => one.program === program);
  return (lines?.text ?? "").replace("127.0.0.1:8080", `127.0.0.1:${port}`);
}

const upgradeLost = [
  "upgrade-lost",
  "The server answered 426 Upgrade Required: no upgrade to WebSocket has reached it, though one was sent",
  "A proxy on the way takes Upgrade and Connection away: let it pass them on, and speak HTTP/1.1 to the server",
];

test.skipIf(!isInstalled("nginx"))(
  "[CM40] nginx without its WebSocket lines is recognised, and the lines given mend it",
  async () => {
    const port = await startServer();
    const broken = await startProxy("nginx", nginx(`location /ws { proxy_pass http://127.0.0.1:${port}; }`));
    const found = await inspect(broken, { listenMs: 50 });
    expect(found.findings.map(({ code, problem, remedy }) => [code, problem, remedy])).toEqual([upgradeLost]);
    const mended = await startProxy("nginx", nginx(linesFor(found, "nginx", port)));
    expect(await inspect(mended, { listenMs: 50 })).toMatchObject({ isOpen: true, findings: [] });
  },
);

test.skipIf(!isInstalled("nginx"))("[CM40] nginx with nobody behind it is a bad gateway", async () => {
  const broken = await startProxy("nginx", nginx(`location /ws { proxy_pass http://127.0.0.1:${await freePort()}; }`));
  const found = await inspect(broken);
  expect(found.findings[0]).toMatchObject({
    code: "bad-gateway",
    problem: "A proxy answered 502 Bad Gateway: the WebSocket server behind it does not answer",
    remedy: "Start the server behind the proxy, and check the address and port that the proxy has for it",
  });
});

test.skipIf(!isInstalled("haproxy"))(
  "[CM40] HAProxy that takes Upgrade away is recognised, and the lines given mend it",
  async () => {
    const port = await startServer();
    const broken = await startProxy(
      "haproxy",
      haproxy(
        "    http-request del-header Upgrade\n    default_backend app",
        `backend app\n    server app 127.0.0.1:${port}`,
      ),
    );
    const found = await inspect(broken, { listenMs: 50 });
    expect(found.findings.map(({ code, problem, remedy }) => [code, problem, remedy])).toEqual([upgradeLost]);
    const [frontend = "", backend = ""] = linesFor(found, "HAProxy", port).split(/^(?=backend )/m);
    const mended = await startProxy("haproxy", haproxy(frontend.replace(/^frontend web\n/, ""), backend));
    expect(await inspect(mended, { listenMs: 50 })).toMatchObject({ isOpen: true, findings: [] });
  },
);

test.skipIf(!isInstalled("haproxy"))("[CM40] HAProxy with nobody behind it is a bad gateway", async () => {
  const broken = await startProxy(
    "haproxy",
    haproxy("    default_backend app", `backend app\n    server app 127.0.0.1:${await freePort()}`),
  );
  expect((await inspect(broken)).findings[0]).toMatchObject({
    code: "bad-gateway",
    problem: "A proxy answered 503 Service Unavailable: the WebSocket server behind it does not answer",
    remedy: "Start the server behind the proxy, and check the address and port that the proxy has for it",
  });
});

/** Certificate and key in one file, as HAProxy wants them. */
function makePem(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "both.pem");
  writeFileSync(file, Buffer.concat([readFileSync(certFile), readFileSync(keyFile)]));
  return file;
}

/** The same place, by a name that the certificate has, over TLS. */
function secure(url: URL): URL {
  return new URL(url.href.replace("ws://127.0.0.1", "wss://localhost"));
}

const overHttp2 = { http2: true, tls: { ca: readFileSync(certFile) }, lookup: localLookup, listenMs: 50 };

test.skipIf(!isInstalled("haproxy"))(
  "[CM40] through HAProxy a server of ws that knows no HTTP/2 is reached over it, and it is found right",
  async () => {
    const [port, pem] = [await startServer(), makePem()];
    const write = haproxy("    default_backend app", `backend app\n    server app 127.0.0.1:${port}`);
    const proxy = await startProxy("haproxy", (at) =>
      write(at).replace(`bind 127.0.0.1:${at}`, `bind 127.0.0.1:${at} ssl crt ${pem} alpn h2,http/1.1`),
    );
    const found = await inspect(secure(proxy), overHttp2);
    expect(found).toMatchObject({ isOpen: true, findings: [] });
    expect(found.request.slice(0, 2)).toEqual([":method: CONNECT", ":protocol: websocket"]);
    expect(found.response?.head[0]).toBe(":status: 200");
    expect(await inspect(secure(proxy), { ...overHttp2, http2: false })).toMatchObject({ isOpen: true, findings: [] });
  },
);

test.skipIf(!isInstalled("nginx"))(
  "[CM40] nginx has no WebSockets over HTTP/2, and that is said, with what to do",
  async () => {
    const port = await startServer();
    const proxy = await startProxy("nginx", (at) =>
      nginx(`ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};
    location /ws { proxy_pass http://127.0.0.1:${port}; }`)(at).replace(`:${at};`, `:${at} ssl http2;`),
    );
    const { findings } = await inspect(secure(proxy), overHttp2);
    expect(findings.map(({ code, problem, remedy }) => [code, problem, remedy])).toEqual([
      [
        "no-extended-connect",
        `${secure(proxy).host.replace("localhost", "127.0.0.1")} speaks HTTP/2, but takes no WebSockets there: it does not announce extended CONNECT (RFC 8441)`,
        "Switch extended CONNECT on in the server or proxy, or use HTTP/1.1, as browsers do by themselves then: leave --http2 out",
      ],
    ]);
    expect(findings[0]?.configuration[0]?.text).toBe("# nginx has no extended CONNECT: WebSockets take HTTP/1.1 there");
  },
);
