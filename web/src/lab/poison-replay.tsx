import type { PoisonReplay } from "switchboard/lab";
import { type ReactElement, useState } from "react";
import type { LabPageSession } from "./lab-page-session.ts";

type Attack = "masking" | "accept";

const attacks: Readonly<Record<Attack, { readonly title: string; readonly defence: string; readonly text: string }>> = {
  masking: {
    title: "A message that reads as HTTP",
    defence: "The browser masks its frames",
    text: "An attacker's page, open in your browser, connects to the attacker's own server through a proxy that has never heard of WebSocket. Then it sends a message: the text of an HTTP request for a script of somebody else's.",
  },
  accept: {
    title: "An old answer",
    defence: "The browser checks Sec-WebSocket-Accept",
    text: "The proxy keeps the answer to a handshake and gives it to the next browser that asks. That browser believes that a server has agreed, and what the page sends then is read by the proxy.",
  },
};

/** The attack of 2011 on caching proxies, played with each defence on and off. */
export function PoisonReplayView({ session }: { readonly session: LabPageSession }): ReactElement {
  return (
    <section id="poison" aria-labelledby="poison-title" className="lab-section">
      <h2 id="poison-title">Poison a cache</h2>
      <p>
        Why the key, the GUID and the mask are there: in 2011 it was shown that without them a page could put its own
        script into the cache of a proxy, for everybody behind it. The proxy here is as naive as those were; the bytes
        are real, and nothing leaves this server.
      </p>
      <AttackView attack="masking" session={session} />
      <AttackView attack="accept" session={session} />
    </section>
  );
}

function AttackView({ attack, session }: { readonly attack: Attack; readonly session: LabPageSession }): ReactElement {
  const [isDefended, setIsDefended] = useState(true);
  const [replay, setReplay] = useState<PoisonReplay | string>();
  const { title, defence, text } = attacks[attack];
  const play = async (): Promise<void> => {
    setReplay(
      await session
        .post<PoisonReplay>("poison", { attack, isDefended })
        .catch((error: unknown) => (error instanceof Error ? error.message : String(error))),
    );
  };
  return (
    <div className="bench">
      <h3>{title}</h3>
      <p>{text}</p>
      <div className="form-buttons">
        <label className="check">
          <input
            type="checkbox"
            checked={isDefended}
            onChange={(event) => {
              setIsDefended(event.target.checked);
              setReplay(undefined);
            }}
          />
          {defence}
        </label>
        <button type="button" className="button primary small" onClick={() => void play()}>
          Play it
        </button>
      </div>
      <div aria-live="polite">
        {typeof replay === "string" && <p className="lab-alert">{replay}</p>}
        {typeof replay === "object" && (
          <>
            <p className={replay.isPoisoned ? "lab-alert" : "lab-good"}>
              {replay.isPoisoned
                ? "The cache is poisoned: the victim runs the attacker's script."
                : "The cache is clean: the victim gets the true script."}
            </p>
            <ol className="replay">
              {replay.steps.map((step, index) => (
                <li key={index}>
                  <b>{step.from}</b> to <b>{step.to}</b>: {step.says}
                  {step.bytes !== undefined && <pre>{visible(step.bytes)}</pre>}
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
    </div>
  );
}

/** Bytes that are no text as dots. */
function visible(bytes: string): string {
  return bytes
    .replaceAll("\r\n", "\n")
    .replaceAll(/[^\n\x20-\x7e]/g, "∙")
    .trimEnd();
}
