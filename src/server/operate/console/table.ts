import { pickSorted } from "./pick-sorted.ts";
import type { TableName, TablePage, TableQuery, TableRows } from "./messages.ts";

/** How the things behind a table are looked at. Rows are made of those alone that are shown. */
export interface TableView<Name extends TableName, Item> {
  readonly name: Name;
  /** All there are, in the order of the column `natural` if it is given. */
  readonly items: readonly Item[];
  readonly natural: TableQuery<Name>["sort"] | undefined;
  row(item: Item): TableRows[Name];
  key(item: Item, column: TableQuery<Name>["sort"]): number | string;
  isBusy(item: Item): boolean;
  /** What the filter looks for its text in. */
  text(item: Item): string;
}

interface Window<Row> {
  readonly totalCount: number;
  readonly matchedCount: number;
  readonly from: number;
  readonly rows: readonly Row[];
}

/** The rows that a query asks for. A window that begins behind the end is the last one. */
export function selectRows<Name extends TableName, Item>(
  view: TableView<Name, Item>,
  query: TableQuery<Name>,
): Window<TableRows[Name]> {
  const matched = filterItems(view, query);
  const from = Math.min(query.from, Math.max(0, matched.length - query.count));
  const window = sortWindow(view, matched, { ...query, from });
  const rows = window.map((item) => view.row(item));
  return { totalCount: view.items.length, matchedCount: matched.length, from, rows };
}

function filterItems<Name extends TableName, Item>(
  view: TableView<Name, Item>,
  { filter, isOnlyBusy }: TableQuery<Name>,
): readonly Item[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === "" && !isOnlyBusy) return view.items;
  return view.items.filter(
    (item) => (!isOnlyBusy || view.isBusy(item)) && (wanted === "" || view.text(item).toLowerCase().includes(wanted)),
  );
}

/** The items of the window, in their order: the others are not sorted. */
function sortWindow<Name extends TableName, Item>(
  view: TableView<Name, Item>,
  items: readonly Item[],
  { count, from, isDescending, sort }: TableQuery<Name>,
): readonly Item[] {
  if (sort === view.natural) {
    if (!isDescending) return items.slice(from, from + count);
    return items.slice(Math.max(0, items.length - from - count), items.length - from).toReversed();
  }
  // Each key is made once. What is equal stays in its order, so that rows do not change places without a reason.
  const sign = isDescending ? -1 : 1;
  const keyed = items.map((item, place) => ({ item, key: view.key(item, sort), place }));
  return pickSorted(keyed, { from, to: from + count }, (a, b) => {
    if (a.key === b.key) return a.place - b.place;
    return a.key < b.key ? -sign : sign;
  }).map(({ item }) => item);
}

/** A window of a table that one page watches: what the page has of it is not sent again. */
export class WatchedTable<Name extends TableName> {
  readonly query: TableQuery<Name>;
  /** The rows that the page has, as text, by their ids. */
  #sent = new Map<TableRows[Name]["id"], string>();
  #head = "";

  constructor(query: TableQuery<Name>) {
    this.query = query;
  }

  /** What to tell the page; nothing if all is as it was. */
  renew<Item>(view: TableView<Name, Item>): TablePage<Name> | undefined {
    const { from, matchedCount, rows, totalCount } = selectRows(view, this.query);
    const order = rows.map(({ id }) => id);
    const texts = new Map(rows.map((row) => [row.id, JSON.stringify(row)] as const));
    const changed = rows.filter(({ id }) => this.#sent.get(id) !== texts.get(id));
    const head = JSON.stringify([totalCount, matchedCount, from, order]);
    if (changed.length === 0 && head === this.#head) return undefined;
    this.#sent = texts;
    this.#head = head;
    return { type: "rows", table: view.name, totalCount, matchedCount, from, order, rows: changed };
  }
}
