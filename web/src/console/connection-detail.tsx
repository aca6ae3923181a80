import type { ConnectionRow } from "switchboard/console";
import { type ReactElement, useState } from "react";
import { useStore } from "../use-store.ts";
import type { ConsoleSession } from "./console-session.ts";
import { DetailPane } from "./detail-pane.tsx";
import { DisconnectDialog, type DisconnectTarget } from "./disconnect-dialog.tsx";
import { Facts } from "./facts.tsx";
import { formatBytes, formatCount, formatMs, formatTime } from "./format.ts";
import { TapButton } from "./tap-button.tsx";

export function ConnectionDetail({
  isCurrent,
  onClose,
  row,
  session,
}: {
  readonly session: ConsoleSession;
  readonly row: ConnectionRow;
  /** Whether the row is among those that are watched. */
  readonly isCurrent: boolean;
  readonly onClose: () => void;
}): ReactElement {
  const mayAct = useStore(session.facts)?.scopes.includes("admin") === true;
  const [target, setTarget] = useState<DisconnectTarget>();
  const { userId } = row;
  return (
    <DetailPane title={`Connection ${row.id}`} onClose={onClose}>
      {row.isSlow && (
        <p className="hint is-slow">
          It takes less than it is sent. What is stored waits for it in the log, and is not lost.
        </p>
      )}
      {!isCurrent && <p className="hint">It is not in the list any more: this is how it was last.</p>}
      <Facts facts={connectionFacts(row)} />
      <div className="detail-deeds">
        <TapButton session={session} target={{ connection: row.id }} />
        {mayAct && (
          <button
            type="button"
            className="button quiet small"
            onClick={() => setTarget({ type: "disconnect", connection: row.id })}
          >
            Disconnect…
          </button>
        )}
        {mayAct && userId !== undefined && (
          <button
            type="button"
            className="button quiet small"
            onClick={() => setTarget({ type: "disconnectUser", userId })}
          >
            Disconnect the user…
          </button>
        )}
      </div>
      {target !== undefined && (
        <DisconnectDialog
          target={target}
          onClose={() => setTarget(undefined)}
          onAct={(action) => session.act(action)}
        />
      )}
    </DetailPane>
  );
}

function connectionFacts(row: ConnectionRow): readonly (readonly [string, string])[] {
  const received = `${formatCount(row.messagesIn)} messages, ${formatBytes(row.bytesIn)}`;
  const sent = `${formatCount(row.messagesOut)} messages, ${formatBytes(row.bytesOut)}`;
  return [
    ["User", row.userName ?? "–"],
    ["User id", row.userId ?? "not signed in"],
    ["Address", row.address],
    ["Codec", row.protocol],
    ["Opened", formatTime(row.openedAtMs)],
    ["Channels", formatCount(row.channelCount)],
    ["Received", received],
    ["Sent", sent],
    ["Queued", formatBytes(row.queuedBytes)],
    ["Round trip", row.rttMs === undefined ? "not measured yet: only silence is pinged" : formatMs(row.rttMs)],
  ];
}
