import type { ConnectionRow, SortColumns, TableQuery } from "switchboard/console";
import { type ReactElement, useMemo } from "react";
import { useStore } from "../use-store.ts";
import { ConnectionDetail } from "./connection-detail.tsx";
import type { ConsoleSession } from "./console-session.ts";
import { formatAge, formatBytes, formatCount, formatMs } from "./format.ts";
import { TablePanel } from "./table-panel.tsx";
import type { Column } from "./virtual-table.tsx";

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
  const sample = useStore(session.samples).at(-1);
  const atMs = sample?.atMs ?? 0;
  const shownColumns = useMemo(() => columns(atMs), [atMs]);
  return (
    <TablePanel
      session={session}
      table="connections"
      label="Connections"
      columns={shownColumns}
      firstSort="id"
      busyLabel="Slow only"
      placeholder="User, address or id"
      emptyWords={emptyWords}
      detail={(row, pane) => <ConnectionDetail key={row.id} session={session} row={row} {...pane} />}
    />
  );
}

function emptyWords({ filter, isOnlyBusy }: TableQuery<"connections">): string {
  if (filter !== "") return `No connection matches “${filter}”.`;
  return isOnlyBusy ? "Everybody keeps up: no connection is slow." : "Nobody is connected to this node.";
}
