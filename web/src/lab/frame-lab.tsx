import { type FormEvent, type ReactElement, useId, useState } from "react";
import { useStore } from "../use-store.ts";
import type { FrameAnatomy, FramePart } from "./anatomy.ts";
import { ByteGrid, useChoice } from "./byte-grid.tsx";
import { hexOf } from "./bytes.ts";
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
      {frame !== undefined && <Anatomy key={frame.number} frame={frame} />}
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

function Anatomy({ frame }: { readonly frame: FrameAnatomy }): ReactElement {
  const { chosen, choose, onKeyDown } = useChoice(frame.parts.length);
  const part = frame.parts[chosen] as FramePart;
  return (
    <div className="split">
      <div>
        <h3>Its header, bit by bit</h3>
        <ul className="parts" aria-label="Fields of the frame">
          {frame.parts.map(({ name, bits, value }, index) => (
            <li key={name}>
              <button
                type="button"
                aria-pressed={index === chosen}
                tabIndex={index === chosen ? 0 : -1}
                onClick={() => choose(index)}
                onKeyDown={onKeyDown}
              >
                <b>{name}</b>
                {bits !== undefined && <code className="bits">{bits}</code>}
                <span>{name === "payload" ? `${value} bytes` : value}</span>
              </button>
            </li>
          ))}
        </ul>
        <div className="words" aria-live="polite">
          <h4>{part.name}</h4>
          <p>{part.why}</p>
          <p className="lab-note">RFC 6455 §5.2</p>
        </div>
      </div>
      <div>
        <h3>On the wire</h3>
        <ByteGrid bytes={frame.bytes} label="The frame" chosen={{ from: part.from, to: part.to, label: part.name }} />
        {frame.maskingKey !== undefined && frame.payload.length > 0 && <Unmasking frame={frame} />}
      </div>
    </div>
  );
}

function Unmasking({
  frame: { maskingKey = new Uint8Array(), payload, bytes, headerBytes },
}: {
  readonly frame: FrameAnatomy;
}): ReactElement {
  const count = Math.min(8, payload.length);
  const masked = bytes.subarray(headerBytes, headerBytes + count);
  const key = Uint8Array.from(masked, (_, index) => maskingKey[index % 4] ?? 0);
  return (
    <>
      <h3>The mask, taken off</h3>
      <table className="checks unmask">
        <tbody>
          <tr>
            <th scope="row">masked</th>
            <td>
              <code>{hexOf(masked)}</code>
            </td>
          </tr>
          <tr>
            <th scope="row">XOR key</th>
            <td>
              <code>{hexOf(key)}</code>
            </td>
          </tr>
          <tr>
            <th scope="row">payload</th>
            <td>
              <code>{hexOf(payload.subarray(0, count))}</code> “{new TextDecoder().decode(payload.subarray(0, count))}”
            </td>
          </tr>
        </tbody>
      </table>
    </>
  );
}
