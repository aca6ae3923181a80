/** Runs the built command (`tsc -b` first) as a process of its own, as people do. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { get as httpGet, type IncomingMessage } from "node:http";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { connect, type ConnectOptions } from "../engine/index.ts";
import { subprotocol } from "../wire/index.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function makeFolder(parent: string = tmpdir()): string {
  const folder = mkdtempSync(join(parent, "switchboard-"));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What a command said, once it has ended. */
interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Facts {
  readonly url: string;
  readonly data: string;
  readonly durability: string;
}

interface Running {
  readonly ended: Promise<Ended>;
  /** The line of the log that says it is served. */
  readonly serving: Promise<Facts>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the next line of the log that has such a message. */
  logged(message: string): Promise<unknown>;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [command, ...args], { env: { PATH: process.env["PATH"], ...env } });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk: Buffer) => (output[stream] += chunk.toString()));
  }
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "close").then(([exitCode]: unknown[]) => ({
    exitCode: exitCode as number | null,
    ...output,
  }));
  cleanUps.push(() => {
    child.kill("SIGKILL");
    return ended;
  });
  function logged(message: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      lines.on("line", (line) => {
        if (line.startsWith("{") && line.includes(`"msg":"${message}"`)) resolve(JSON.parse(line));
      });
      void ended.then(({ stderr }) => reject(new Error(`It ended before it logged "${message}": ${stderr}`)));
    });
  }
  const serving = logged("Serving") as Promise<Facts>;
  serving.catch(() => undefined);
  return { ended, serving, signal: (name) => child.kill(name), logged };
}

function serve(...args: readonly string[]): Running {
  return run(["serve", "--port", "0", ...args]);
}

/** The two lines that a fault of the surroundings gives, and nothing else. */
function expectFault({ exitCode, stderr }: Ended, sentence: string | RegExp, hint: string): void {
  const lines = stderr.split("\n");
  expect(lines).toEqual([expect.stringMatching(/^error: /), expect.stringMatching(/^hint: /), ""]);
  expect(lines[0]).toMatch(sentence);
  expect(lines[1]).toContain(hint);
  expect(exitCode).toBe(1);
}

async function openLine(url: string, options: ConnectOptions = {}): ReturnType<typeof connect> {
  const socket = await connect(new URL("/ws", url.replace("http", "ws")).href, {
    protocols: [subprotocol],
    ...options,
  });
  cleanUps.push(() => socket.terminate());
  return socket;
}

test("[CM1] serve says where, the data folder and the measured durability, and serves the health and the gateway", async () => {
  const data = join(makeFolder(), "inside");
  const { serving } = serve("--data", data);
  const facts = await serving;
  expect(facts).toMatchObject({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
    data,
    durability: "fsync",
  });
  const health = await fetch(new URL("/healthz", facts.url));
  expect([health.status, await health.json()]).toEqual([
    200,
    expect.objectContaining({ status: "ok", durability: "fsync", connectionCount: 0 }),
  ]);
  const socket = await openLine(facts.url);
  expect(socket.protocol).toBe(subprotocol);
});

test("[CM2] SIGINT and SIGTERM close every line with 1001 and exit 0", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const running = serve("--data", makeFolder());
    const { url } = await running.serving;
    const closed = new Promise(
      (resolve) => void openLine(url, { close: (_, info) => resolve(info) }).then(() => running.signal(signal)),
    );
    expect(await closed).toMatchObject({ code: 1001, by: "peer", wasClean: true });
    expect((await running.ended).exitCode).toBe(0);
  }
});

test("[CM3] a second Ctrl-C does not wait: exit code 130", async () => {
  const running = serve("--data", makeFolder());
  const { url } = await running.serving;
  const socket = await openLine(url);
  // Paused, it never answers the close frame: closing in order would take seconds.
  socket.pause();
  const closing = running.logged("Closing");
  running.signal("SIGINT");
  await closing;
  const again = setInterval(() => running.signal("SIGINT"), 50);
  expect((await running.ended).exitCode).toBe(130);
  clearInterval(again);
});

test("[CM4] a port in use is one sentence, a hint and exit code 1", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  expectFault(
    await run(["serve", "--port", String(port), "--data", makeFolder()]).ended,
    `error: Cannot listen on 127.0.0.1:${port}: another program does`,
    "choose another port with --port",
  );
  expectFault(
    await serve("--host", "192.0.2.1", "--data", makeFolder()).ended,
    /Cannot listen on 192\.0\.2\.1:0: /,
    "--host",
  );
  holder.close();
});

test("[CM5] a folder that cannot be written to is one sentence, a hint and exit code 1", async () => {
  const file = join(makeFolder(), "file");
  writeFileSync(file, "");
  for (const data of [join(file, "data"), "/proc/switchboard"]) {
    expectFault(
      await serve("--data", data).ended,
      `error: Cannot create the folder "`,
      "Choose a folder that this user may write to",
    );
  }
});

