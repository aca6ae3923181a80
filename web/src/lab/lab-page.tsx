import type { ReactElement } from "react";
import { Logo } from "../logo.tsx";
import { useStore } from "../use-store.ts";
import { AcceptBench } from "./accept-bench.tsx";
import { BreakBrowser } from "./break-browser.tsx";
import { BreakServer } from "./break-server.tsx";
import { FrameLab } from "./frame-lab.tsx";
import { HandshakePlayer } from "./handshake-player.tsx";
import type { LabPageSession } from "./lab-page-session.ts";
import { PoisonReplayView } from "./poison-replay.tsx";
import { QuizView } from "./quiz-view.tsx";
import { RaceView } from "./race-view.tsx";

const sections: readonly (readonly [id: string, title: string])[] = [
  ["handshake", "Your handshake"],
  ["accept", "The proof"],
  ["frames", "Frames"],
  ["break", "Break it"],
  ["poison", "Poison a cache"],
  ["race", "Ask or be told"],
  ["quiz", "Check yourself"],
];

export function LabPage({ session }: { readonly session: LabPageSession }): ReactElement {
  const isWatched = useStore(session.isWatched);
  const line = useStore(session.line);
  return (
    <>
      <a className="skip-link" href="#handshake">
        Skip to the handshake
      </a>
      <header className="lab-header">
        <div className="lab-brand">
          <Logo />
          <span>Switchboard</span>
        </div>
        <nav aria-label="Parts of the lab">
          <ul>
            {sections.map(([id, title]) => (
              <li key={id}>
                <a href={`#${id}`}>{title}</a>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main className="lab">
        <div className="lab-intro">
          <h1>The handshake lab</h1>
          <p>
            Your browser has just opened a WebSocket with this server. Here is every byte of it, as it came over the
            wire, and what each is for. Then take it apart.
          </p>
          {!isWatched && line.phase !== "none" && (
            <p className="lab-alert" role="alert">
              The server does not answer. What you see may be old; the page tries again by itself.
            </p>
          )}
        </div>
        <HandshakePlayer session={session} />
        <AcceptBench session={session} />
        <FrameLab session={session} />
        <section id="break" aria-labelledby="break-title" className="lab-section">
          <h2 id="break-title">Break it</h2>
          <BreakServer session={session} />
          <BreakBrowser session={session} />
        </section>
        <PoisonReplayView session={session} />
        <RaceView session={session} />
        <QuizView />
      </main>
    </>
  );
}
