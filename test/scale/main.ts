/** `npm run scale`: the capacity model against a simulation of 1 000 nodes and 10 000 000 subscribers. */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readCapacity } from "../../bench/capacity.ts";
import { compare, describeComparison, findMisses } from "./compare.ts";
import { countShards } from "./model.ts";
import { largeFleet } from "./fleet.ts";

const usage = `Usage: npm run scale -- [options]

  --seconds N  of traffic (default 5)
  --seed S     which traffic (default 1)
  --write      renews the table in docs/guide/scale.md
  --help       this text

Counts with the costs of Redis in bench/capacity.json. Exits with 1 if the model is further off than it may be.
`;
const page = "docs/guide/scale.md";
const marks = ["<!-- checked: written by `npm run scale -- --write` -->\n", "<!-- /checked -->"] as const;

process.exitCode = main();

function main(): number {
  const options = {
    seconds: { type: "string" },
    seed: { type: "string" },
    write: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const [seconds, seed] = [Number(values.seconds ?? 5), Number(values.seed ?? 1)];
  if (!(seconds > 0 && seconds <= 60 && Number.isInteger(seed))) {
    process.stderr.write(
      `Cannot simulate ${seconds} s with seed ${seed}: give up to 60 s and a whole number\n\n${usage}`,
    );
    return 2;
  }
  const costs = readCapacity().costs.redis;
  const rows = compare(largeFleet, { costs, seconds, seed });
  const table = describeComparison(rows);
  const misses = findMisses(rows);
  process.stdout.write(`${table}\n${misses.length === 0 ? "" : `\nToo far off: ${misses.join("; ")}\n`}`);
  const shards = `on the ${countShards(largeFleet, costs)} shards that the model asks for: half a core of each`;
  if (values.write === true) writeTable(`${table}\n\n${seconds} s of traffic, seed ${seed}, ${shards}.`);
  return misses.length === 0 ? 0 : 1;
}

function writeTable(table: string): void {
  const text = readFileSync(page, "utf8");
  const [start, end] = [text.indexOf(marks[0]), text.indexOf(marks[1])];
  if (start < 0 || end < start) throw new Error(`Cannot write the table: ${page} has no marks for it`);
  writeFileSync(page, `${text.slice(0, start + marks[0].length)}\n${table}\n\n${text.slice(end)}`);
}
