import type { ReactElement } from "react";
import type { ConsoleSession, Link } from "./console-session.ts";
import { formatTime } from "./format.ts";
import { useNow } from "./use-now.ts";

/** Says that what is shown is old, how old, and what is done about it; nothing while all is well. */
export function LinkBanner({
  link,
  session,
}: {
  readonly session: ConsoleSession;
  readonly link: Link;
}): ReactElement | null {
  if (link.phase !== "lost") return null;
  return (
    <div className="link-banner">
      <p role="alert">
        <strong>The gateway does not answer.</strong> What you see is how it was at {formatTime(link.sinceMs)}.
        {link.reason !== "" && ` It said: ${link.reason}.`}
      </p>
      <p className="link-retry">
        <Countdown toMs={link.retryAtMs} />
        <button type="button" className="button small quiet" onClick={() => session.retry()}>
          Try now
        </button>
      </p>
    </div>
  );
}

function Countdown({ toMs }: { readonly toMs: number }): ReactElement {
  const seconds = Math.max(0, Math.ceil((toMs - useNow()) / 1_000));
  return <span>{seconds === 0 ? "Trying…" : `Next try in ${seconds} s`}</span>;
}
