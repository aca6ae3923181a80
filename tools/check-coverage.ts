/**
 * Each core file must be covered to the last branch by its own test file alone, or by that and those that go on with one of its topics:
 * `connection.test.ts`, `connection.sending.test.ts`. What they cannot reach is deleted.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { runCommand } from "./run-command.ts";

const cores = ["src/protocol", "src/wire", "src/gateway"];
const workerCount = 2;

interface Metric {
  readonly total: number;
  readonly pct: number;
}
type Summary = Readonly<Record<string, Readonly<Record<"branches" | "functions" | "lines", Metric>>>>;

process.exitCode = await checkCoverage();

async function checkCoverage(): Promise<number> {
  const files = cores.flatMap(listSources);
  const waiting = [...files];
  const faults: string[] = [];
  async function work(): Promise<void> {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) faults.push(...(await findFaults(file)));
  }
  await Promise.all(Array.from({ length: workerCount }, work));
  for (const fault of faults.sort()) console.error(fault);
  console.log(`${files.length} core files, ${faults.length} faults`);
  return faults.length === 0 ? 0 : 1;
}

/** The files that hold code: `index.ts` only passes names on, and a file of types leaves nothing behind. */
function listSources(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => /(?<!\.test|\.d)\.ts$/u.test(name) && name !== "index.ts");
  return names.map((name) => join(folder, name)).filter(hasCode);
}

function hasCode(file: string): boolean {
  const built = readFileSync(file.replace("src/", "dist/").replace(/\.ts$/u, ".js"), "utf8");
  return built.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|export \{\};/gu, "").trim() !== "";
}

async function findFaults(file: string): Promise<readonly string[]> {
  const testFile = file.replace(/\.ts$/u, ".test.ts");
  if (!existsSync(testFile)) return [`${file} has no ${basename(testFile)}`];
  const topics = readdirSync(dirname(file)).filter((name) => isTopicOf(name, basename(file, ".ts")));
  const folder = join("temp/coverage", file);
  const run = await runCommand(
    [
      "vitest",
      "run",
      testFile,
      ...topics.map((name) => join(dirname(file), name)),
      "--coverage",
      `--coverage.include=${file}`,
      `--coverage.reportsDirectory=${folder}`,
      "--coverage.reporter=json-summary",
      "--coverage.reporter=text",
    ],
    { output: "keep" },
  );
  if (run.exitCode !== 0) return [`${testFile} fails:\n${run.output}`];
  const summary = JSON.parse(readFileSync(join(folder, "coverage-summary.json"), "utf8")) as Summary;
  const total = summary["total"];
  const missed = (["branches", "functions", "lines"] as const).filter((metric) => total?.[metric].pct !== 100);
  const where = /^\s*\S*\.ts.*$/mu.exec(run.output)?.[0] ?? "";
  return missed.length === 0 ? [] : [`${file} is not covered by its own test: ${missed.join(", ")} (${where.trim()})`];
}

function isTopicOf(name: string, source: string): boolean {
  return name.startsWith(`${source}.`) && name.endsWith(".test.ts") && name !== `${source}.test.ts`;
}
