import { parseArgs } from "node:util";
import { isStoreName, stores } from "../kill/stores.ts";
import type { TortureOptions } from "./torture.ts";

/** What a command is asked to do, beside what is broken. */
export interface Plan extends TortureOptions {
  readonly nodeCount: number;
  readonly historyFile: string | undefined;
  readonly reportFile: string | undefined;
}

export interface ReadPlan {
  /** How long it goes where nothing is said of it. */
  readonly minutes: string;
  /** Whether there is a `--report`. */
  readonly hasReport: boolean;
}

/** The options of `npm run torture` and `npm run chaos`; or what is wrong with them, which is nothing where help was asked for. */
export function readPlan(words: readonly string[], { hasReport, minutes: usualMinutes }: ReadPlan): Plan | string {
  const text = { type: "string" } as const;
  const options = { broker: text, nodes: text, minutes: text, seed: text, history: text, report: text };
  try {
    const { values } = parseArgs({ args: [...words], options: { ...options, help: { type: "boolean" } } });
    if (values.help === true) return "";
    const {
      broker = "sqlite",
      history: historyFile,
      minutes = usualMinutes,
      nodes = "1",
      report: reportFile,
      seed = String(Date.now() % 2 ** 31),
    } = values;
    if (reportFile !== undefined && !hasReport) return "Cannot use --report: only the chaos has a report";
    if (!isStoreName(broker)) return `Cannot torture "${broker}": there are ${Object.keys(stores).join(", ")}`;
    const nodeCount = Number(nodes);
    const maxNodeCount = stores[broker].isShared ? 9 : 1;
    if (!isCount(nodeCount, maxNodeCount)) return `Cannot use --nodes ${nodes}: ${broker} takes 1 to ${maxNodeCount}`;
    if (!(Number(minutes) > 0 && Number(minutes) <= 24 * 60)) return `Cannot use --minutes ${minutes}: give 0 to 1440`;
    if (!/^\d{1,10}$/.test(seed)) return `Cannot use --seed ${seed}: give a whole number`;
    return { broker, nodeCount, seconds: Number(minutes) * 60, seed: Number(seed), historyFile, reportFile };
  } catch (error) {
    return (error as Error).message;
  }
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}
