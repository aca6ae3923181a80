/** `npm run chaos`: an hour in which a node is killed every ten seconds and all around it breaks; its report can be read, and run again. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { dirname } from "node:path";
import { stores } from "../kill/stores.ts";
import { findProgram } from "../server-process.ts";
import { type ChaosPlace, describeChaos, isWhole } from "./chaos-report.ts";
import { openHistoryFile } from "./history-file.ts";
import { readPlan } from "./read-plan.ts";
import { describeTorture } from "./report.ts";
import { torture } from "./torture.ts";

const usage = `Usage: npm run chaos -- [options]

  --broker NAME    the store: ${Object.keys(stores).join(", ")} (default sqlite)
  --nodes N        how many servers share the store (default 1; 1 is all that sqlite takes)
  --minutes N      how long things break; a fraction is fine (default 60)
  --seed S         which faults, in which order (default: another one each time; it is printed)
  --report FILE    writes the report, as Markdown
  --history FILE   writes the recorded history, one event a line, as it happens
  --help           this text

Every ten seconds a server is killed with SIGKILL. In between, one after the other: a node's line to the store is cut or falls silent, one
way or both, the store's process is stopped or killed, a server stands still; one hint in twenty is lost all the time, and clients come
and go over lines that break. Exits with 0 if no message was lost, duplicated or reordered, every gap was told and no server ended by
itself, 1 if not, 2 for options that cannot be.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const plan = readPlan(words, { minutes: "60", hasReport: true });
  if (typeof plan === "string") {
    process.stderr.write(plan === "" ? usage : `${plan}\n\n${usage}`);
    return plan === "" ? 0 : 2;
  }
  const place = describePlace();
  process.stdout.write(`Seed ${plan.seed}, ${plan.seconds} s\n`);
  const file = plan.historyFile === undefined ? undefined : openHistoryFile(plan.historyFile);
  const result = await torture({
    ...plan,
    regime: "chaos",
    ...file,
    tell: (line) => process.stderr.write(`${line}\n`),
  });
  await file?.close();
  process.stdout.write(`${describeTorture(plan, result)}\n`);
  if (plan.reportFile !== undefined) {
    mkdirSync(dirname(plan.reportFile), { recursive: true });
    writeFileSync(plan.reportFile, describeChaos({ ...place, endedAt: new Date() }, plan, result));
  }
  return isWhole(result) ? 0 : 1;
}

function describePlace(): Omit<ChaosPlace, "endedAt"> {
  const git = (...args: readonly string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();
  return {
    startedAt: new Date(),
    commit: git("rev-parse", "--short=12", "HEAD") + (git("status", "--porcelain") === "" ? "" : ", changed"),
    node: process.version,
    redis: /v=(\S+)/.exec(findProgram("redis-server").version)?.[1] ?? "",
    nats: / v(\d\S*)/.exec(findProgram("nats-server").version)?.[1] ?? "",
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${/^\d+\.\d+/.exec(release())?.[0] ?? ""}`,
  };
}
