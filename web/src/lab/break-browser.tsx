import { type ReactElement, useState } from "react";
import { useStore } from "../use-store.ts";
import type { LabPageSession } from "./lab-page-session.ts";
import { misdeeds, type MisdeedWords } from "./misdeed-words.ts";

/** A server with faults, against the page's own browser. */
export function BreakBrowser({ session }: { readonly session: LabPageSession }): ReactElement {
  const [chosen, setChosen] = useState<MisdeedWords>();
  return (
    <div className="bench">
      <h3>Your browser, by a server that does it wrong</h3>
      <p>
        Each of these is a real connection of this page, on which the server breaks one rule. Your browser has to
        notice.
      </p>
      <div className="form-buttons" role="group" aria-label="Faults of a server">
        {misdeeds.map((words) => (
          <button
            key={words.misdeed}
            type="button"
            className="button quiet small"
            aria-pressed={chosen === words}
            onClick={() => {
              setChosen(words);
              session.connect({ misdeed: words.misdeed });
            }}
          >
            {words.title}
          </button>
        ))}
      </div>
      {chosen !== undefined && <Verdict words={chosen} session={session} />}
    </div>
  );
}

function Verdict({ words, session }: { readonly words: MisdeedWords; readonly session: LabPageSession }): ReactElement {
  const line = useStore(session.line);
  const { frames } = useStore(session.course);
  const close = frames.find(({ direction, opcode }) => direction === "in" && opcode === "close");
  const said = close && close.payload.length >= 2 ? (close.payload[0] ?? 0) * 256 + (close.payload[1] ?? 0) : undefined;
  return (
    <div className="answer" aria-live="polite">
      <h4>{words.title}</h4>
      <p>
        {words.rule} <span className="lab-note">{words.source}</span>
      </p>
      <p>
        {line.phase === "closed"
          ? `Your browser ${line.wasOpen === true ? "opened the connection, noticed, and ended it" : "never opened it"}. The page is told ${line.code ?? 1006}, and nothing of why.`
          : line.phase === "connecting"
            ? "Connecting…"
            : "Your browser has not noticed anything."}
      </p>
      {said !== undefined && <p>To the server it said {said} in its close frame.</p>}
      {line.phase === "closed" && (
        <button type="button" className="button quiet small" onClick={() => session.connect()}>
          Open a right one again
        </button>
      )}
    </div>
  );
}