test("[CM6] a broken database is one sentence, a hint and exit code 1, and stays as it is", async () => {
  const data = makeFolder();
  const file = join(data, "switchboard.db");
  writeFileSync(file, "no database at all");
  expectFault(await serve("--data", data).ended, `error: Cannot use "${file}": it is not a SQLite database`, "backup");
  expect(readFileSync(file, "utf8")).toBe("no database at all");
});

test("[CM7] a database that another process uses is one sentence, a hint and exit code 1, and the other goes on", async () => {
  const data = makeFolder();
  const { url } = await serve("--data", data).serving;
  expectFault(await serve("--data", data).ended, "another process is using it", "Stop that process");
  expect((await fetch(new URL("/healthz", url))).status).toBe(200);
});

test("[CM8] wrong usage is told with a hint and exit code 2", async () => {
  const cases = [
    [["serve", "--port", "abc"], "'abc' is invalid. Give a whole number from 0 to 65535"],
    [["serve", "--port", "65536"], "'65536' is invalid"],
    [["serve", "--prot", "1"], "unknown option '--prot'"],
    [["serve", "--origin", "chat.example"], "Give a scheme, a host and at most a port"],
    [["serve", "--hosts", "a:80"], "Give names or addresses without a port"],
    [["serve", "--broker", "postgres://x"], "Give sqlite, memory, or a URL"],
    [["serve", "--require", "much"], "Allowed choices are mem, os, fsync, quorum"],
    [["serve", "--tls-key", "k.pem"], "--tls-cert and --tls-key belong together"],
    [["serve", "extra"], "too many arguments"],
    [["srve"], "unknown command 'srve'"],
  ] as const;
  for (const [args, words] of cases) {
    const { exitCode, stderr } = await run(args).ended;
    expect([stderr, exitCode]).toEqual([expect.stringContaining(words), 2]);
    const hint =
      args[0] === "srve" ? '"switchboard --help" lists every command' : '"switchboard serve --help" lists every option';
    expect(stderr).toMatch(new RegExp(`^error: .*\\n(?:.*\\n)*hint: ${hint}\\n$`));
  }
});

test.skipIf(!isInMemory("/dev/shm"))("[CM9] below the durability that is required it does not start", async () => {
  const data = makeFolder("/dev/shm");
  const ended = await serve("--data", data, "--require", "fsync").ended;
  expectFault(ended, /durability fsync is required, and the store gives os/, "--require");
  expect((await serve("--data", data, "--require", "os").serving).durability).toBe("os");
});

function isInMemory(folder: string): boolean {
  return execFileSync("stat", ["-f", "-c", "%T", folder]).toString().trim() === "tmpfs";
}

test("[CM10] every option has a variable, and a flag wins over it", async () => {
  const [data, other] = [makeFolder(), makeFolder()];
  const env = {
    SWITCHBOARD_PORT: "0",
    SWITCHBOARD_HOST: "127.0.0.1",
    SWITCHBOARD_DATA: data,
    SWITCHBOARD_REQUIRE: "fsync",
  };
  expect((await run(["serve"], env).serving).data).toBe(data);
  expect((await run(["serve", "--data", other], env).serving).data).toBe(other);
  const { exitCode, stderr } = await run(["serve"], { SWITCHBOARD_PORT: "x" }).ended;
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("value 'x' from env 'SWITCHBOARD_PORT' is invalid")]);
});

test("[CM11] help has examples, variables and exit codes; help and version are on stdout and exit 0", async () => {
  const help = await run(["serve", "--help"]).ended;
  for (const words of ["Examples:", "--tls-cert c.pem", "SWITCHBOARD_PORT", "Exit codes:", "NO_COLOR"]) {
    expect(help.stdout).toContain(words);
  }
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect([help.exitCode, help.stderr]).toEqual([0, ""]);
  expect(await run(["--version"]).ended).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
});

test("[CM12] with a certificate the pages are at https and the gateway at wss; one that cannot be used is one sentence", async () => {
  const folder = makeFolder();
  const cert = fileURLToPath(new URL("../../test/fixtures/tls/cert.pem", import.meta.url));
  const key = fileURLToPath(new URL("../../test/fixtures/tls/key.pem", import.meta.url));
  const { url } = await serve("--data", folder, "--tls-cert", cert, "--tls-key", key).serving;
  expect(url).toMatch(/^https:/);
  const ca = readFileSync(cert);
  const [response] = (await once(get(new URL("/healthz", url), { ca, agent: false }), "response")) as [
    { statusCode: number; resume(): void },
  ];
  response.resume();
  expect(response.statusCode).toBe(200);
  expect((await openLine(url, { tls: { ca } })).protocol).toBe(subprotocol);
  const missing = await serve("--data", folder, "--tls-cert", `${cert}x`, "--tls-key", key).ended;
  expectFault(missing, `error: Cannot read the certificate "${cert}x"`, "PEM");
  expectFault(
    await serve("--data", folder, "--tls-cert", cert, "--tls-key", command).ended,
    `error: Cannot use the certificate "${cert}"`,
    "PEM",
  );
});

