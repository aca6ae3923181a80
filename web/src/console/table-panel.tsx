import type { SortColumns, TableName, TableQuery, TableRows } from "switchboard/console";
import { type ReactElement, useState } from "react";
import { useStore } from "../use-store.ts";
import type { ConsoleSession } from "./console-session.ts";
import { TableTools } from "./table-tools.tsx";
import { useTable } from "./use-table.ts";
import { type Column, VirtualTable } from "./virtual-table.tsx";

export interface TablePanelProps<Name extends TableName> {
  readonly session: ConsoleSession;
  readonly table: Name;
  readonly label: string;
  readonly columns: readonly Column<TableRows[Name], SortColumns[Name]>[];
  /** What it is sorted by at first, the largest first. */
  readonly firstSort: SortColumns[Name];
  readonly busyLabel: string;
  readonly placeholder: string;
  /** Stands where no row matches. */
  emptyWords(query: TableQuery<Name>): string;
  /** Stands beside the table: the row that was chosen, as it is now or, once it is not current, as it was last. */
  detail(row: TableRows[Name], pane: { readonly isCurrent: boolean; readonly onClose: () => void }): ReactElement;
}

/** A table with what stands above it, and beside it one of its rows. */
export function TablePanel<Name extends TableName>(props: TablePanelProps<Name>): ReactElement {
  const { columns, firstSort, label, session, table } = props;
  const state = useStore(session.tables[table]);
  const { onFilter, onSort, onWindow, query } = useTable(session, table, firstSort);
  const [chosen, setChosen] = useState<TableRows[Name]>();
  const current = state.rows.find(({ id }) => id === chosen?.id);
  const shown = current ?? chosen;
  return (
    <div className={shown === undefined ? "panel" : "panel has-detail"}>
      <div className="panel-main">
        <TableTools
          {...query}
          {...state}
          busyLabel={props.busyLabel}
          placeholder={props.placeholder}
          onChange={onFilter}
        />
        <VirtualTable
          label={label}
          columns={columns}
          rows={state.rows}
          from={state.from}
          rowCount={state.matchedCount}
          sort={query.sort}
          isDescending={query.isDescending}
          onSort={onSort}
          onWindow={onWindow}
          chosen={chosen?.id}
          onChoose={setChosen}
        />
        {state.isKnown && state.matchedCount === 0 && <p className="empty over-grid">{props.emptyWords(query)}</p>}
      </div>
      {shown !== undefined &&
        props.detail(shown, { isCurrent: current !== undefined, onClose: () => setChosen(undefined) })}
    </div>
  );
}
