import { type KeyboardEvent, type PointerEvent, type ReactElement, useId, useState } from "react";
import {
  chartHeight,
  chartWidth,
  drawSeries,
  nearestIndex,
  placeOf,
  roundUp,
  type Series,
  type TimeScale,
  timeScaleOf,
} from "./chart-paths.ts";
import { formatTime } from "./format.ts";

/** A chart of the last five minutes: lines, and what they were where the reader points, by pointer or arrow keys. */
export function Chart({
  format,
  leastMax = 1,
  series,
  times,
  title,
}: {
  readonly title: string;
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** The scale's end is never below this, so that a quiet second is not drawn as a storm. */
  readonly leastMax?: number;
}): ReactElement {
  const [pointed, setPointed] = useState<number>();
  const titleId = useId();
  const scale = timeScaleOf(times);
  const all = series.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const max = roundUp(Math.max(leastMax, ...all));
  // Samples move to the left: what is pointed at is a moment, not a place.
  const pointedIndex = pointed === undefined ? -1 : times.indexOf(pointed);
  const index = pointedIndex < 0 ? times.length - 1 : pointedIndex;
  const valueAt = ({ values }: Series): string => {
    const value = values[index];
    return value === undefined ? "–" : format(value);
  };
  const point = (to: number): void => setPointed(times[Math.min(times.length - 1, Math.max(0, to))]);
  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    point(nearestIndex(times, (event.clientX - left) / width, scale));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30 };
    const step = event.key === "Home" ? -times.length : event.key === "End" ? times.length : steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    point(index + step);
  };
  const atMs = times[index];
  const said = series.map((one) => `${one.name} ${valueAt(one)}`).join(", ");
  return (
    <figure className="chart" aria-labelledby={titleId}>
      <figcaption>
        <h3 id={titleId}>{title}</h3>
        <ul className="legend">
          {series.map((one) => (
            <li key={one.name} className={`tone-${one.tone}`}>
              <span className="swatch" aria-hidden="true" />
              {one.name} <b>{valueAt(one)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div
        className="plot"
        role="slider"
        tabIndex={0}
        aria-label={`${title}, over ${scale.spanMs / 60_000} minutes`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, times.length - 1)}
        aria-valuenow={Math.max(0, index)}
        aria-valuetext={atMs === undefined ? "nothing measured yet" : `${formatTime(atMs)}: ${said}`}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setPointed(undefined)}
        onBlur={() => setPointed(undefined)}
        onKeyDown={onKeyDown}
      >
        <Drawing series={series} times={times} scale={scale} max={max} />
        <span className="plot-max">{format(max)}</span>
        {pointedIndex >= 0 && atMs !== undefined && (
          <span className="plot-cross" style={{ insetInlineStart: `${placeOf(atMs, scale) * 100}%` }}>
            <span>{formatTime(atMs)}</span>
          </span>
        )}
      </div>
      <p className="plot-times" aria-hidden="true">
        <span>{scale.spanMs / 60_000} min ago</span>
        <span>now</span>
      </p>
    </figure>
  );
}

function Drawing({
  max,
  scale,
  series,
  times,
}: {
  readonly series: readonly Series[];
  readonly times: readonly number[];
  readonly scale: TimeScale;
  readonly max: number;
}): ReactElement {
  return (
    <svg viewBox={`0 0 ${chartWidth} ${chartHeight}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <path
        className="plot-grid"
        d={`M0 0H${chartWidth}M0 ${chartHeight / 2}H${chartWidth}M0 ${chartHeight}H${chartWidth}`}
      />
      {series.map((one) => {
        const { area, line } = drawSeries(one, { times, scale, max });
        return (
          <g key={one.name} className={`tone-${one.tone}`}>
            <path className="plot-area" d={area} />
            <path className="plot-line" d={line} />
          </g>
        );
      })}
    </svg>
  );
}
