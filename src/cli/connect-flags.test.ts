/** The flags of the built command (`tsc -b` first), each as a server sees it. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { rawFrame } from "../../test/raw-peer.ts";
import { rawAccept, type RawAnswer, serveRaw } from "../../test/raw-server.ts";
import {
  accept,
  createWebSocketServer,
  type ServerOptions,
  type ServerSocket,
  type UpgradeRequest,
} from "../engine/index.ts";

vi.setConfig({ testTimeout: 60_000 });

const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const cert = fileURLToPath(new URL("../../test/fixtures/tls/cert.pem", import.meta.url));
const key = cert.replace("cert.pem", "key.pem");
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Served {
  readonly url: string;
  readonly asked: UpgradeRequest[];
  readonly opened: ServerSocket[];
}

/** A server that keeps what it was asked with, and echoes. */
async function serve(options: ServerOptions = {}, listen: object = {}): Promise<Served> {
  const [asked, opened]: [UpgradeRequest[], ServerSocket[]] = [[], []];
  const server = createWebSocketServer({
    protocols: ["chat"],
    origins: "any",
    upgrade(request) {
      asked.push(request);
      return accept();
    },
    open: (socket) => void opened.push(socket),
    message: (socket, data) => void socket.send(data),
    ...options,
  });
  cleanUps.push(() => server.close({ graceMs: 0 }));
  return { url: (await server.listen({ port: 0, host: "127.0.0.1", ...listen })).url, asked, opened };
}

async function serveBytes(answer: RawAnswer): Promise<string> {
  const server = await serveRaw(answer);
  cleanUps.push(server.end);
  return server.url;
}

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly output: { readonly stdout: string; readonly stderr: string };
  readonly exited: Promise<number>;
  /** Waits until it has said this. */
  said(text: string): Promise<void>;
}

/** Runs it; with `stdin` null that stays open. */
function run(args: readonly string[], stdin: string | null = "", env: Readonly<Record<string, string>> = {}): Running {
  return watch(
    spawn(process.execPath, [command, "connect", ...args], { env: { PATH: process.env["PATH"], ...env } }),
    stdin,
  );
}

function watch(child: ChildProcessWithoutNullStreams, stdin: string | null): Running {
  const output = { stdout: "", stderr: "" };
  let wake: () => void = () => {};
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk: Buffer) => {
      output[name] += chunk.toString();
      wake();
    });
  }
  if (stdin !== null) child.stdin.end(stdin);
  cleanUps.push(() => child.kill("SIGKILL"));
  const exited = once(child, "close").then(([code]) => code as number);
  async function said(text: string): Promise<void> {
    while (!`${output.stdout}${output.stderr}`.includes(text)) await new Promise<void>((resolve) => (wake = resolve));
  }
  return { child, output, exited, said };
}

/** What it said, with its exit code. */
async function ran(args: readonly string[], stdin?: string | null): Promise<readonly unknown[]> {
  const { exited, output } = run(args, stdin);
  return [await exited, output.stdout, output.stderr];
}

const unmasked = { maskingKey: undefined };
/** The close frame of a server that waits for nothing. */
const goodBye = rawFrame(8, Buffer.from([0x03, 0xe8]), unmasked);
const echoed = [0, "hi\n", ""];

test("[CM54] -H, --auth, -s and -o go into the request; a header of one's own beats --auth", async () => {
  const { url, asked } = await serve();
  const flags = [
    "-H",
    "X-A: 1",
    "-H",
    "X-B: 2",
    "--auth",
    "ada:secret",
    "-s",
    "other",
    "-s",
    "chat",
    "-o",
    "https://chat.example",
  ];
  expect(await ran([...flags, "-v", url], "hi\n")).toEqual([
    0,
    "hi\n",
    `Connected to ${new URL(url).href} (127.0.0.1, subprotocol chat)\nClosed with 1000 by us\n`,
  ]);
  expect(asked[0]).toMatchObject({
    headers: { "x-a": "1", "x-b": "2", authorization: "Basic YWRhOnNlY3JldA==" },
    protocols: ["other", "chat"],
    origin: "https://chat.example",
  });
  await ran(["--auth", "ada:secret", "-H", "Authorization: Bearer b", url]);
  expect(asked[1]?.headers.authorization).toBe("Bearer b");
});

