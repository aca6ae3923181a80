import type { ChannelRow, SortColumns } from "switchboard/console";
import type { ReactElement } from "react";
import type { ConsoleSession } from "./console-session.ts";
import { DetailPane } from "./detail-pane.tsx";
import { Facts } from "./facts.tsx";
import { formatBytes, formatCount } from "./format.ts";
import { TablePanel } from "./table-panel.tsx";
import { TapButton } from "./tap-button.tsx";
import type { Column } from "./virtual-table.tsx";

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
  return (
    <TablePanel
      session={session}
      table="channels"
      label="Channels"
      columns={columns}
      firstSort="subscriberCount"
      busyLabel="With subscribers"
      placeholder="Name of a channel"
      emptyWords={({ filter }) =>
        filter === "" ? "No channel is followed: nobody is subscribed." : `No channel matches “${filter}”.`
      }
      detail={(row, { onClose }) => <ChannelDetail key={row.id} session={session} row={row} onClose={onClose} />}
    />
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
      <Facts facts={facts} />
      <div className="detail-deeds">
        <TapButton session={session} target={{ channel: row.id }} />
      </div>
    </DetailPane>
  );
}
