/** Builds the package (`tsc -b`) and, when its sources or the client changed, the chat's pages. */
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

process.exitCode = await build();

async function build(): Promise<number> {
  const library = await runCommand(["tsc", "-b"]);
  if (library.exitCode !== 0 || isPageFresh()) return library.exitCode;
  return (await runCommand(["npm", "run", "--silent", "build", "--workspace", "web"])).exitCode;
}

function isPageFresh(): boolean {
  if (!existsSync("web/index.html")) return true;
  return existsSync(page) && Math.max(...pageSources.map(newestMs)) <= statSync(page).mtimeMs;
}

/** When the newest file in a folder was changed, in milliseconds since 1970; build state does not count. */
function newestMs(path: string): number {
  if (!existsSync(path) || path.endsWith(".tsbuildinfo")) return 0;
  const stat = statSync(path);
  return stat.isDirectory()
    ? Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))))
    : stat.mtimeMs;
}
