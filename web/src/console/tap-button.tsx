import type { TapTarget } from "switchboard/console";
import type { ReactElement } from "react";
import type { ConsoleSession } from "./console-session.ts";

/** Starts a tap, and shows what it sees. */
export function TapButton({
  session,
  target,
}: {
  readonly session: ConsoleSession;
  readonly target: TapTarget;
}): ReactElement {
  return (
    <button
      type="button"
      className="button primary small"
      onClick={() => {
        session.startTap(target);
        location.hash = "tap";
      }}
    >
      Tap its frames
    </button>
  );
}
