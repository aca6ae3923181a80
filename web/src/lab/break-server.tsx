import type { Attempt, AttemptResult } from "switchboard/lab";
import { type FormEvent, type ReactElement, useId, useState } from "react";
import { describePayload, readFrames } from "./anatomy.ts";
import { presets, rightAttempt } from "./attempt-presets.ts";
import { decodeBase64, latin1Of } from "./bytes.ts";
import type { LabPageSession } from "./lab-page-session.ts";

/** A handshake with faults, against this server. */
export function BreakServer({ session }: { readonly session: LabPageSession }): ReactElement {
  const [attempt, setAttempt] = useState<Attempt>(() => rightAttempt(location.host, location.origin));
  const [result, setResult] = useState<AttemptResult | string>();
  const [isBusy, setIsBusy] = useState(false);
  const run = async (next: Attempt): Promise<void> => {
    setIsBusy(true);
    setResult(
      await session
        .post<AttemptResult>("attempt", { attempt: next })
        .catch((error: unknown) => (error instanceof Error ? error.message : String(error))),
    );
    setIsBusy(false);
  };
  return (
    <div className="bench">
      <h3>The server, by a client that does it wrong</h3>
      <p>
        A browser lets no page send such a thing. This server therefore calls itself, on a real connection, with what
        you write here, and shows what came back.
      </p>
      <div className="form-buttons" role="group" aria-label="Faults of a client">
        {presets(location.host, location.origin).map(({ title, attempt: preset }) => (
          <button
            key={title}
            type="button"
            className="button quiet small"
            disabled={isBusy}
            onClick={() => {
              setAttempt(preset);
              void run(preset);
            }}
          >
            {title}
          </button>
        ))}
      </div>
      <AttemptForm attempt={attempt} isBusy={isBusy} onChange={setAttempt} onRun={run} />
      <div aria-live="polite">
        {typeof result === "string" ? (
          <p className="lab-alert">{result}</p>
        ) : (
          result !== undefined && <AttemptView result={result} />
        )}
      </div>
    </div>
  );
}

function AttemptForm({
  attempt,
  isBusy,
  onChange,
  onRun,
}: {
  readonly attempt: Attempt;
  readonly isBusy: boolean;
  readonly onChange: (attempt: Attempt) => void;
  readonly onRun: (attempt: Attempt) => Promise<void>;
}): ReactElement {
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void onRun(attempt);
  };
  return (
    <form className="attempt" onSubmit={submit}>
      <div className="field">
        <label htmlFor={`${id}-method`}>Method</label>
        <input
          id={`${id}-method`}
          value={attempt.method}
          onChange={(event) => onChange({ ...attempt, method: event.target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor={`${id}-version`}>Version</label>
        <input
          id={`${id}-version`}
          value={attempt.version}
          onChange={(event) => onChange({ ...attempt, version: event.target.value })}
        />
      </div>
      <div className="field attempt-headers">
        <label htmlFor={`${id}-headers`}>Headers, one a line</label>
        <textarea
          id={`${id}-headers`}
          rows={7}
          spellCheck={false}
          value={attempt.headers.map(([name, value]) => `${name}: ${value}`).join("\n")}
          onChange={(event) => onChange({ ...attempt, headers: event.target.value.split("\n").map(readHeaderLine) })}
        />
      </div>
      <div className="field attempt-frames">
        <label htmlFor={`${id}-frames`}>Frames after a 101, in hexadecimal</label>
        <input
          id={`${id}-frames`}
          value={attempt.frames}
          spellCheck={false}
          placeholder="none"
          onChange={(event) => onChange({ ...attempt, frames: event.target.value.replaceAll(/\s/g, "") })}
        />
      </div>
      <button type="submit" className="button primary" disabled={isBusy}>
        {isBusy ? "Sending…" : "Send it"}
      </button>
    </form>
  );
}

function readHeaderLine(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).trimStart()];
}

function AttemptView({ result }: { readonly result: AttemptResult }): ReactElement {
  const bytes = decodeBase64(result.response);
  const text = latin1Of(bytes);
  const headEnd = text.indexOf("\r\n\r\n") + 4;
  const isOpen = text.startsWith("HTTP/1.1 101");
  const frames = isOpen ? readFrames(bytes.subarray(headEnd)) : [];
  return (
    <div className="answer">
      <h4>{bytes.length === 0 ? "No answer" : (text.split("\r\n")[0] ?? "")}</h4>
      <pre>{isOpen ? text.slice(0, headEnd) : text}</pre>
      {frames.map((frame, index) => (
        <p key={index}>
          Then a <b>{frame.opcode}</b> frame: <code>{describePayload(frame)}</code>
        </p>
      ))}
      <p className="lab-note">
        {result.endedBy === "server"
          ? `The server ended the connection after ${result.afterMs} ms.`
          : "The connection was still open when the lab let it go."}
      </p>
    </div>
  );
}