test("[CM13] a page of another origin is refused, one that is listed may connect", async () => {
  const { url } = await serve("--data", makeFolder(), "--origin", "https://a.example,https://b.example").serving;
  for (const origin of ["https://c.example", url.slice(0, -1)]) {
    await expect(openLine(url, { origin })).rejects.toMatchObject({ status: 403 });
  }
  expect((await openLine(url, { origin: "https://b.example" })).protocol).toBe(subprotocol);
});

/** The status of a handshake under another name than the one it is reached by. */
async function askAs(host: string, url: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  const upgrade = { Connection: "Upgrade", Upgrade: "websocket" };
  const asked = { "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" };
  const request = httpGet(new URL("/ws", url), { headers: { Host: host, ...upgrade, ...asked, ...headers } });
  const answer = await Promise.race([once(request, "upgrade"), once(request, "response")]);
  const [response] = answer as [IncomingMessage];
  response.destroy();
  return response.statusCode;
}

test("[CM24] the gateway answers to --hosts and to this machine's own names, and to no other; with --broker memory nothing is kept", async () => {
  const [data, folder] = [makeFolder(), makeFolder()];
  const args = ["--hosts", "chat.example,10.0.0.7", "--broker", "memory", "--data", join(folder, "none")];
  const { url, ...facts } = await serve(...args).serving;
  expect(facts).toMatchObject({ durability: "mem" });
  expect([facts.data, existsSync(join(folder, "none"))]).toEqual([undefined, false]);
  const hosts = ["chat.example", "10.0.0.7:80", new URL(url).host, "evil.example"];
  expect(await Promise.all(hosts.map((host) => askAs(host, url)))).toEqual([101, 101, 101, 421]);
  const [ours, any] = [serve("--data", data, "--broker", "sqlite"), serve("--hosts", "*", "--broker", "memory")];
  expect((await ours.serving).data).toBe(data);
  const page = async ({ url: at }: { readonly url: string }): Promise<number | undefined> =>
    askAs("evil.example", at, { Origin: "http://evil.example" });
  expect([await page(await ours.serving), await page(await any.serving)]).toEqual([421, 101]);
});

test("[CM14] at a terminal the log is lines for people, without colours when NO_COLOR is set", async () => {
  const [shown, plain] = await Promise.all(
    [{}, { NO_COLOR: "1" }].map(async (env) => {
      const line = `timeout --preserve-status -s INT 3 ${process.execPath} ${command} serve --port 0 --data ${makeFolder()}`;
      const child = spawn("script", ["-qec", line, "/dev/null"], {
        env: { PATH: process.env["PATH"], TERM: "xterm", ...env },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
      const [exitCode] = (await once(child, "close")) as [number];
      return { text, exitCode };
    }),
  );
  expect([shown?.exitCode, plain?.exitCode]).toEqual([0, 0]);
  expect(plain?.text).toMatch(
    /Switchboard is open at http:\/\/127\.0\.0\.1:\d+\/\r?\n {2}data in \/.*\/switchboard\.db\r?\n {2}durability fsync\. What was acknowledged survives power loss\r?\n.*\/lab\r?\n.*\/docs\r?\n/,
  );
  expect(plain?.text).not.toContain("\u001b[");
  expect(shown?.text).toContain("\u001b[36mhttp://127.0.0.1:");
});

test("[CM41] inspect tells a script by its exit code and with --json", async () => {
  const { url } = await serve("--data", makeFolder()).serving;
  const ws = `${url.replace("http", "ws")}ws`;
  const [good, bad, closed, usage] = await Promise.all(
    [["-s", subprotocol, "--json", "--listen", "0.1", ws], [`${ws}x`], ["--json", ws], ["ftp://127.0.0.1/"]].map(
      (args) => run(["inspect", ...args]).ended,
    ),
  );
  expect([good?.exitCode, bad?.exitCode, closed?.exitCode, usage?.exitCode]).toEqual([0, 1, 4, 2]);
  expect(JSON.parse(good?.stdout ?? "")).toMatchObject({
    isOpen: true,
    subprotocol,
    findings: [],
    close: { code: 1000, by: "us" },
  });
  expect(bad?.stdout).toContain("\n  error The server answered 404 Not Found: it has no WebSocket at /wsx\n");
  expect(JSON.parse(closed?.stdout ?? "")).toMatchObject({ findings: [{ code: "closed-at-once" }] });
  expect(usage?.stderr).toContain("The scheme must be ws or wss");
});

test("[CM41] Ctrl-C ends an inspection with 130", async () => {
  const silent = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const inspecting = run(["inspect", `127.0.0.1:${(silent.address() as AddressInfo).port}`]);
  await once(silent, "connection");
  inspecting.signal("SIGINT");
  expect(await inspecting.ended).toEqual({ exitCode: 130, stdout: "", stderr: "" });
  silent.close();
});
