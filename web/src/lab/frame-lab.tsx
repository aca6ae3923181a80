import { type FormEvent, type ReactElement, useId, useState } from "react";
import { useStore } from "../use-store.ts";
import { FrameAnatomyView } from "./frame-anatomy-view.tsx";
import { FrameTable } from "./frame-table.tsx";
import type { LabPageSession, LineState } from "./lab-page-session.ts";

const keptFrames = 50;

/** Live frames of the page's connection: send some, have some sent, look into each. */
export function FrameLab({ session }: { readonly session: LabPageSession }): ReactElement {
  const { frames } = useStore(session.course);
  const line = useStore(session.line);
  const [chosen, setChosen] = useState<number>();
  const shown = frames.slice(-keptFrames);
  const frame = shown.find(({ number }) => number === chosen) ?? shown.at(-1);
  return (
    <section id="frames" aria-labelledby="frames-title" className="lab-section">
      <h2 id="frames-title">Frames</h2>
      <p className="lab-facts" role="status">
        {describeLine(line)}
      </p>
      <Senders session={session} isOpen={line.phase === "open"} />
      <FrameTable
        frames={shown}
        empty="Nothing has been sent yet."
        chosen={frame?.number}
        onChoose={(number) => setChosen(number)}
      />
      {frame !== undefined && <FrameAnatomyView key={frame.number} frame={frame} />}
    </section>
  );
}

/** What the browser says of the connection. */
function describeLine({ phase, code, reason, wasClean }: LineState): string {
  if (phase === "closed") {
    const how = wasClean === true ? "cleanly" : "uncleanly";
    return `The connection was closed ${how} with ${code ?? 1006}${reason ? ` (${reason})` : ""}.`;
  }
  return {
    none: "No connection yet.",
    connecting: "Connecting…",
    open: "The connection is open.",
    closing: "Closing…",
  }[phase];
}

function Senders({ session, isOpen }: { readonly session: LabPageSession; readonly isOpen: boolean }): ReactElement {
  const [text, setText] = useState("Hello");
  const [problem, setProblem] = useState("");
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    session.send(text);
  };
  const push = (...[what]: Parameters<LabPageSession["push"]>): void => {
    setProblem("");
    session.push(what).catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  };
  return (
    <>
      <form onSubmit={submit} className="field">
        <label htmlFor={id}>A message</label>
        <input id={id} value={text} maxLength={2000} onChange={(event) => setText(event.target.value)} />
        <div className="form-buttons">
          <button type="submit" className="button primary small" disabled={!isOpen}>
            Send as text
          </button>
          <button
            type="button"
            className="button quiet small"
            disabled={!isOpen}
            onClick={() => session.send(new TextEncoder().encode(text))}
          >
            Send as binary
          </button>
          <button
            type="button"
            className="button quiet small"
            disabled={!isOpen}
            onClick={() => push({ type: "text", text })}
          >
            Have the server say it
          </button>
          <button
            type="button"
            className="button quiet small"
            disabled={!isOpen}
            onClick={() => push({ type: "ping", text: "are you there" })}
          >
            Have the server ping
          </button>
          <button
            type="button"
            className="button quiet small"
            disabled={!isOpen}
            onClick={() => push({ type: "close", code: 1000, reason: "Said the server" })}
          >
            Have the server close
          </button>
          {isOpen ? (
            <button
              type="button"
              className="button quiet small"
              onClick={() => session.close(1000, "Said the browser")}
            >
              Close
            </button>
          ) : (
            <button type="button" className="button primary small" onClick={() => session.connect()}>
              Connect
            </button>
          )}
        </div>
      </form>
      {problem !== "" && (
        <p className="lab-alert" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
