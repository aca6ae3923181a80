import {
  memo,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useNarrow } from "./use-narrow.ts";
import { moveBy, windowOf } from "./window.ts";

/** A column of a table. */
export interface Column<Row, Sort extends string> {
  readonly name: string;
  /** What the server sorts it by; a column without one is not sorted. */
  readonly sort?: Sort;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  /** Hidden where the table is narrower, in pixels. Default never. */
  readonly hideBelowPx?: number;
  /** Its share of the width, as CSS has it. */
  readonly width: string;
  cell(row: Row): ReactNode;
}

const [wideRowPx, narrowRowPx] = [38, 60] as const;

export interface VirtualTableProps<Row extends { readonly id: number | string }, Sort extends string> {
  readonly label: string;
  readonly columns: readonly Column<Row, Sort>[];
  readonly rows: readonly Row[];
  /** The place of the first of `rows` among all. */
  readonly from: number;
  readonly rowCount: number;
  readonly sort: Sort;
  readonly isDescending: boolean;
  readonly onSort: (sort: Sort) => void;
  /** Other rows are in sight than before. */
  readonly onWindow: (from: number, count: number) => void;
  readonly chosen: Row["id"] | undefined;
  readonly onChoose: (row: Row) => void;
}

/** A table of any length: rows that are in sight are drawn, and those around them asked for. */
export function VirtualTable<Row extends { readonly id: number | string }, Sort extends string>(
  props: VirtualTableProps<Row, Sort>,
): ReactElement {
  const { columns, from, label, onChoose, onWindow, rowCount, rows } = props;
  const isNarrow = useNarrow();
  const rowPx = isNarrow ? narrowRowPx : wideRowPx;
  const body = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState({ top: 0, height: 600 });
  const [width, setWidth] = useState(1_000);
  const [active, setActive] = useState(0);
  const id = useId();
  const shown = windowOf({ ...scroll, rowPx, rowCount });
  useEffect(() => onWindow(shown.askFrom, shown.askCount), [shown.askFrom, shown.askCount, onWindow]);
  useLayoutEffect(() => {
    const element = body.current;
    if (element === null) return undefined;
    const measure = (): void => {
      setScroll({ top: element.scrollTop, height: element.clientHeight });
      setWidth(element.clientWidth);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const shownColumns = useMemo(() => columns.filter(({ hideBelowPx = 0 }) => width >= hideBelowPx), [columns, width]);
  const template = shownColumns.map(({ width }) => width).join(" ");
  // The row that arrow keys led to is focused once it is drawn.
  const wantsFocus = useRef(false);
  useEffect(() => {
    const row = wantsFocus.current ? document.getElementById(`${id}-${active}`) : null;
    row?.focus({ preventScroll: true });
    if (row !== null) wantsFocus.current = false;
  });
  // A row that is opened before it is there is opened when it is.
  const wantsOpen = useRef(-1);
  useEffect(() => {
    const row = wantsOpen.current === active ? rows[active - from] : undefined;
    if (row === undefined) return;
    wantsOpen.current = -1;
    onChoose(row);
  });
  const choose = (index: number): void => {
    const row = rows[index - from];
    setActive(index);
    if (row === undefined) wantsOpen.current = index;
    else onChoose(row);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") return choose(active);
    const next = moveBy(event.key, { active, rowCount, pageCount: Math.floor(scroll.height / rowPx) - 1 });
    if (next === undefined) return;
    event.preventDefault();
    wantsFocus.current = true;
    setActive(next);
    scrollTo(body.current, next, rowPx);
  };
  // One row is in the order of Tab: the active one, or, when that is scrolled away, the first in sight.
  const isActiveShown = active >= shown.first && active < shown.first + shown.count;
  const tabbed = isActiveShown ? active : shown.first;
  return (
    <div className="grid" role="grid" aria-label={label} aria-rowcount={rowCount + 1}>
      <HeadRow {...props} columns={shownColumns} template={template} />
      <div
        ref={body}
        className="grid-body"
        role="rowgroup"
        onScroll={({ currentTarget }) => {
          // What is drawn changes with the row at the top, not with every pixel.
          const top = Math.floor(currentTarget.scrollTop / rowPx) * rowPx;
          setScroll((now) => (now.top === top ? now : { ...now, top }));
        }}
      >
        <div className="grid-space" style={{ height: rowCount * rowPx }} role="presentation">
          {Array.from({ length: shown.count }, (_, offset) => shown.first + offset).map((index) => {
            const row = rows[index - from];
            return (
              <div
                key={index}
                id={`${id}-${index}`}
                role="row"
                tabIndex={index === tabbed ? 0 : -1}
                aria-rowindex={index + 2}
                aria-selected={row !== undefined && row.id === props.chosen}
                className="grid-row"
                style={{ transform: `translateY(${index * rowPx}px)`, height: rowPx, gridTemplateColumns: template }}
                onFocus={() => setActive(index)}
                onKeyDown={onKeyDown}
                onClick={() => choose(index)}
              >
                <Cells columns={shownColumns} row={row} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** A row's cells: drawn again when the row or the columns are others, not when the table is scrolled. */
function CellsOf<Row, Sort extends string>({
  columns,
  row,
}: {
  readonly columns: readonly Column<Row, Sort>[];
  /** Undefined while it is not there yet. */
  readonly row: Row | undefined;
}): ReactElement {
  return (
    <>
      {columns.map((column) => (
        <div key={column.name} role="gridcell" className={column.isNumber === true ? "is-number" : undefined}>
          {row === undefined ? <span className="grid-blank" /> : column.cell(row)}
        </div>
      ))}
    </>
  );
}

// `memo` forgets that it was generic.
const Cells = memo(CellsOf) as typeof CellsOf;

function HeadRow<Row extends { readonly id: number | string }, Sort extends string>({
  columns,
  isDescending,
  onSort,
  sort,
  template,
}: VirtualTableProps<Row, Sort> & { readonly template: string }): ReactElement {
  const direction = isDescending ? "descending" : "ascending";
  return (
    <div className="grid-head" role="rowgroup">
      <div role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
        {columns.map((column) => (
          <div
            key={column.name}
            role="columnheader"
            aria-sort={column.sort === sort ? direction : "none"}
            className={column.isNumber === true ? "is-number" : undefined}
          >
            {column.sort === undefined ? (
              column.name
            ) : (
              <button type="button" onClick={() => column.sort !== undefined && onSort(column.sort)}>
                {column.name}
                <span aria-hidden="true">{column.sort === sort ? (isDescending ? " ↓" : " ↑") : ""}</span>
              </button>
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

function scrollTo(element: HTMLElement | null, index: number, rowPx: number): void {
  if (element === null) return;
  const { clientHeight, scrollTop } = element;
  if (index * rowPx < scrollTop) element.scrollTop = index * rowPx;
  else if ((index + 1) * rowPx > scrollTop + clientHeight) element.scrollTop = (index + 1) * rowPx - clientHeight;
}
