import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Peer } from "./suites.ts";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
/** Ignored by git. */
export const toolsFolder: string = join(here, "../temp/bench");
const runtimes = { bun: { version: "1.4.5", scope: "@oven" }, deno: { version: "2.9.6", scope: "@deno" } } as const;

/** What the machine has to measure with. */
export interface Tools {
  /** The start of the command of a load, pinned. */
  readonly load: readonly string[];
  /** The command of a server, pinned; absent with the reason in `notes`. */
  readonly servers: ReadonlyMap<Peer, readonly string[]>;
  /** What is missing, and what that means. */
  readonly notes: readonly string[];
}

/** Compiles, fetches and finds what these peers need. */
export async function prepareTools(peers: readonly Peer[]): Promise<Tools> {
  const notes: string[] = [];
  const [serverPin, loadPin] = await findPins(notes);
  await bundle([
    "load.ts",
    ...["switchboard", "kept", "public", "ws", "uws", "net"].map((peer) => `servers/${peer}.ts`),
  ]);
  const load = await compile("load", notes, "the load is the one in Node, which costs more than some servers");
  const servers = new Map<Peer, readonly string[]>();
  for (const peer of peers) {
    const command = await findServer(peer, notes);
    if (command !== undefined) servers.set(peer, [...serverPin, ...command]);
  }
  return { load: [...loadPin, ...(load === undefined ? nodeCommand("load") : [load])], servers, notes };
}

/** Plain JavaScript for Node: a loader of TypeScript in the process would be measured with it. */
export async function bundle(files: readonly string[]): Promise<void> {
  const flags = [
    "--bundle",
    "--packages=external",
    "--platform=node",
    "--format=esm",
    "--outbase=.",
    "--log-level=warning",
  ];
  await run(join(here, "../node_modules/.bin/esbuild"), [...files, ...flags, `--outdir=${join(toolsFolder, "node")}`], {
    cwd: here,
  });
}

/** What starts a bundled file. */
export function nodeCommand(name: string): readonly string[] {
  return [process.execPath, "--expose-gc", join(toolsFolder, `node/${name}.js`)];
}

async function findServer(peer: Peer, notes: string[]): Promise<readonly string[] | undefined> {
  switch (peer) {
    case "c": {
      const program = await compile("echo-server", notes, "the ceiling in C is left out");
      return program === undefined ? undefined : [program];
    }
    case "bun":
    case "deno": {
      const program = await fetchRuntime(peer, notes);
      const run = peer === "bun" ? ["run"] : ["run", "--allow-all", "--no-config", "--no-lock", "--no-check"];
      return program === undefined ? undefined : [program, ...run, join(here, `servers/${peer}.ts`)];
    }
    default:
      return nodeCommand(`servers/${peer}`);
  }
}

/** One CPU for the server, another for the load: what they take from each other would be measured as the server's. */
export async function findPins(notes: string[]): Promise<readonly [readonly string[], readonly string[]]> {
  const pins = [
    ["taskset", "-c", "0"],
    ["taskset", "-c", "1"],
  ] as const;
  try {
    if (availableParallelism() < 2) throw new Error("one CPU");
    for (const [program, ...pin] of pins) await run(program, [...pin, "true"]);
    return pins;
  } catch {
    notes.push("not pinned: there is no taskset, or only one CPU; server and load disturb each other");
    return [[], []];
  }
}

/** Compiles a program of `native/`. epoll and prctl are Linux's. */
export async function compile(name: string, notes: string[], consequence: string): Promise<string | undefined> {
  const target = join(toolsFolder, name);
  try {
    if (process.platform !== "linux") throw new Error("not Linux");
    mkdirSync(toolsFolder, { recursive: true });
    await run("cc", ["-O2", "-o", target, join(here, `native/${name}.c`)]);
    return target;
  } catch {
    notes.push(`native/${name}.c is not compiled, it needs cc on Linux: ${consequence}`);
    return undefined;
  }
}

async function fetchRuntime(name: "bun" | "deno", notes: string[]): Promise<string | undefined> {
  const { version, scope } = runtimes[name];
  const prefix = join(toolsFolder, `${name}-${version}`);
  if (findBinary(prefix, scope, name) === undefined) await installPackage(name, version);
  const binary = findBinary(prefix, scope, name);
  if (binary === undefined) notes.push(`${name} ${version} is not to be had from npm here: left out`);
  return binary;
}

/**
 * An npm package in a folder of its own, with others beside it (`name@version`): no part of our lock file. @returns the folder; whether
 * the package is there is to be seen.
 */
export async function installPackage(name: string, version: string, others: readonly string[] = []): Promise<string> {
  const prefix = join(toolsFolder, `${name}-${version}`);
  try {
    mkdirSync(prefix, { recursive: true });
    const flags = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
    await run("npm", ["install", "--prefix", prefix, ...flags, `${name}@${version}`, ...others], { timeout: 120_000 });
  } catch {
    // Whatever went wrong, the package is not there.
  }
  return prefix;
}

/** The package of the platform that npm chose: `@oven/bun-linux-x64/bin/bun`, `@deno/linux-x64-glibc/deno`. */
function findBinary(prefix: string, scope: string, name: string): string | undefined {
  const packages = join(prefix, "node_modules", scope);
  if (!existsSync(packages)) return undefined;
  return readdirSync(packages)
    .flatMap((each) => [join(packages, each, "bin", name), join(packages, each, name)])
    .find((file) => existsSync(file));
}

/** How many connections a process may hold, at most so many. Node raises its own limit to the hard one. */
export function limitConnections(wanted: number): number {
  const limits = existsSync("/proc/self/limits") ? readFileSync("/proc/self/limits", "utf8") : "";
  const [, limit] = /^Max open files +(\d+)/mu.exec(limits) ?? [];
  return limit === undefined ? Math.min(wanted, 1000) : Math.min(wanted, Number(limit) - 200);
}
