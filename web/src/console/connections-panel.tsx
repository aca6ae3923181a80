import type { ConnectionRow, SortColumns } from "switchboard/console";
import { type ReactElement, useMemo, useState } from "react";
import { useStore } from "../use-store.ts";
import { ConnectionDetail } from "./connection-detail.tsx";
import type { ConsoleSession } from "./console-session.ts";
import { formatAge, formatBytes, formatCount, formatMs } from "./format.ts";
import { TableTools } from "./table-tools.tsx";
import { useTable } from "./use-table.ts";
import { type Column, VirtualTable } from "./virtual-table.tsx";

type Connection = Column<ConnectionRow, SortColumns["connections"]>;

const columns = (nowMs: number): readonly Connection[] => [
  { name: "Id", sort: "id", width: "4.5rem", hideBelowPx: 600, cell: ({ id }) => id },
  { name: "User", sort: "user", width: "minmax(9rem, 1.6fr)", cell: (row) => <UserCell row={row} /> },
  { name: "Address", sort: "address", width: "minmax(7rem, 1fr)", hideBelowPx: 720, cell: ({ address }) => address },
  {
    name: "Codec",
    sort: "protocol",
    width: "minmax(4.5rem, 0.6fr)",
    hideBelowPx: 1_040,
    cell: ({ protocol }) => protocol,
  },
  {
    name: "Open",
    sort: "openedAtMs",
    width: "5.5rem",
    isNumber: true,
    hideBelowPx: 600,
    cell: ({ openedAtMs }) => formatAge(nowMs - openedAtMs),
  },
  {
    name: "In",
    sort: "messagesIn",
    width: "4.5rem",
    isNumber: true,
    hideBelowPx: 800,
    cell: ({ messagesIn }) => formatCount(messagesIn),
  },
  {
    name: "Out",
    sort: "messagesOut",
    width: "4.5rem",
    isNumber: true,
    hideBelowPx: 800,
    cell: ({ messagesOut }) => formatCount(messagesOut),
  },
  {
    name: "Sent",
    sort: "bytesOut",
    width: "minmax(4.5rem, 5.5rem)",
    isNumber: true,
    cell: ({ bytesOut }) => formatBytes(bytesOut),
  },
  {
    name: "Queued",
    sort: "queuedBytes",
    width: "minmax(4.5rem, 5.5rem)",
    isNumber: true,
    cell: ({ isSlow, queuedBytes }) => (
      <span className={isSlow ? "mark is-slow" : undefined}>{formatBytes(queuedBytes)}</span>
    ),
  },
  {
    name: "Round trip",
    sort: "rttMs",
    width: "5.5rem",
    isNumber: true,
    hideBelowPx: 960,
    cell: ({ rttMs }) => (rttMs === undefined ? "–" : formatMs(rttMs)),
  },
];

function UserCell({ row: { address, id, userId, userName } }: { readonly row: ConnectionRow }): ReactElement {
  return (
    <span className="two-lines">
      <span>{userName ?? userId ?? <i>not signed in</i>}</span>
      <small>
        {id} · {address}
      </small>
    </span>
  );
}

/** Everybody who is connected. */
export function ConnectionsPanel({ session }: { readonly session: ConsoleSession }): ReactElement {
  const state = useStore(session.connections);
  const sample = useStore(session.samples).at(-1);
  const { onSort, onWindow, patch, query } = useTable(session, "connections", { sort: "id", isDescending: true });
  const atMs = sample?.atMs ?? 0;
  const shownColumns = useMemo(() => columns(atMs), [atMs]);
  const [chosen, setChosen] = useState<ConnectionRow>();
  // As it is now, while it is among the rows that the page has.
  const current = state.rows.find(({ id }) => id === chosen?.id);
  const detail = current ?? chosen;
  return (
    <div className={detail === undefined ? "panel" : "panel has-detail"}>
      <div className="panel-main">
        <TableTools
          {...query}
          {...state}
          busyLabel="Slow only"
          placeholder="User, address or id"
          onChange={(change) => patch({ ...change, from: 0 })}
        />
        <VirtualTable
          label="Connections"
          columns={shownColumns}
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
        {state.isKnown && state.matchedCount === 0 && (
          <Nobody hasFilter={query.filter !== ""} isOnlyBusy={query.isOnlyBusy} filter={query.filter} />
        )}
      </div>
      {detail !== undefined && (
        <ConnectionDetail
          key={detail.id}
          session={session}
          row={detail}
          isCurrent={current !== undefined}
          onClose={() => setChosen(undefined)}
        />
      )}
    </div>
  );
}

function Nobody({
  filter,
  hasFilter,
  isOnlyBusy,
}: {
  readonly filter: string;
  readonly hasFilter: boolean;
  readonly isOnlyBusy: boolean;
}): ReactElement {
  const words = hasFilter
    ? `No connection matches “${filter}”.`
    : isOnlyBusy
      ? "Everybody keeps up: no connection is slow."
      : "Nobody is connected to this node.";
  return <p className="empty over-grid">{words}</p>;
}
