import type { TableName, TableQuery } from "switchboard/console";
import { useCallback, useDeferredValue, useEffect, useState } from "react";
import type { ConsoleSession } from "./console-session.ts";

/** The query of a table that is on the page, told to the server whenever it changes. */
export interface TableControls<Name extends TableName> {
  readonly query: TableQuery<Name>;
  readonly onSort: (sort: TableQuery<Name>["sort"]) => void;
  readonly onWindow: (from: number, count: number) => void;
  /** Other rows match: the first of them is shown. */
  readonly onFilter: (change: { readonly filter?: string; readonly isOnlyBusy?: boolean }) => void;
}

export function useTable<Name extends TableName>(
  session: ConsoleSession,
  table: Name,
  firstSort: TableQuery<Name>["sort"],
): TableControls<Name> {
  const [query, setQuery] = useState<TableQuery<Name>>({
    sort: firstSort,
    isDescending: true,
    filter: "",
    isOnlyBusy: false,
    from: 0,
    count: 100,
  });
  const asked = useDeferredValue(query);
  useEffect(() => session.watch(table, asked), [session, table, asked]);
  useEffect(() => () => session.unwatch(table), [session, table]);
  const onFilter = useCallback((change: { readonly filter?: string; readonly isOnlyBusy?: boolean }) => {
    setQuery((now) => ({ ...now, ...change, from: 0 }));
  }, []);
  const onWindow = useCallback((from: number, count: number) => {
    setQuery((now) => (now.from === from && now.count === count ? now : { ...now, from, count }));
  }, []);
  // What is sorted by anew begins with the largest; once more turns it round.
  const onSort = useCallback((sort: TableQuery<Name>["sort"]) => {
    setQuery((now) => ({ ...now, sort, isDescending: now.sort === sort ? !now.isDescending : true }));
  }, []);
  return { query, onSort, onWindow, onFilter };
}
