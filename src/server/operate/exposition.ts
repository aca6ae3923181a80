/** Metrics as Prometheus reads them: https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4. */
import type { Histogram } from "./histogram.ts";

/** A number, and what tells it from the others of its family. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All numbers of one name. Names and units follow https://prometheus.io/docs/practices/naming/. */
export type Family = { readonly name: string; readonly help: string } & (
  | { readonly type: "counter" | "gauge"; readonly samples: readonly Sample[] }
  | { readonly type: "histogram"; readonly histogram: Histogram }
  /** Without quantiles: how many, and how much in all. */
  | { readonly type: "summary"; readonly count: number; readonly sum: number }
);

export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

export function writeExposition(families: readonly Family[]): string {
  return families.map(writeFamily).join("");
}

function writeFamily(family: Family): string {
  const { help, name, type } = family;
  const lines = [`# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`, `# TYPE ${name} ${type}`];
  return `${[...lines, ...writeSamples(family)].join("\n")}\n`;
}

function writeSamples(family: Family): readonly string[] {
  const { name } = family;
  switch (family.type) {
    case "histogram": {
      const { bounds, count, cumulative, sum } = family.histogram;
      const buckets = bounds.map((bound, index) =>
        writeSample(`${name}_bucket`, cumulative[index] ?? 0, { le: String(bound) }),
      );
      const all = writeSample(`${name}_bucket`, count, { le: "+Inf" });
      return [...buckets, all, writeSample(`${name}_sum`, sum), writeSample(`${name}_count`, count)];
    }
    case "summary":
      return [writeSample(`${name}_sum`, family.sum), writeSample(`${name}_count`, family.count)];
    default:
      return family.samples.map(({ labels, value }) => writeSample(name, value, labels));
  }
}

function writeSample(name: string, value: number, labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
