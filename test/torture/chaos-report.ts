import { describeVerdict } from "../history/check-history.ts";
import { markdownTable } from "../markdown-table.ts";
import { describeOutcome, shownViolationCount, tableOf } from "./report.ts";
import type { TortureOptions, TortureResult } from "./torture.ts";

/** Where and with what it was run. */
export interface ChaosPlace {
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly commit: string;
  readonly node: string;
  /** Their versions; empty where they are not installed. */
  readonly redis: string;
  readonly nats: string;
  readonly machine: string;
}

/** Whether the promise was kept: nothing wrong in the history, and no server that ended though nobody killed it. */
export function isWhole({ faults, verdict }: TortureResult): boolean {
  return verdict.isValid && !faults.has("ended by itself");
}

/** The report of a chaos, as Markdown. */
export function describeChaos(place: ChaosPlace, plan: TortureOptions, result: TortureResult): string {
  const { verdict } = result;
  const shown = { ...verdict, violations: verdict.violations.slice(0, shownViolationCount) };
  return [
    `# Chaos: ${titleOf(plan)}, ${place.startedAt.toISOString().slice(0, 10)}`,
    "",
    `**${isWhole(result) ? "Whole" : "Broken"}: ${describeOutcome(verdict)}${endingsOf(result)}.**`,
    "",
    "## How it was run",
    "",
    ...markdownTable([["what", "value"], ...placeRows(place, plan)]),
    "",
    "```sh",
    `npm run chaos -- --broker ${plan.broker} --nodes ${plan.nodeCount ?? 1} --minutes ${plan.seconds / 60} --seed ${plan.seed}`,
    "```",
    "",
    "The seed decides every fault and their order; the machine's pace decides what clients and nodes are doing when one comes.",
    "",
    "## What was broken",
    "",
    ...markdownTable([["fault", "count"], ...faultRows(result)]),
    "",
    "## What came of it",
    "",
    ...tableOf(result),
    "",
    "The time to delivery is taken outside the faults of nodes and store, but a client's own line may be broken meanwhile, for up to 15 s.",
    "",
    ...(verdict.isValid ? [] : ["```", describeVerdict(shown), "```", ""]),
  ].join("\n");
}

function titleOf({ broker, nodeCount = 1, seconds }: TortureOptions): string {
  return `${broker}, ${nodeCount} ${nodeCount === 1 ? "node" : "nodes"}, ${Math.round(seconds / 6) / 10} minutes`;
}

function endingsOf({ faults }: TortureResult): string {
  const count = faults.get("ended by itself") ?? 0;
  return count === 0 ? "" : `; ${count} times a server had ended by itself`;
}

function placeRows(place: ChaosPlace, plan: TortureOptions): readonly (readonly [string, string])[] {
  const { broker, nodeCount = 1, seconds, seed } = plan;
  const store = broker.startsWith("redis") ? `redis-server ${place.redis}` : `nats-server ${place.nats}`;
  return [
    ["seed", String(seed)],
    ["store", broker === "sqlite" ? "SQLite of Node's build" : store],
    ["nodes", String(nodeCount)],
    ["minutes of faults", String(seconds / 60)],
    ["began, ended", `${place.startedAt.toISOString()}, ${place.endedAt.toISOString()}`],
    ["commit of Switchboard", place.commit],
    ["Node", place.node],
    ["machine", place.machine],
  ];
}

/** The kinds of faults, by the words that the history has for them. */
function faultRows({ faults, hints, lines }: TortureResult): readonly (readonly [string, string])[] {
  const names: Readonly<Record<string, string>> = {
    kill: "node: kill -9",
    commit: "node: kill -9 in mid-commit",
    pause: "node: stands still (SIGSTOP, then SIGCONT)",
    restart: "node: restart",
    "slow disk": "node: slow disk",
    "ended by itself": "node: had ended by itself",
    "link cut": "node to store: cut (RST), for up to 6 s",
    "link silent to the store": "node to store: silent for up to 6 s, requests are lost",
    "link silent from the store": "node to store: silent for up to 6 s, answers are lost",
    "link silent both ways": "node to store: silent for up to 6 s, both ways",
    "store paused": "store: stands still for up to 6 s",
    "store killed": "store: kill -9, and started again on its data",
    failover: "store: the server that leads it dies, another takes its place",
  };
  const order = Object.keys(names);
  const known = [...faults].sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
  return [
    ...known.map(([kind, count]): readonly [string, string] => [names[kind] ?? kind, String(count)]),
    ...(hints.told === 0 ? [] : [["hints lost, of those told", `${hints.lost} of ${hints.told}`] as const]),
    [
      "clients' lines: closed / reset / half-open / stalled",
      `${lines.close} / ${lines.reset} / ${lines["half-open"]} / ${lines.stalled}`,
    ],
  ];
}