test("[CM54] a certificate is verified: --ca names an authority, -n asks for none, a file that is not there is a fault", async () => {
  const { url } = await serve({}, { tls: { cert: readFileSync(cert), key: readFileSync(key) } });
  const [exitCode, , stderr] = await ran([url], "hi\n");
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("self-signed certificate")]);
  expect(await ran(["--ca", cert, url], "hi\n")).toEqual(echoed);
  expect(await ran(["-n", url], "hi\n")).toEqual(echoed);
  expect(await ran(["--cert", "/nowhere.pem", url])).toEqual([
    1,
    "",
    'error: Cannot read "/nowhere.pem": ENOENT\nhint: Give a file in PEM with --cert\n',
  ]);
});

test("[CM54] --http2 connects over HTTP/2", async () => {
  const { url } = await serve({}, { http2: true });
  expect(await ran(["--http2", url], "hi\n")).toEqual(echoed);
});

test("[CM54] --compress offers compression, and nothing else does", async () => {
  const { url, opened } = await serve({ compression: {} });
  await ran([url]);
  await ran(["--compress", url]);
  expect(opened.map(({ extensions }) => extensions.split(";")[0])).toEqual(["", "permessage-deflate"]);
});

test("[CM54] -L follows five redirects; without it none is followed", async () => {
  let [left, url] = [5, ""];
  url = await serveBytes((given, peer) => {
    if (left-- > 0) return peer.write(`HTTP/1.1 302 Found\r\nLocation: ${url}\r\nContent-Length: 0\r\n\r\n`);
    return peer.socket.end(Buffer.concat([Buffer.from(rawAccept(given)), rawFrame(1, "there", unmasked), goodBye]));
  });
  const [exitCode, , stderr] = await ran([url]);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("which is not followed: maxRedirects is 0")]);
  left = 5;
  expect((await ran(["-L", "-1", url], null)).slice(0, 2)).toEqual([0, "there\n"]);
  left = 6;
  expect((await ran(["-L", url]))[2]).toContain("which is not followed: maxRedirects is 5");
});

