import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { type BenchArguments, type GatewaySuiteName, help, readArguments } from "./arguments.ts";
import { writeCapacity } from "./capacity.ts";
import { measureGateway } from "./gateway-suite.ts";
import { prepareGatewayTools } from "./gateway-tools.ts";
import { measureNodes, measurePeer } from "./nodes-suite.ts";
import { prepareNodesTools } from "./nodes-tools.ts";
import { measureWorkload, type Measurement } from "./measure.ts";
import { formatPage } from "./page.ts";
import { formatPagesPage, measurePages } from "./pages-suite.ts";
import { describeMachine, sectionOf, summarize } from "./report.ts";
import { formatSection, type Section } from "./section.ts";
import { measureSoak } from "./soak-suite.ts";
import { measureStalled } from "./stalled-suite.ts";
import { suites, type Workload } from "./suites.ts";
import { prepareTools } from "./tools.ts";

async function main(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted.isHelp) console.log(help);
  else await bench(wanted);
}

/** What was measured so far. */
interface Results {
  readonly sections: Section[];
  readonly notes: string[];
  /** For `--json`. */
  readonly workloads: { readonly title: string; readonly measurements: readonly Measurement[] }[];
}

async function bench(wanted: BenchArguments): Promise<void> {
  const { isJson, isWriting, roundCount } = wanted;
  const results: Results = { sections: [], notes: [], workloads: [] };
  if (!isJson) {
    console.log(`${describeMachine()}; load average ${loadavg()[0]?.toFixed(1)}; medians of ${roundCount} rounds`);
  }
  if (wanted.suites.length > 0) await benchEngine(wanted, results);
  for (const name of wanted.gatewaySuites) {
    if (name === "nodes") await benchNodes(wanted, results);
    else if (name === "pages") await benchPages(wanted, results);
    else await benchGateway(name, wanted, results);
  }
  const { notes, sections, workloads } = results;
  if (isJson) {
    console.log(JSON.stringify({ machine: describeMachine(), roundCount, notes, workloads, sections }, null, 2));
  } else if (notes.length > 0) console.log(`\n${notes.map((note) => `note: ${note}`).join("\n")}`);
  if (isWriting && wanted.suites.length > 0) {
    writeFileSync(new URL("../docs/guide/comparison.md", import.meta.url), formatPage({ sections, roundCount, notes }));
  }
}

async function benchEngine(
  { isJson, peers, roundCount, suites: names }: BenchArguments,
  results: Results,
): Promise<void> {
  const workloads = names
    .flatMap((name): readonly Workload[] => suites[name])
    .map((workload) => ({ ...workload, peers: workload.peers.filter((peer) => peers.includes(peer)) }));
  const tools = await prepareTools(peers.filter((peer) => workloads.some((workload) => workload.peers.includes(peer))));
  tellNotes(tools.notes, results);
  for (const workload of workloads) {
    const measured = await measureWorkload(workload, { tools, roundCount, onProgress });
    results.notes.push(...measured.notes);
    results.workloads.push({ title: workload.title, measurements: measured.measurements });
    tellSection(sectionOf(summarize(workload, measured.measurements)), { isJson, results });
  }
}

async function benchNodes(wanted: BenchArguments, results: Results): Promise<void> {
  const { clientCount, isBesidePeer, isJson, isWriting, roundCount, seconds } = wanted;
  const tools = await prepareNodesTools(isBesidePeer);
  tellNotes(tools.notes, results);
  const options = { tools, roundCount, clientCount, seconds, onProgress };
  if (isBesidePeer) {
    for (const section of await measurePeer(options)) tellSection(section, { isJson, results });
    return;
  }
  const { costs, sections } = await measureNodes(options);
  for (const section of sections) tellSection(section, { isJson, results });
  const command = `npm run bench -- nodes --rounds ${roundCount} --clients ${clientCount} --seconds ${seconds}`;
  if (isWriting) writeCapacity({ machine: describeMachine(), command, costs });
}

async function benchPages({ isJson, isWriting, roundCount }: BenchArguments, results: Results): Promise<void> {
  const sections = await measurePages({ roundCount, onProgress });
  for (const section of sections) tellSection(section, { isJson, results });
  if (isWriting) {
    writeFileSync(new URL("../docs/guide/pages.md", import.meta.url), formatPagesPage({ sections, roundCount }));
  }
}

async function benchGateway(
  name: Exclude<GatewaySuiteName, "nodes" | "pages">,
  wanted: BenchArguments,
  results: Results,
): Promise<void> {
  const { isJson, minutes, roundCount } = wanted;
  const tools = await prepareGatewayTools(name === "gateway" ? "gateway-load" : "stalled-load");
  tellNotes(tools.notes, results);
  try {
    // A round of the stalled readers is three minutes long: one, unless the command is for them alone.
    const stalledRounds = wanted.suites.length === 0 && wanted.gatewaySuites.length === 1 ? roundCount : 1;
    const sections =
      name === "gateway"
        ? await measureGateway({ tools, roundCount, onProgress })
        : name === "stalled"
          ? [await measureStalled({ tools, roundCount: stalledRounds, onProgress })]
          : [await measureSoak({ tools, minutes, onProgress })];
    for (const section of sections) tellSection(section, { isJson, results });
  } finally {
    tools.dispose();
  }
}

function onProgress(line: string): void {
  console.error(line);
}

function tellNotes(notes: readonly string[], results: Results): void {
  for (const note of notes) console.error(`note: ${note}`);
  results.notes.push(...notes.filter((note) => !results.notes.includes(note)));
}

function tellSection(
  section: Section,
  { isJson, results }: { readonly isJson: boolean; readonly results: Results },
): void {
  results.sections.push(section);
  if (!isJson) console.log(`\n${formatSection(section)}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
