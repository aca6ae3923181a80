import { type RaceAnswer, raceMessageCount } from "switchboard/lab";
import { type ReactElement, useEffect, useRef, useState } from "react";
import { useStore } from "../use-store.ts";
import type { LabPageSession } from "./lab-page-session.ts";
import { addPoll, addPush, idleRace, type Lane, median, type RaceState } from "./race-state.ts";

const pollEveryMs = 250;

/** The same messages by polling and by push, at the same time. */
export function RaceView({ session }: { readonly session: LabPageSession }): ReactElement {
  const line = useStore(session.line);
  const [race, setRace] = useState<RaceState>(idleRace);
  const [problem, setProblem] = useState("");
  const stop = useRef<() => void>(undefined);
  useEffect(() => () => stop.current?.(), []);
  const start = async (): Promise<void> => {
    setProblem("");
    setRace({ ...idleRace, phase: "running" });
    try {
      stop.current = await runRace(session, setRace);
    } catch (error) {
      setRace(idleRace);
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <section id="race" aria-labelledby="race-title" className="lab-section">
      <h2 id="race-title">Ask, or be told</h2>
      <p>
        The server says {raceMessageCount} things at random moments. This page asks for them every {pollEveryMs} ms by
        HTTP, and is told of them on its WebSocket: the same things, at the same time.
      </p>
      <div className="form-buttons">
        <button
          type="button"
          className="button primary"
          disabled={line.phase !== "open" || race.phase === "running"}
          onClick={() => void start()}
        >
          {race.phase === "running" ? "They run…" : "Start"}
        </button>
        {line.phase !== "open" && (
          <button type="button" className="button quiet" onClick={() => session.connect()}>
            Connect first
          </button>
        )}
      </div>
      {problem !== "" && (
        <p className="lab-alert" role="alert">
          {problem}
        </p>
      )}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by key */}
      <div className="race" role="group" aria-label="Polling beside push" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{raceMessageCount} messages</th>
              <th scope="col">Here</th>
              <th scope="col">Requests</th>
              <th scope="col">Bytes</th>
              <th scope="col">Median delay</th>
              <th scope="col">Longest</th>
            </tr>
          </thead>
          <tbody>
            <LaneRow title="Polling" lane={race.poll} offsetMs={race.clock.offsetMs} />
            <LaneRow title="WebSocket" lane={race.push} offsetMs={race.clock.offsetMs} />
          </tbody>
        </table>
      </div>
      <p role="status" className="lab-note">
        {race.phase === "over" &&
          `Push needed ${race.push.byteCount.toLocaleString("en")} bytes, polling ${race.poll.byteCount.toLocaleString("en")}, all heads counted. Delays are between two clocks: they are right to about half a round trip.`}
      </p>
    </section>
  );
}

function LaneRow({
  title,
  lane: { delaysMs, roundTripCount, byteCount },
  offsetMs,
}: {
  readonly title: string;
  readonly lane: Lane;
  readonly offsetMs: number;
}): ReactElement {
  const isEmpty = delaysMs.length === 0;
  return (
    <tr>
      <th scope="row">{title}</th>
      <td>
        <progress max={raceMessageCount} value={delaysMs.length} aria-label={`${title}: messages here`} />{" "}
        {delaysMs.length}
      </td>
      <td>{roundTripCount}</td>
      <td>{byteCount.toLocaleString("en")}</td>
      <td>{isEmpty ? "–" : formatMs(median(delaysMs) + offsetMs)}</td>
      <td>{isEmpty ? "–" : formatMs(Math.max(...delaysMs) + offsetMs)}</td>
    </tr>
  );
}

/** Two clocks are compared, and are right to half a round trip: what comes out below nothing is nothing. */
function formatMs(ms: number): string {
  return `${Math.max(0, ms).toFixed(1)} ms`;
}

/** Runs one; returns the way to stop it. @throws {Error} when the server has no room for it. */
async function runRace(
  session: LabPageSession,
  update: (change: (state: RaceState) => RaceState) => void,
): Promise<() => void> {
  const stopPush = session.onText((text) => {
    const receivedAtMs = performance.now();
    if (text.startsWith('{"index"')) update((state) => addPush(state, { text, receivedAtMs }));
  });
  await session.post("race", {}).catch((error: unknown) => {
    stopPush();
    throw error;
  });
  let count = 0;
  const timer = setInterval(() => void poll(), pollEveryMs);
  const poll = async (): Promise<void> => {
    const [after, askedAtMs] = [count, performance.now()];
    const answer = await session.poll<RaceAnswer>(after).catch(() => undefined);
    if (answer === undefined || after !== count) return; // a later one was faster
    count += answer.messages.length;
    const receivedAtMs = performance.now();
    update((state) => addPoll(state, { answer, askedAtMs, receivedAtMs }));
    if (count === raceMessageCount) clearInterval(timer);
  };
  return () => {
    clearInterval(timer);
    stopPush();
  };
}
