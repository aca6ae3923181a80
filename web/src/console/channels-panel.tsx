import type { ChannelRow, SortColumns } from "switchboard/console";
import { type ReactElement, useState } from "react";
import { useStore } from "../use-store.ts";
import type { ConsoleSession } from "./console-session.ts";
import { DetailPane } from "./detail-pane.tsx";
import { formatBytes, formatCount } from "./format.ts";
import { TableTools } from "./table-tools.tsx";
import { useTable } from "./use-table.ts";
import { type Column, VirtualTable } from "./virtual-table.tsx";

const rate = (value: number | undefined, format: (value: number) => string): string =>
  value === undefined ? "–" : format(value);

const columns: readonly Column<ChannelRow, SortColumns["channels"]>[] = [
  {
    name: "Channel",
    sort: "name",
    width: "minmax(9rem, 2fr)",
    cell: ({ id }) => <span className="channel-name">{id}</span>,
  },
  {
    name: "Subscribers",
    sort: "subscriberCount",
    width: "minmax(5.5rem, 7rem)",
    isNumber: true,
    cell: ({ subscriberCount }) => formatCount(subscriberCount),
  },
  {
    name: "Events/s",
    sort: "eventsPerSecond",
    width: "minmax(5rem, 6rem)",
    isNumber: true,
    cell: ({ eventsPerSecond }) => rate(eventsPerSecond, formatCount),
  },
  {
    name: "Bytes/s",
    sort: "bytesPerSecond",
    width: "6rem",
    isNumber: true,
    hideBelowPx: 640,
    cell: ({ bytesPerSecond }) => rate(bytesPerSecond, formatBytes),
  },
  {
    name: "Sent/s",
    sort: "deliveriesPerSecond",
    width: "6rem",
    isNumber: true,
    hideBelowPx: 640,
    cell: ({ deliveriesPerSecond }) => rate(deliveriesPerSecond, formatCount),
  },
  {
    name: "Offset",
    sort: "offset",
    width: "6.5rem",
    isNumber: true,
    hideBelowPx: 640,
    cell: ({ offset }) => rate(offset, (value) => value.toLocaleString("en")),
  },
  {
    name: "Epoch",
    sort: "epoch",
    width: "10.5rem",
    isNumber: true,
    hideBelowPx: 900,
    cell: ({ epoch }) => <code>{epoch ?? "–"}</code>,
  },
];

/** The channels that this node follows. */
export function ChannelsPanel({ session }: { readonly session: ConsoleSession }): ReactElement {
  const state = useStore(session.channels);
  const { onSort, onWindow, patch, query } = useTable(session, "channels", {
    sort: "subscriberCount",
    isDescending: true,
  });
  const [chosen, setChosen] = useState<ChannelRow>();
  const detail = state.rows.find(({ id }) => id === chosen?.id) ?? chosen;
  return (
    <div className={detail === undefined ? "panel" : "panel has-detail"}>
      <div className="panel-main">
        <TableTools
          {...query}
          {...state}
          busyLabel="With subscribers"
          placeholder="Name of a channel"
          onChange={(change) => patch({ ...change, from: 0 })}
        />
        <VirtualTable
          label="Channels"
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
        {state.isKnown && state.matchedCount === 0 && (
          <p className="empty over-grid">
            {query.filter === ""
              ? "No channel is followed: nobody is subscribed."
              : `No channel matches “${query.filter}”.`}
          </p>
        )}
      </div>
      {detail !== undefined && (
        <ChannelDetail key={detail.id} session={session} row={detail} onClose={() => setChosen(undefined)} />
      )}
    </div>
  );
}

function ChannelDetail({
  onClose,
  row,
  session,
}: {
  readonly session: ConsoleSession;
  readonly row: ChannelRow;
  readonly onClose: () => void;
}): ReactElement {
  const facts: readonly (readonly [string, string])[] = [
    ["Subscribers at this node", formatCount(row.subscriberCount)],
    ["Stored events", rate(row.eventsPerSecond, (value) => `${formatCount(value)}/s`)],
    ["Their length", rate(row.bytesPerSecond, (value) => `${formatBytes(value)}/s`)],
    ["Sent to subscribers", rate(row.deliveriesPerSecond, (value) => `${formatCount(value)}/s`)],
    ["Followed to offset", rate(row.offset, (value) => value.toLocaleString("en"))],
    ["Epoch of its log", row.epoch ?? "not known yet"],
  ];
  return (
    <DetailPane title={row.id} onClose={onClose}>
      <dl className="facts is-narrow">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="detail-deeds">
        <button
          type="button"
          className="button primary small"
          onClick={() => {
            session.startTap({ channel: row.id });
            location.hash = "tap";
          }}
        >
          Tap its frames
        </button>
      </div>
    </DetailPane>
  );
}
