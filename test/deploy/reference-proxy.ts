/** The proxies' committed configurations, run as they are but for names, ports and how much of the machine they may take. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { certificate, key } from "../interop/harness/proxies.ts";
import { freePort } from "../free-port.ts";
import { isListening } from "../is-listening.ts";

export type ProxyName = "nginx" | "haproxy";

/** Where a node is. */
export interface Place {
  readonly port: number;
  readonly adminPort: number;
}

/** A proxy that runs. */
export interface ReferenceProxy {
  /** HTTP, and HTTPS with a certificate for localhost. */
  readonly port: number;
  readonly tlsPort: number;
  stop(): Promise<void>;
}

export interface Written {
  readonly folder: string;
  readonly file: string;
  readonly port: number;
  readonly tlsPort: number;
}

/** Starts it before three nodes; resolves when it takes connections. */
export async function startReferenceProxy(name: ProxyName, nodes: readonly Place[]): Promise<ReferenceProxy> {
  return start(name, await writeConfiguration(name, nodes));
}

/** Starts a proxy with the configuration that is made for its places. */
export async function startProxyWith(name: ProxyName, write: (places: Written) => string): Promise<ReferenceProxy> {
  const written = await choosePlaces();
  writeFileSync(written.file, write(written));
  return start(name, written);
}

async function start(name: ProxyName, written: Written): Promise<ReferenceProxy> {
  const [program, ...args] = commandOf(name, written);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, "exit");
  while (!(await isListening(written.tlsPort))) {
    if (child.exitCode !== null) throw new Error(`Cannot start ${name}: it ended at once\n${said}`);
  }
  return {
    port: written.port,
    tlsPort: written.tlsPort,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(written.folder, { recursive: true });
    },
  };
}

/** Has the proxy judge its file. @throws with what it says, if that is no. */
export async function checkConfiguration(name: ProxyName): Promise<void> {
  const places = [1, 2, 3].map((number) => ({ port: 8080 + number, adminPort: 9080 + number }));
  const written = await writeConfiguration(name, places);
  try {
    const [program, ...args] = commandOf(name, written);
    execFileSync(program, [...args, name === "nginx" ? "-t" : "-c"], { stdio: "pipe" });
  } finally {
    rmSync(written.folder, { recursive: true });
  }
}

async function writeConfiguration(name: ProxyName, nodes: readonly Place[]): Promise<Written> {
  const written = await choosePlaces();
  const text = readFileSync(resolve("deploy", name === "nginx" ? "nginx.conf" : "haproxy.cfg"), "utf8");
  const rest = name === "nginx" ? nginxPlaces(written) : haproxyPlaces(written);
  writeFileSync(written.file, substitute(text, [...nodes.map((node, index) => nodePlace(name, node, index)), ...rest]));
  return written;
}

async function choosePlaces(): Promise<Written> {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-proxy-"));
  return { folder, file: join(folder, "proxy.conf"), port: await freePort(), tlsPort: await freePort() };
}

type Substitution = readonly [from: string, to: string];

/** On one machine every node has a port of its own for operators too. */
function nodePlace(name: ProxyName, { adminPort, port }: Place, index: number): Substitution {
  const check = name === "haproxy" ? ` port ${adminPort}` : "";
  return [` node-${index + 1}:8080`, ` 127.0.0.1:${port}${check}`];
}

function nginxPlaces({ folder, port, tlsPort }: Written): readonly Substitution[] {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder};`);
  return [
    ["listen 80;", `listen 127.0.0.1:${port};`],
    ["listen 443 ssl http2;", `listen 127.0.0.1:${tlsPort} ssl http2;`],
    ["/etc/switchboard/tls/cert.pem", certificate],
    ["/etc/switchboard/tls/key.pem", key],
    ["worker_processes auto;", "worker_processes 2;"],
    ["worker_rlimit_nofile 65536;", ""],
    ["worker_connections 32768;", "worker_connections 512;"],
    // Whoever runs the tests may write neither to the system's folders nor to its logs.
    ["http {", `http {\n  access_log off;\n  ${temporary.join(" ")}`],
  ];
}

function haproxyPlaces({ folder, port, tlsPort }: Written): readonly Substitution[] {
  const both = join(folder, "both.pem");
  writeFileSync(both, readFileSync(certificate, "utf8") + readFileSync(key, "utf8"));
  return [
    ["bind :80\n", `bind 127.0.0.1:${port}\n`],
    ["bind :443 ", `bind 127.0.0.1:${tlsPort} `],
    ["/etc/switchboard/tls/both.pem", both],
    ["maxconn 32768", "maxconn 512"],
  ];
}

/** @throws if something is not there: then the file has changed, and what is run would be another. */
export function substitute(text: string, substitutions: readonly Substitution[]): string {
  return substitutions.reduce((changed, [from, to]) => {
    if (changed.split(from).length !== 2) throw new Error(`Cannot run the configuration: "${from}" is not there once`);
    return changed.replace(from, () => to);
  }, text);
}

function commandOf(name: ProxyName, { file, folder }: Written): readonly [string, ...string[]] {
  if (name === "haproxy") return ["haproxy", "-db", "-f", file];
  return ["nginx", "-p", folder, "-c", file, "-e", "stderr", "-g", `daemon off; pid ${folder}/nginx.pid;`];
}