test("[CM54] --proxy goes through a proxy; what is no proxy's URL is wrong usage", async () => {
  const { url } = await serve();
  const proxy = createHttpServer().listen(0, "127.0.0.1");
  await once(proxy, "listening");
  cleanUps.push(() => proxy.close());
  const tunnels: (string | undefined)[] = [];
  proxy.on("connect", (request, socket: Socket) => {
    tunnels.push(request.url);
    const { hostname, port } = new URL(url);
    const upstream = connectTcp(Number(port), hostname, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    upstream.pipe(socket).pipe(upstream);
    for (const each of [upstream, socket]) each.on("error", () => {});
  });
  expect(await ran(["--proxy", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, url], "hi\n")).toEqual(
    echoed,
  );
  expect(tunnels).toEqual([new URL(url).host]);
  for (const wrong of ["proxy.example:3128", "ftp://proxy.example", "not a url"]) {
    expect(await ran(["--proxy", wrong, url])).toEqual([
      2,
      "",
      expect.stringContaining("Give a URL, as in http://user:password@"),
    ]);
  }
});

test("[CM54] --timeout bounds the handshake, --ping-interval sends pings", async () => {
  const silent = await serveBytes(() => {});
  expect((await ran(["--timeout", "0.2", silent]))[2]).toContain("no answer within 200 ms");
  let ping: () => void = () => {};
  const pinged = new Promise<void>((resolve) => (ping = resolve));
  const { url } = await serve({ ping: () => ping() });
  const { child, exited } = run(["--ping-interval", "0.2", url], null);
  await pinged;
  child.stdin.end();
  expect(await exited).toBe(0);
});

test("[CM51] a message may be long and in many fragments, and take its time", async () => {
  const fragments = Array.from({ length: 3000 }, (_, index) =>
    rawFrame(index === 0 ? 1 : 0, "x".repeat(1000), { isFinal: index === 2999, maskingKey: undefined }),
  );
  const url = await serveBytes((given, peer) =>
    peer.socket.end(Buffer.concat([Buffer.from(rawAccept(given)), ...fragments, goodBye])),
  );
  const [, stdout] = await ran(["-1", url], null);
  expect(stdout).toHaveLength(3_000_001);
});

test("[CM51] -w waits for answers behind stdin and -x; without it -x waits, and stdin does not", async () => {
  // It answers when the client has answered its ping: to one that has closed, never.
  const { url } = await serve({
    message: (socket, data) => socket.ping(Buffer.from(data as string)),
    pong: (socket, data) => void socket.send(Buffer.from(data).toString()),
  });
  expect(await ran([url], "hi\n")).toEqual([0, "", ""]);
  expect(await ran(["-w", "1", url], "hi\n")).toEqual(echoed);
  expect(await ran(["-x", "hi", url])).toEqual(echoed);
  expect(await ran(["-x", "hi", "-w", "0", url])).toEqual([0, "", ""]);
});

test("[CM55] -P, --slash, -q and -v are what they are said to be; -b sends -x as binary", async () => {
  const { url, opened } = await serve();
  const [, , stderr] = await ran(["-P", "--slash", "-x", "/ping me", "-w", "0.3", url]);
  expect(stderr).toBe('Received pong "me"\n');
  expect(await ran(["-q", "--slash", "-x", "/close 4000", url])).toEqual([4, "", ""]);
  expect(await ran(["--json", "-b", "-x", "hi", "-1", url])).toEqual([
    0,
    '{"type":"message","opcode":"binary","data":"aGk="}\n',
    "",
  ]);
  expect(opened.length).toBe(3);
});

test("[CM52] SIGINT closes in order and exits with 130; a reader that went away ends it with 0", async () => {
  let info: unknown;
  const { url, opened } = await serve({ close: (_socket, closed) => void (info = closed) });
  const interrupted = run(["-v", url], null);
  await interrupted.said("Connected to");
  interrupted.child.kill("SIGINT");
  expect(await interrupted.exited).toBe(130);
  expect(info).toMatchObject({ code: 1000, by: "peer" });
  const piped = run(["-v", url], null);
  await piped.said("Connected to");
  piped.child.stdout.destroy();
  for (let count = 0; count < 3; count++) opened.at(-1)?.send("nobody reads this");
  expect(await piped.exited).toBe(0);
});

// util-linux's `script` runs a command at a terminal of its own.
const script = "/usr/bin/script";

describe.skipIf(!existsSync(script) || process.platform !== "linux")("at a terminal", () => {
  function runAtTerminal(args: string, env: Readonly<Record<string, string>> = {}): Running {
    const line = `exec ${process.execPath} ${command} connect ${args}`;
    const child = spawn(script, ["-qec", line, "/dev/null"], {
      env: { PATH: process.env["PATH"], TERM: "xterm", ...env },
    });
    return watch(child, null);
  }

  test("[CM53] there is a prompt, what comes is shown above it in colours, and Ctrl-C ends it with 130", async () => {
    const { url } = await serve();
    const { child, exited, output, said } = runAtTerminal(url);
    await said("Connected to");
    expect(output.stdout).toContain("\u001b[2mConnected to");
    await said("> ");
    child.stdin.write("hello\n");
    await said("\u001b[34m<\u001b[39m hello");
    child.stdin.write("\u0003");
    expect(await exited).toBe(130);
    expect(output.stdout).toContain("\u001b[2mClosed with 1000 by us");
    expect(output.stdout.endsWith("\r\u001b[K")).toBe(true);
  });

  test("[CM53] NO_COLOR and --no-color switch colours off, -q what goes well, and Ctrl-D ends with 0", async () => {
    const { url } = await serve();
    for (const [args, env] of [
      [url, { NO_COLOR: "1" }],
      [`--no-color ${url}`, {}],
      [`-q --no-color ${url}`, {}],
    ] as const) {
      const { child, exited, output, said } = runAtTerminal(args, env);
      await said("> ");
      child.stdin.write("hello\n");
      await said("< hello");
      child.stdin.write("\u0004");
      expect(await exited).toBe(0);
      expect(output.stdout).not.toContain("\u001b[34m");
      expect(output.stdout.includes("Connected to")).toBe(!args.startsWith("-q"));
    }
  });

  test("[CM53] -b sends lines as binary, which are shown as bytes", async () => {
    const { url } = await serve();
    const { child, exited, said } = runAtTerminal(`-b --no-color ${url}`);
    await said("> ");
    child.stdin.write("hi\n");
    await said("< 2 bytes: 68 69");
    child.stdin.write("\u0004");
    expect(await exited).toBe(0);
  });
});
