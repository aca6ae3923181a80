import type { TableName, TableQuery } from "switchboard/console";
import { useCallback, useDeferredValue, useEffect, useState } from "react";
import type { ConsoleSession } from "./console-session.ts";

/** The query of a table that is on the page, told to the server whenever it changes. */
export interface TableControls<Name extends TableName> {
  readonly query: TableQuery<Name>;
  readonly onSort: (sort: TableQuery<Name>["sort"]) => void;
  readonly onWindow: (from: number, count: number) => void;
  readonly patch: (change: Partial<TableQuery<Name>>) => void;
}

export function useTable<Name extends TableName>(
  session: ConsoleSession,
  table: Name,
  first: Pick<TableQuery<Name>, "sort" | "isDescending">,
): TableControls<Name> {
  const [query, setQuery] = useState<TableQuery<Name>>({
    ...first,
    filter: "",
    isOnlyBusy: false,
    from: 0,
    count: 100,
  });
  const asked = useDeferredValue(query);
  useEffect(() => session.watch(table, asked), [session, table, asked]);
  useEffect(() => () => session.unwatch(table), [session, table]);
  const patch = useCallback((change: Partial<TableQuery<Name>>) => setQuery((now) => ({ ...now, ...change })), []);
  const onWindow = useCallback((from: number, count: number) => {
    setQuery((now) => (now.from === from && now.count === count ? now : { ...now, from, count }));
  }, []);
  // What is sorted by anew begins with the largest; once more turns it round.
  const onSort = useCallback((sort: TableQuery<Name>["sort"]) => {
    setQuery((now) => ({ ...now, sort, isDescending: now.sort === sort ? !now.isDescending : true }));
  }, []);
  return { query, onSort, onWindow, patch };
}
