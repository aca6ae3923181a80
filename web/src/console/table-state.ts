import type { TableName, TablePage, TableRows } from "switchboard/console";

/** The rows of a table that the page has. */
export interface TableState<Name extends TableName> {
  readonly totalCount: number;
  readonly matchedCount: number;
  /** The place of the first of `rows`. */
  readonly from: number;
  readonly rows: readonly TableRows[Name][];
  /** Whether the server has told of them. */
  readonly isKnown: boolean;
}

/** Nothing was told yet. */
export function emptyTable<Name extends TableName>(): TableState<Name> {
  return { totalCount: 0, matchedCount: 0, from: 0, rows: [], isKnown: false };
}

/** The rows as they are now: those that came, and those that the page had and are as they were. */
export function applyPage<Name extends TableName>(state: TableState<Name>, page: TablePage<Name>): TableState<Name> {
  const { from, matchedCount, order, rows, totalCount } = page;
  const known = new Map([...state.rows, ...rows].map((row) => [row.id, row] as const));
  // A row that the page has not is one that it was told before it watched something else: the server tells it again.
  const now = order.flatMap((id) => known.get(id) ?? []);
  return { totalCount, matchedCount, from, rows: now, isKnown: true };
}
