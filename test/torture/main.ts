/** `npm run torture`: real clients, a real server and a real disk, while everything breaks; then the history checker judges. */
import { stores } from "../kill/stores.ts";
import { openHistoryFile } from "./history-file.ts";
import { readPlan } from "./read-plan.ts";
import { describeTorture } from "./report.ts";
import { torture } from "./torture.ts";

const usage = `Usage: npm run torture -- [options]

  --broker NAME    the store: ${Object.keys(stores).join(", ")} (default sqlite)
                   redis-failover is a primary that dies, and a replica that lacks its newest writes and takes over;
                   jetstream-r3 is three servers, of which the leader dies
  --nodes N        how many servers share the store (default 1; 1 is all that sqlite takes)
  --minutes N      how long things break; a fraction is fine (default 5)
  --seed S         which faults, in which order (default: another one each time; it is printed)
  --history FILE   writes the recorded history, one event a line, as it happens
  --help           this text

A server is a process that is killed (in mid-commit too), stopped and restarted, its disk is slow, its hooks throw and hang; every
line is cut, reset, half-open, stalled or chopped into bytes. Of a store that is a server, each node's line is cut or falls silent, one
hint in twenty is lost, and its process is stopped and killed. Exits with 0 if no message was lost, duplicated or reordered and every gap
was told, 1 if not, 2 for options that cannot be. \`npm run chaos\` does so for an hour, and writes a report.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const plan = readPlan(words, { minutes: "5", hasReport: false });
  if (typeof plan === "string") {
    process.stderr.write(plan === "" ? usage : `${plan}\n\n${usage}`);
    return plan === "" ? 0 : 2;
  }
  process.stdout.write(`Seed ${plan.seed}, ${plan.seconds} s\n`);
  const file = plan.historyFile === undefined ? undefined : openHistoryFile(plan.historyFile);
  const result = await torture({ ...plan, ...file, tell: (line) => process.stderr.write(`${line}\n`) });
  await file?.close();
  process.stdout.write(`${describeTorture(plan, result)}\n`);
  return result.verdict.isValid ? 0 : 1;
}
