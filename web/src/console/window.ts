import { maxWatchedCount } from "switchboard/console";

/** Rows are asked for in steps of so many, so that a little scrolling asks for nothing. */
const stepCount = 25;
/** Drawn beyond the edges, so that there is something when they move. */
const spareCount = 4;

/** What of a long table is drawn, and what is asked for. */
export interface TableWindow {
  readonly first: number;
  readonly count: number;
  readonly askFrom: number;
  readonly askCount: number;
}

/** All in pixels but `rowCount`. */
export function windowOf({
  height,
  rowCount,
  rowPx,
  top,
}: {
  readonly top: number;
  readonly height: number;
  readonly rowPx: number;
  readonly rowCount: number;
}): TableWindow {
  const first = Math.max(0, Math.min(Math.floor(top / rowPx), rowCount) - spareCount);
  const last = Math.min(rowCount, Math.ceil((top + height) / rowPx) + spareCount);
  const askFrom = Math.max(0, (Math.floor(first / stepCount) - 1) * stepCount);
  const inSight = Math.ceil(height / rowPx) + 2 * spareCount;
  const askCount = Math.min(maxWatchedCount, Math.ceil(inSight / stepCount) * stepCount + 3 * stepCount);
  return { first, count: Math.max(0, last - first), askFrom, askCount };
}

/** Where a key leads from a row; undefined for a key that leads nowhere. */
export function moveBy(
  key: string,
  { active, pageCount, rowCount }: { readonly active: number; readonly rowCount: number; readonly pageCount: number },
): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: pageCount,
    PageUp: -pageCount,
    Home: -rowCount,
    End: rowCount,
  };
  const step = steps[key];
  return step === undefined ? undefined : Math.max(0, Math.min(rowCount - 1, active + step));
}
