import { readFileSync, writeFileSync } from "node:fs";
import { number } from "./section.ts";

/** What `docs/guide/scale.md` counts with, of one store. Measured by `npm run bench -- nodes`, never typed. */
export interface Costs {
  readonly deliveryMicros: number;
  readonly publishMicros: number;
  readonly hintMicros: number;
  readonly storePublishMicros: number;
  readonly storeHintMicros: number;
  readonly probeMicros: number;
  readonly storeProbeMicros: number;
  readonly resumeMicros: number;
  readonly connectionBytes: number;
}

/** What each is, in words. */
export const costNames: Readonly<Record<keyof Costs, string>> = {
  deliveryMicros: "node: a delivery to one more subscriber, us of CPU",
  publishMicros: "node: a publish taken, stored and acknowledged, us",
  hintMicros: "node: a message heard from another node, us",
  storePublishMicros: "store: a publish, told to one node, us",
  storeHintMicros: "store: the announcement to one more node, us",
  probeMicros: "node: a look whether the log of a channel has more than was announced, us",
  storeProbeMicros: "store: that look, us",
  resumeMicros: "node: a client that comes back and resumes, us",
  connectionBytes: "node: a connection with its subscription, bytes of RSS",
};

/** The costs, on which machine, by which command. */
export interface Capacity {
  readonly machine: string;
  readonly command: string;
  readonly costs: { readonly redis: Costs; readonly jetstream: Costs };
}

const file = new URL("capacity.json", import.meta.url);
const page = new URL("../docs/guide/scale.md", import.meta.url);
const marks = ["<!-- costs: written by `npm run bench -- nodes --write` -->\n", "<!-- /costs -->"] as const;

export function readCapacity(): Capacity {
  return JSON.parse(readFileSync(file, "utf8")) as Capacity; // written by the function below
}

/** Keeps the costs, and renews the page's table of them. */
export function writeCapacity(capacity: Capacity): void {
  writeFileSync(file, `${JSON.stringify(capacity, undefined, 2)}\n`);
  writeFileSync(page, renewTable(readFileSync(page, "utf8"), capacity));
}

/** The page with this table between its marks. @throws if it has none. */
export function renewTable(text: string, capacity: Capacity): string {
  const [start, end] = marks.map((mark) => text.indexOf(mark)) as [number, number];
  if (start < 0 || end < start) throw new Error("Cannot write the costs: docs/guide/scale.md has no marks for them");
  return `${text.slice(0, start + marks[0].length)}\n${formatCosts(capacity)}\n\n${text.slice(end)}`;
}

function formatCosts({ command, costs, machine }: Capacity): string {
  const rows = (Object.entries(costNames) as [keyof Costs, string][]).map(
    ([key, name]) => `| ${name} | ${number(costs.redis[key])} | ${number(costs.jetstream[key])} |`,
  );
  return [
    "| what one costs | Redis | JetStream |",
    "|---|---:|---:|",
    ...rows,
    "",
    `Measured by \`${command}\` on ${machine}.`,
  ].join("\n");
}
