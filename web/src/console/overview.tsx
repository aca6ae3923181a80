import type { ConsoleSample, Spread } from "switchboard/console";
import type { ReactElement } from "react";
import { useStore } from "../use-store.ts";
import { Chart } from "./chart.tsx";
import { drawSeries, timeScaleOf } from "./chart-paths.ts";
import type { ConsoleSession } from "./console-session.ts";
import { FactsList } from "./facts-list.tsx";
import { formatBytes, formatCount, formatMs, formatShare } from "./format.ts";

type Read = (sample: ConsoleSample) => number | undefined;

/** A percentile is nothing where there was nothing to measure. */
function percentile(of: (sample: ConsoleSample) => Spread, name: "p50" | "p99"): Read {
  return (sample) => (of(sample).count === 0 ? undefined : of(sample)[name]);
}

const stored = (sample: ConsoleSample): Spread => sample.stored;
const delivered = (sample: ConsoleSample): Spread => sample.delivered;
const perSecond = (value: number): string => `${formatCount(value)}/s`;
const bytesPerSecond = (value: number): string => `${formatBytes(value)}/s`;

interface ChartSpec {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly leastMax: number;
  readonly series: readonly (readonly [name: string, tone: 1 | 2, read: Read])[];
}

const charts: readonly ChartSpec[] = [
  {
    title: "Stored and delivered",
    format: perSecond,
    leastMax: 10,
    series: [
      ["deliveries", 1, ({ deliveriesPerSecond }) => deliveriesPerSecond],
      ["publishes", 2, ({ publishesPerSecond }) => publishesPerSecond],
    ],
  },
  {
    title: "Publish to stored",
    format: formatMs,
    leastMax: 1,
    series: [
      ["half within", 1, percentile(stored, "p50")],
      ["99 % within", 2, percentile(stored, "p99")],
    ],
  },
  {
    title: "Publish to delivered",
    format: formatMs,
    leastMax: 1,
    series: [
      ["half within", 1, percentile(delivered, "p50")],
      ["99 % within", 2, percentile(delivered, "p99")],
    ],
  },
  {
    title: "On the wire",
    format: bytesPerSecond,
    leastMax: 1_000,
    series: [
      ["out", 1, ({ bytesOutPerSecond }) => bytesOutPerSecond],
      ["in", 2, ({ bytesInPerSecond }) => bytesInPerSecond],
    ],
  },
  {
    title: "Waiting for receivers",
    format: formatBytes,
    leastMax: 1_000,
    series: [["queued", 1, ({ queuedBytes }) => queuedBytes]],
  },
  {
    title: "Connections opened and closed",
    format: perSecond,
    leastMax: 10,
    series: [
      ["opened", 1, ({ openedPerSecond }) => openedPerSecond],
      ["closed", 2, ({ closedPerSecond }) => closedPerSecond],
    ],
  },
  {
    title: "Frames",
    format: perSecond,
    leastMax: 10,
    series: [
      ["out", 1, ({ messagesOutPerSecond }) => messagesOutPerSecond],
      ["in", 2, ({ messagesInPerSecond }) => messagesInPerSecond],
    ],
  },
  {
    title: "Event loop",
    format: formatShare,
    leastMax: 1,
    series: [["busy", 1, ({ loopShare }) => loopShare]],
  },
  {
    title: "Memory",
    format: formatBytes,
    leastMax: 100e6,
    series: [
      ["process", 1, ({ rssBytes }) => rssBytes],
      ["heap", 2, ({ heapBytes }) => heapBytes],
    ],
  },
];

interface TileSpec {
  readonly label: string;
  readonly read: Read;
  readonly format: (value: number) => string;
  /** Where more of it is to be seen. */
  readonly href?: string;
  readonly isBad?: (value: number) => boolean;
}

const tiles: readonly TileSpec[] = [
  { label: "Connections", read: ({ connectionCount }) => connectionCount, format: formatCount, href: "#connections" },
  { label: "Channels", read: ({ channelCount }) => channelCount, format: formatCount, href: "#channels" },
  { label: "Publishes", read: ({ publishesPerSecond }) => publishesPerSecond, format: perSecond },
  { label: "Deliveries", read: ({ deliveriesPerSecond }) => deliveriesPerSecond, format: perSecond },
  {
    label: "Slow consumers",
    read: ({ slowCount }) => slowCount,
    format: formatCount,
    href: "#connections",
    isBad: (count) => count > 0,
  },
  {
    label: "Refused requests",
    read: ({ refusalsPerSecond }) => refusalsPerSecond,
    format: perSecond,
    isBad: (rate) => rate > 0,
  },
];

/** How the gateway is and was in the last five minutes. */
export function Overview({ session }: { readonly session: ConsoleSession }): ReactElement {
  const samples = useStore(session.samples);
  const facts = useStore(session.facts);
  const times = samples.map(({ atMs }) => atMs);
  return (
    <>
      <section aria-label="Now" className="tiles">
        {tiles.map((tile) => (
          <Tile key={tile.label} tile={tile} samples={samples} />
        ))}
      </section>
      {samples.length === 0 && <p className="empty">The first figures come within a second.</p>}
      <section aria-label="The last five minutes" className="charts">
        {charts.map(({ format, leastMax, series, title }) => (
          <Chart
            key={title}
            title={title}
            times={times}
            format={format}
            leastMax={leastMax}
            series={series.map(([name, tone, read]) => ({ name, tone, values: samples.map(read) }))}
          />
        ))}
      </section>
      {facts !== undefined && <FactsList facts={facts} sample={samples.at(-1)} />}
    </>
  );
}

function Tile({
  samples,
  tile,
}: {
  readonly tile: TileSpec;
  readonly samples: readonly ConsoleSample[];
}): ReactElement {
  const { format, href, isBad, label, read } = tile;
  const last = samples.at(-1);
  const value = last === undefined ? undefined : read(last);
  const bad = value !== undefined && isBad?.(value) === true;
  const content = (
    <>
      <span className="tile-label">{label}</span>
      <span className="tile-value">{value === undefined ? "–" : format(value)}</span>
      <Spark samples={samples} read={read} />
    </>
  );
  const className = bad ? "tile is-bad" : "tile";
  return href === undefined ? (
    <div className={className}>{content}</div>
  ) : (
    <a className={className} href={href}>
      {content}
    </a>
  );
}

/** The course of a number, without a scale. */
function Spark({ read, samples }: { readonly samples: readonly ConsoleSample[]; readonly read: Read }): ReactElement {
  const values = samples.map(read);
  const max = Math.max(1, ...values.filter((value) => value !== undefined)) * 1.1;
  const times = samples.map(({ atMs }) => atMs);
  const { area, line } = drawSeries({ name: "", tone: 1, values }, { times, scale: timeScaleOf(times), max });
  return (
    <svg
      className="spark tone-1"
      viewBox="0 0 1000 100"
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path className="plot-area" d={area} />
      <path className="plot-line" d={line} />
    </svg>
  );
}
