import { type ReactElement, useState } from "react";
import { useStore } from "../use-store.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import type { ConsoleSession } from "./console-session.ts";
import { formatCount } from "./format.ts";

const words = {
  starting: "Starting",
  ok: "Open",
  unavailable: "Store is away",
  draining: "Draining",
  closed: "Closed",
} as const;

/** How the node is, and the way to let its connections go. */
export function DrainControl({ session }: { readonly session: ConsoleSession }): ReactElement {
  const { phase } = useStore(session.link);
  const sample = useStore(session.samples).at(-1);
  const mayAct = useStore(session.facts)?.scopes.includes("admin") === true;
  const status = sample?.status ?? "starting";
  const away = phase === "lost" ? "No answer" : "Connecting";
  return (
    <div className="node-state">
      <span className={`lamp is-${phase === "live" ? status : "away"}`} title={sample?.reason}>
        {phase === "live" ? words[status] : away}
      </span>
      {mayAct && phase === "live" && (
        <DrainButton session={session} status={status} connectionCount={sample?.connectionCount ?? 0} />
      )}
    </div>
  );
}

function DrainButton({
  connectionCount,
  session,
  status,
}: {
  readonly session: ConsoleSession;
  readonly status: keyof typeof words;
  readonly connectionCount: number;
}): ReactElement | null {
  const [isAsking, setIsAsking] = useState(false);
  if (status === "draining") {
    return (
      <button type="button" className="button small board-button" onClick={() => session.act({ type: "reopen" })}>
        Open again
      </button>
    );
  }
  if (status !== "ok") return null;
  return (
    <>
      <button type="button" className="button small board-button" onClick={() => setIsAsking(true)}>
        Drain…
      </button>
      {isAsking && (
        <DrainDialog
          connectionCount={connectionCount}
          onClose={() => setIsAsking(false)}
          onDrain={(overMs) => session.act({ type: "drain", overMs })}
        />
      )}
    </>
  );
}

function DrainDialog({
  connectionCount,
  onClose,
  onDrain,
}: {
  readonly connectionCount: number;
  readonly onClose: () => void;
  readonly onDrain: (overMs: number) => void;
}): ReactElement {
  const [seconds, setSeconds] = useState(10);
  return (
    <ConfirmDialog
      title="Drain this node"
      confirm="Drain it"
      onClose={onClose}
      onConfirm={() => onDrain(seconds * 1_000)}
    >
      <p>
        It takes no more connections, and lets {formatCount(connectionCount)}{" "}
        {connectionCount === 1 ? "connection" : "connections"} go: each gets its answers first, and is told to come
        back. Nothing is lost.
      </p>
      <p>With other nodes behind a balancer they go there. A lone server refuses them until you open it again.</p>
      <div className="field">
        <label htmlFor="drain-seconds">Over how many seconds</label>
        <input
          id="drain-seconds"
          type="number"
          min={0}
          max={3600}
          required
          value={seconds}
          onChange={(event) => setSeconds(Math.min(3_600, Math.max(0, Math.floor(event.target.valueAsNumber || 0))))}
        />
        <p className="field-hint">0 lets all go at once.</p>
      </div>
    </ConfirmDialog>
  );
}
