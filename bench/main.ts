import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { type BenchArguments, help, readArguments } from "./arguments.ts";
import { measureWorkload, type Measurement } from "./measure.ts";
import { formatPage } from "./page.ts";
import { describeMachine, formatTable, summarize, type Table } from "./report.ts";
import { suites, type Workload } from "./suites.ts";
import { prepareTools } from "./tools.ts";

async function main(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted.isHelp) console.log(help);
  else await bench(wanted);
}

async function bench({ suites: names, peers, roundCount, isWriting, isJson }: BenchArguments): Promise<void> {
  const workloads = names
    .flatMap((name): readonly Workload[] => suites[name])
    .map((workload) => ({ ...workload, peers: workload.peers.filter((peer) => peers.includes(peer)) }));
  const tools = await prepareTools(peers.filter((peer) => workloads.some((workload) => workload.peers.includes(peer))));
  const notes = [...tools.notes];
  const all: { readonly title: string; readonly measurements: readonly Measurement[] }[] = [];
  const tables: Table[] = [];
  if (!isJson) {
    console.log(`${describeMachine()}; load average ${loadavg()[0]?.toFixed(1)}; medians of ${roundCount} rounds`);
  }
  for (const note of notes) console.error(`note: ${note}`);
  for (const workload of workloads) {
    const onProgress = (line: string): void => console.error(line);
    const measured = await measureWorkload(workload, { tools, roundCount, onProgress });
    const table = summarize(workload, measured.measurements);
    notes.push(...measured.notes);
    tables.push(table);
    all.push({ title: workload.title, measurements: measured.measurements });
    if (!isJson) console.log(`\n${formatTable(table)}`);
  }
  if (isJson) console.log(JSON.stringify({ machine: describeMachine(), roundCount, notes, workloads: all }, null, 2));
  else if (notes.length > 0) console.log(`\n${notes.map((note) => `note: ${note}`).join("\n")}`);
  if (isWriting) {
    writeFileSync(new URL("../docs/guide/comparison.md", import.meta.url), formatPage({ tables, roundCount, notes }));
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
