import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runCommand } from "../../tools/run-command.ts";
import { dependencies, type Replacement } from "./users.ts";

const cache = resolve(".cache/ws-users");

// As docs/guide/ws-drop-in.md has it.
const substitute: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({
    name: "ws",
    version: "8.99.0",
    exports: { import: "./index.mjs", require: "./index.cjs" },
  }),
  "index.mjs": 'export * from "switchboard/ws"; export { default } from "switchboard/ws";\n',
  "index.cjs": 'module.exports = require("switchboard/ws");\n',
};

/**
 * Packs what would be published and installs the libraries beside it, where that is not done already. Returns the folder, with the
 * programs in it.
 */
export async function install(replacement: Replacement): Promise<string> {
  const folder = join(cache, replacement);
  mkdirSync(join(folder, "ws"), { recursive: true });
  const manifest = JSON.stringify(manifestOf(replacement, await pack()), undefined, 2);
  const marker = join(folder, "installed.json");
  if (!existsSync(marker) || readFileSync(marker, "utf8") !== manifest) {
    rmSync(marker, { force: true });
    for (const [file, text] of Object.entries(substitute)) writeFileSync(join(folder, "ws", file), text);
    writeFileSync(join(folder, "package.json"), manifest);
    const flags = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
    await run(["npm", "install", ...flags], folder);
    writeFileSync(marker, manifest);
  }
  cpSync("test/ws-users/programs", folder, { recursive: true });
  return folder;
}

function manifestOf(replacement: Replacement, tarball: string): object {
  const libraries = { switchboard: `file:${tarball}`, ...dependencies[replacement] };
  const common = { private: true, type: "module" };
  if (replacement === "engine") return { ...common, dependencies: libraries };
  return { ...common, dependencies: { ...libraries, ws: "file:./ws" }, overrides: { ws: "$ws" } };
}

/** The package in a file that is named by what is in it, so that npm takes a new build for a new version. */
async function pack(): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };
  await run(["npm", "pack", "--ignore-scripts", "--pack-destination", cache], ".");
  const tarball = join(cache, `switchboard-${version}.tgz`);
  const hash = createHash("sha256").update(readFileSync(tarball)).digest("hex").slice(0, 16);
  const named = join(cache, `switchboard-${hash}.tgz`);
  renameSync(tarball, named);
  return named;
}

async function run(command: readonly [string, ...string[]], cwd: string): Promise<void> {
  const { exitCode, output } = await runCommand(command, { cwd, output: "keep" });
  if (exitCode !== 0) throw new Error(`Cannot run ${command.join(" ")}: it ended with ${exitCode}\n${output}`);
}
