/** A table with its title, as the terminal and the page show it. */
export interface Section {
  readonly title: string;
  /** The head, then a row for each that was measured; the first cell of each is a name. */
  readonly cells: readonly (readonly string[])[];
  readonly verdicts: readonly Verdict[];
  /** Whom Switchboard is ahead of and behind, with its figure in multiples of theirs. */
  readonly ahead: readonly string[];
  readonly behind: readonly string[];
  /** What one must know to read it. */
  readonly remarks: readonly string[];
}

/** A bar of an issue. */
export interface Verdict {
  readonly text: string;
  /** Undefined where what is compared was not measured. */
  readonly isMet: boolean | undefined;
}

/** What a figure has to be. */
export interface Bar {
  readonly name: string;
  readonly value: number | undefined;
  readonly least?: number;
  readonly most?: number;
}

/** Judged as it is printed: 1.004 is not said to miss 1.00. */
export function judgeBar({ least, most, name, value }: Bar): Verdict {
  const limit = least ?? most ?? Number.NaN;
  const isKnown = value !== undefined && !Number.isNaN(value);
  const digits = limit >= 10 ? 0 : 2;
  const printed = isKnown ? Number(value.toFixed(digits)) : Number.NaN;
  const isMet = isKnown ? (least === undefined ? printed <= limit : printed >= limit) : undefined;
  const figure = isKnown ? value.toFixed(digits) : "not measured";
  return { text: `${name} ${figure}, at ${least === undefined ? "most" : "least"} ${limit.toFixed(digits)}`, isMet };
}

/** A verdict in words. */
export function wordsOf({ text, isMet }: Verdict): string {
  return `${text}: ${isMet === undefined ? "no verdict" : isMet ? "met" : "NOT met"}`;
}

/** Three figures are what the machine is good for. */
export function number(value: number): string {
  if (Number.isNaN(value)) return "-";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return Math.abs(value) < 0.005 ? "0" : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** A multiple of somebody's figure. */
export function ratio(value: number): string {
  return Number.isNaN(value) ? "-" : value.toFixed(2);
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** The section for a terminal. */
export function formatSection({ cells, remarks, title, verdicts }: Section): string {
  const widths = (cells[0] ?? []).map((_head, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  return [title, ...lines, ...remarks, ...verdicts.map((verdict) => `bar: ${wordsOf(verdict)}`)].join("\n");
}
