/** Builds the package (`tsc -b`) and, when what they are made from changed, the pages of chat and lab, and the guide's. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

const page = "web/dist/index.html";
const pageSources = [
  "web/src",
  "web/index.html",
  "web/lab",
  "web/console",
  "web/public",
  "web/vite.config.ts",
  "web/compress-files.ts",
  "web/package.json",
  "dist/client",
  "dist/wire",
  "dist/protocol",
  "dist/cli/chat.js",
  "dist/cli/lab/index.js",
  "dist/server/operate/console/index.js",
];

const guide = "web/dist/docs/search.json";
const guideSources = [
  page, // Vite empties the folder that the guide is in too
  "docs",
  "SPEC.md",
  "CHANGELOG.md",
  "package.json",
  "tools/site",
  "web/src/docs",
  "web/src/styles",
  ...[
    "brokers",
    "cli",
    "client",
    "client-node",
    "engine",
    "gateway",
    "protocol",
    "react",
    "server",
    "testing",
    "wire",
    "ws-compat",
  ].map((room) => `dist/${room}`),
];

process.exitCode = await build();

async function build(): Promise<number> {
  const library = await runCommand(["tsc", "-b"]);
  if (library.exitCode !== 0) return library.exitCode;
  if (existsSync("web/index.html") && !isFresh(page, pageSources)) {
    const pages = await runCommand(["npm", "run", "--silent", "build", "--workspace", "web"]);
    if (pages.exitCode !== 0) return pages.exitCode;
  }
  if (!existsSync("docs/guide") || isFresh(guide, guideSources)) return 0;
  return (await runCommand(["tsx", "tools/site/build.ts"])).exitCode;
}

/** Whether what is made is not older than what it is made from. */
function isFresh(made: string, sources: readonly string[]): boolean {
  return existsSync(made) && Math.max(...sources.map(newestMs)) <= statSync(made).mtimeMs;
}

/** When the newest file in a folder was changed, in milliseconds since 1970; build state does not count. */
function newestMs(path: string): number {
  if (!existsSync(path) || path.endsWith(".tsbuildinfo")) return 0;
  const stat = statSync(path);
  return stat.isDirectory()
    ? Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))))
    : stat.mtimeMs;
}
