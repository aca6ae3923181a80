import { type ReactElement, useState } from "react";
import { useStore } from "../use-store.ts";
import { decodeBase64 } from "./bytes.ts";
import type { Course } from "./course.ts";
import { countReached, type HandshakeStep, handshakeSteps } from "./handshake-steps.ts";
import { findHeader, readHead } from "./head.ts";
import { HeadView } from "./head-view.tsx";
import { computeAccept, guid } from "./accept-steps.ts";
import { FrameTable } from "./frame-table.tsx";
import type { LabPageSession } from "./lab-page-session.ts";

/** The five steps of the page's own handshake, one at a time. */
export function HandshakePlayer({ session }: { readonly session: LabPageSession }): ReactElement {
  const course = useStore(session.course);
  const [at, setAt] = useState(0);
  const reached = countReached(course);
  const step = handshakeSteps[at] as HandshakeStep;
  return (
    <section id="handshake" aria-labelledby="handshake-title" className="lab-section">
      <h2 id="handshake-title">Your handshake</h2>
      <p className="lab-facts" role="status">
        <Facts course={course} />
      </p>
      <ol className="steps" aria-label="Steps of the handshake">
        {handshakeSteps.map(({ title }, index) => (
          <li key={title} className={index < reached ? "is-reached" : undefined}>
            <button type="button" aria-current={index === at ? "step" : undefined} onClick={() => setAt(index)}>
              <span className="steps-number">{index + 1}</span> {title}
            </button>
          </li>
        ))}
      </ol>
      <div className="step" aria-live="polite">
        <h3>
          {at + 1}. {step.title}
        </h3>
        <p>{step.text}</p>
        <StepView step={step} course={course} isReached={at < reached} />
      </div>
      <div className="form-buttons">
        <button type="button" className="button quiet" disabled={at === 0} onClick={() => setAt(at - 1)}>
          Back
        </button>
        <button
          type="button"
          className="button primary"
          disabled={at === handshakeSteps.length - 1}
          onClick={() => setAt(at + 1)}
        >
          Next step
        </button>
        <button type="button" className="button quiet" onClick={() => session.connect()}>
          Open a new connection
        </button>
      </div>
    </section>
  );
}

function Facts({ course: { connected, request, response, ended } }: { readonly course: Course }): ReactElement {
  if (connected === undefined || request === undefined) return <>Waiting for the connection…</>;
  return (
    <>
      {connected.isSecure ? "Within TLS" : "Without TLS"}, 1 connection, 1 round trip. Request after{" "}
      {request.atMs.toFixed(1)} ms
      {response !== undefined && `, answer after ${response.atMs.toFixed(1)} ms`}, counted from the connection.
      {!connected.isExact &&
        " This connection carried another request before: the request below is put together from its headers."}
      {ended !== undefined && " The connection has ended."}
    </>
  );
}

function StepView({
  step,
  course,
  isReached,
}: {
  readonly step: HandshakeStep;
  readonly course: Course;
  readonly isReached: boolean;
}): ReactElement {
  const { request, response, refused, frames } = course;
  if (!isReached && refused !== undefined) {
    return (
      <p className="lab-alert">
        It did not come to this: the server refused with {refused.status}. {refused.reason}
      </p>
    );
  }
  if (!isReached || request === undefined) return <p className="lab-note">It has not come to this yet.</p>;
  const requestBytes = decodeBase64(request.bytes);
  switch (step.shows) {
    case "request":
      return <HeadView bytes={requestBytes} label="request" />;
    case "connection":
      return <Checks bytes={requestBytes} refused={refused?.reason} />;
    case "accept":
      return <Proof keyText={findHeader(readHead(requestBytes), "Sec-WebSocket-Key") ?? ""} />;
    case "response":
      return response === undefined ? <p>…</p> : <HeadView bytes={decodeBase64(response.bytes)} label="response" />;
    case "frames":
      return <FrameTable frames={frames.slice(0, 8)} empty="No frame yet. Send one below." />;
    default:
      return step.shows satisfies never;
  }
}

function Checks({
  bytes,
  refused,
}: {
  readonly bytes: Uint8Array;
  readonly refused: string | undefined;
}): ReactElement {
  const lines = readHead(bytes);
  const value = (name: string): string => findHeader(lines, name) ?? "none";
  const rows: readonly (readonly [string, string])[] = [
    ["GET, and HTTP/1.1 or later", lines[0]?.text ?? ""],
    ["Host, once", value("Host")],
    ["Upgrade has websocket", value("Upgrade")],
    ["Connection has Upgrade", value("Connection")],
    ["Version 13", value("Sec-WebSocket-Version")],
    ["Key is 16 bytes in base64", value("Sec-WebSocket-Key")],
    ["Origin is this very page's", value("Origin")],
    ["Subprotocols are tokens, each once", value("Sec-WebSocket-Protocol")],
    ["Extensions: declined here, all of them", value("Sec-WebSocket-Extensions")],
  ];
  return (
    <>
      <table className="checks">
        <thead>
          <tr>
            <th scope="col">What is checked</th>
            <th scope="col">What came</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([what, came]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>
                <code>{came}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {refused !== undefined && <p className="lab-alert">{refused}</p>}
    </>
  );
}

function Proof({ keyText }: { readonly keyText: string }): ReactElement {
  const { joined, digest, accept } = computeAccept(keyText);
  return (
    <ol className="proof">
      <li>
        The key: <code>{keyText}</code>
      </li>
      <li>
        and the GUID <code>{guid}</code>, joined: <code>{joined}</code>
      </li>
      <li>
        SHA-1 of that, 20 bytes: <code>{digest}</code>
      </li>
      <li>
        in base64: <code>{accept}</code>
      </li>
    </ol>
  );
}
