/** `npm run torture`: real clients, a real server and a real disk, while everything breaks; then the history checker judges. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { writeHistory } from "../history/event.ts";
import { isStoreName, stores } from "../kill/stores.ts";
import { describeTorture } from "./report.ts";
import { torture, type TortureOptions } from "./torture.ts";

const usage = `Usage: npm run torture -- [options]

  --broker NAME    the store: ${Object.keys(stores).join(", ")} (default sqlite)
                   redis-failover is a primary that dies, and a replica that lacks its newest writes and takes over
  --nodes N        how many servers share the store (default 1; 1 is all that sqlite takes)
  --minutes N      how long things break; a fraction is fine (default 5)
  --seed S         which faults, in which order (default: another one each time; it is printed)
  --history FILE   writes the recorded history, one event a line
  --help           this text

A server is a process that is killed (in mid-commit too), stopped and restarted, its disk is slow, its hooks throw and hang; every
line is cut, reset, half-open, stalled or chopped into bytes. Exits with 0 if no message was lost, duplicated or reordered and every
gap was told, 1 if not, 2 for options that cannot be.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const options = readOptions(words);
  if (typeof options === "string") {
    process.stderr.write(options === "" ? usage : `${options}\n\n${usage}`);
    return options === "" ? 0 : 2;
  }
  const { historyFile, ...plan } = options;
  process.stdout.write(`Seed ${plan.seed}, ${plan.seconds} s\n`);
  const result = await torture({ ...plan, tell: (line) => process.stderr.write(`${line}\n`) });
  if (historyFile !== undefined) writeFileSync(historyFile, writeHistory(result.history));
  process.stdout.write(`${describeTorture(plan, result)}\n`);
  return result.verdict.isValid ? 0 : 1;
}

/** The options; or what is wrong with them, which is nothing where help was asked for. */
function readOptions(
  words: readonly string[],
): (TortureOptions & { readonly historyFile: string | undefined }) | string {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...words],
      options: { broker: text, nodes: text, minutes: text, seed: text, history: text, help: { type: "boolean" } },
    });
    if (values.help === true) return "";
    const {
      broker = "sqlite",
      history: historyFile,
      minutes = "5",
      nodes = "1",
      seed = String(Date.now() % 2 ** 31),
    } = values;
    if (!isStoreName(broker)) return `Cannot torture "${broker}": there are ${Object.keys(stores).join(", ")}`;
    const nodeCount = Number(nodes);
    const maxNodeCount = stores[broker].isShared ? 9 : 1;
    if (!isCount(nodeCount, maxNodeCount)) return `Cannot use --nodes ${nodes}: ${broker} takes 1 to ${maxNodeCount}`;
    if (!(Number(minutes) > 0 && Number(minutes) <= 24 * 60)) return `Cannot use --minutes ${minutes}: give 0 to 1440`;
    if (!/^\d{1,10}$/.test(seed)) return `Cannot use --seed ${seed}: give a whole number`;
    return { broker, nodeCount, seconds: Number(minutes) * 60, seed: Number(seed), historyFile };
  } catch (error) {
    return (error as Error).message;
  }
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}
