/**
 * Type-checks and runs every `ts` fence of README.md and docs/guide against the built package, as a user's program would be.
 * A fence marked `ts no-run`, a component in `tsx`, and a file of an app (`ts file=server.ts`) is type-checked only.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { readFences, type Fence } from "./fences.ts";
import { runCommand } from "./run-command.ts";

// Inside the repository, so that `switchboard/…` is found as the package's own name.
const folder = resolve("temp/docs");
const runTimeoutMs = 30_000;

const tsconfig = {
  extends: "../../tsconfig.base.json",
  compilerOptions: {
    lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
    types: ["node"],
    jsx: "react-jsx",
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
  },
  include: ["**/*.ts", "**/*.tsx"],
};

process.exitCode = await checkDocs();

async function checkDocs(): Promise<number> {
  const fences = listDocuments().flatMap((file) => readFences(file, readFileSync(file, "utf8")));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  for (const fence of fences) {
    mkdirSync(dirname(programOf(fence)), { recursive: true });
    writeFileSync(programOf(fence), fence.fileName === undefined ? `${fence.code}\nexport {};\n` : fence.code);
  }
  const types = await runCommand(["tsc", "-p", folder]);
  let faultCount = types.exitCode === 0 ? 0 : 1;
  for (const fence of fences.filter((each) => each.isRun)) {
    if (!(await isRunning(fence))) faultCount += 1;
  }
  console.log(`${fences.length} examples, ${faultCount} faults`);
  return faultCount === 0 ? 0 : 1;
}

function listDocuments(): readonly string[] {
  const guide = "docs/guide";
  const pages = existsSync(guide) ? readdirSync(guide, { recursive: true, encoding: "utf8" }) : [];
  return ["README.md", ...pages.filter((name) => name.endsWith(".md")).map((name) => join(guide, name))];
}

function programOf(fence: Fence): string {
  const page = fence.file.replaceAll(/[^A-Za-z0-9]+/gu, "-");
  if (fence.fileName !== undefined) return join(folder, page, fence.fileName);
  return join(folder, `${page}-line-${fence.line}.${fence.language}`);
}

/** Runs the example in an empty folder: it must end by itself, with exit code 0. */
async function isRunning(fence: Fence): Promise<boolean> {
  const cwd = mkdtempSync(join(tmpdir(), "switchboard-docs-"));
  const tsx = resolve("node_modules/.bin/tsx");
  const run = await runCommand([tsx, programOf(fence)], { output: "keep", cwd, timeoutMs: runTimeoutMs });
  rmSync(cwd, { recursive: true, force: true });
  if (run.exitCode !== 0) console.error(`${fence.file}:${fence.line} does not run to its end:\n${run.output}`);
  return run.exitCode === 0;
}
