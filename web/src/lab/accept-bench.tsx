import { type ReactElement, useId, useState } from "react";
import { useStore } from "../use-store.ts";
import { computeAccept, guid } from "./accept-steps.ts";
import { decodeBase64 } from "./bytes.ts";
import { findHeader, readHead } from "./head.ts";
import type { LabPageSession } from "./lab-page-session.ts";

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==";

/** The computation of the proof, with a key of one's own. */
export function AcceptBench({ session }: { readonly session: LabPageSession }): ReactElement {
  const { request } = useStore(session.course);
  const own = request && findHeader(readHead(decodeBase64(request.bytes)), "Sec-WebSocket-Key");
  const [key, setKey] = useState(sampleKey);
  const id = useId();
  const { joined, digest, accept, fault } = computeAccept(key);
  return (
    <section id="accept" aria-labelledby="accept-title" className="lab-section">
      <h2 id="accept-title">The proof, with a key of your own</h2>
      <p>It starts with the example of RFC 6455. Change one character, and nothing of the answer stays as it was.</p>
      <div className="field">
        <label htmlFor={id}>Sec-WebSocket-Key</label>
        <input
          id={id}
          value={key}
          spellCheck={false}
          autoComplete="off"
          maxLength={200}
          aria-invalid={fault !== undefined}
          aria-describedby={`${id}-fault`}
          onChange={(event) => setKey(event.target.value)}
        />
        <p id={`${id}-fault`} className="field-problem" role="status">
          {fault}
        </p>
      </div>
      <div className="form-buttons">
        <button type="button" className="button quiet small" onClick={() => setKey(sampleKey)}>
          The RFC&#39;s key
        </button>
        <button
          type="button"
          className="button quiet small"
          disabled={own === undefined}
          onClick={() => setKey(own ?? sampleKey)}
        >
          My browser&#39;s key
        </button>
        <button
          type="button"
          className="button quiet small"
          onClick={() => setKey(btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))))}
        >
          A new key
        </button>
      </div>
      <dl className="chain">
        <dt>key + {guid}</dt>
        <dd>
          <code>{joined}</code>
        </dd>
        <dt>SHA-1</dt>
        <dd>
          <code>{digest}</code>
        </dd>
        <dt>base64 = Sec-WebSocket-Accept</dt>
        <dd>
          <code aria-label="Accept value">{accept}</code>
        </dd>
      </dl>
    </section>
  );
}
