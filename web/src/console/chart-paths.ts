/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** Its place among the chart's colours: 1 or 2. */
  readonly tone: 1 | 2;
  /** One for each sample; undefined where there was nothing to measure. */
  readonly values: readonly (number | undefined)[];
}

/** What a chart may span: the least of these that the samples fit in, so that the first minute is not a stroke at the edge. */
const spansMs = [60_000, 120_000, 300_000] as const;
/** So far apart two samples have nothing between them that is known. */
const gapMs = 3_500;
/** Of the drawing's own units, which are stretched to the chart. */
export const [chartWidth, chartHeight] = [1_000, 100] as const;

/** The least round number that is not below: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999_999) ?? value;
}

/** The time along a chart's lower edge. */
export interface TimeScale {
  readonly endMs: number;
  readonly spanMs: number;
}

export function timeScaleOf(times: readonly number[]): TimeScale {
  const endMs = times.at(-1) ?? 0;
  const neededMs = endMs - (times[0] ?? 0);
  return { endMs, spanMs: spansMs.find((spanMs) => spanMs >= neededMs) ?? 300_000 };
}

/** Where a moment is, 0-1. */
export function placeOf(atMs: number, { endMs, spanMs }: TimeScale): number {
  return 1 - (endMs - atMs) / spanMs;
}

/** The runs of samples that lie close enough together to be one line. */
function runsOf(
  times: readonly number[],
  values: Series["values"],
): readonly (readonly (readonly [number, number])[])[] {
  const runs: (readonly [number, number])[][] = [];
  let lastMs = -Infinity;
  for (const [index, atMs] of times.entries()) {
    const value = values[index];
    if (value === undefined) continue;
    if (atMs - lastMs > gapMs) runs.push([]);
    runs.at(-1)?.push([atMs, value]);
    lastMs = atMs;
  }
  return runs;
}

/** The lines of a series, and the area under them, as SVG paths. */
export function drawSeries(
  { values }: Series,
  { max, scale, times }: { readonly times: readonly number[]; readonly scale: TimeScale; readonly max: number },
): { readonly line: string; readonly area: string } {
  const runs = runsOf(times, values).map((run) =>
    run.map(
      ([atMs, value]) => [round(placeOf(atMs, scale) * chartWidth), round(chartHeight * (1 - value / max))] as const,
    ),
  );
  const lines = runs.map((run) => {
    const [first] = run;
    // A sample that stands alone is a short stroke, not nothing.
    const alone = run.length === 1 ? "h2" : "";
    return `M${first?.join(" ")}${run
      .slice(1)
      .map((point) => `L${point.join(" ")}`)
      .join("")}${alone}`;
  });
  const areas = runs.map((run, index) => `${lines[index]}V${chartHeight}H${run[0]?.[0]}Z`);
  return { line: lines.join(""), area: areas.join("") };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The sample nearest to a place, 0-1. */
export function nearestIndex(times: readonly number[], place: number, { endMs, spanMs }: TimeScale): number {
  const atMs = endMs - (1 - place) * spanMs;
  let nearest = -1;
  for (const [index, time] of times.entries()) {
    if (nearest < 0 || Math.abs(time - atMs) < Math.abs((times[nearest] ?? 0) - atMs)) nearest = index;
  }
  return nearest;
}
