import type { TapTarget } from "switchboard/console";
import { type FormEvent, type ReactElement, useState } from "react";
import { describePayload } from "../lab/anatomy.ts";
import { FrameAnatomyView } from "../lab/frame-anatomy-view.tsx";
import { useStore } from "../use-store.ts";
import type { ConsoleSession } from "./console-session.ts";
import { formatBytes, formatCount, formatTime } from "./format.ts";
import type { TappedFrame, TapState } from "./tap-state.ts";

const shownFrameCount = 200;

/** The frames of one connection or channel as they go by, each taken apart on demand. */
export function TapPanel({ session }: { readonly session: ConsoleSession }): ReactElement {
  const tap = useStore(session.tap);
  const isLive = useStore(session.link).phase === "live";
  const [chosen, setChosen] = useState<number>();
  const shown = tap.frames.slice(-shownFrameCount).toReversed();
  const frame = tap.frames.find(({ number }) => number === chosen) ?? shown[0];
  return (
    <div className="tap">
      <TapForm session={session} tap={tap} isLive={isLive} />
      {tap.target === undefined ? (
        <div className="card tap-intro">
          <h2>See what is said</h2>
          <p>
            Choose a connection to see its frames of both directions as they are on the wire, masks and pings too; or a
            channel, to see what its subscribers are sent. At most 100 frames a second are shown, the others are
            counted; nothing is kept when you leave, and the gateway’s log says that you looked.
          </p>
        </div>
      ) : (
        <>
          <p className="tap-state" role="status">
            {describeTap(tap)}
          </p>
          <div className="tap-columns">
            <FrameList frames={shown} chosen={frame?.number} onChoose={setChosen} isChannel={"channel" in tap.target} />
            {frame !== undefined && (
              <section className="card tap-anatomy" aria-label={`Frame ${frame.number}`}>
                <h2>
                  Frame {frame.number} <small>{formatTime(frame.atMs)}</small>
                </h2>
                {!frame.isWhole && (
                  <p className="hint">
                    It has {formatBytes(frame.byteCount)}; the first {formatBytes(frame.bytes.length)} are here.
                  </p>
                )}
                <Says frame={frame} />
                <FrameAnatomyView key={frame.number} frame={frame} />
              </section>
            )}
          </div>
        </>
      )}
    </div>
  );
}

/** What it says: JSON on lines of its own where it is whole, as nothing else is written in one line of a hundred fields. */
function Says({ frame }: { readonly frame: TappedFrame }): ReactElement | null {
  if (frame.payload.length === 0) return null;
  return <pre className="says">{layOut(describePayload(frame))}</pre>;
}

function layOut(text: string): string {
  try {
    // A frame may hold several messages, one a line.
    return text
      .split("\n")
      .map((line) => JSON.stringify(JSON.parse(line), null, 2))
      .join("\n");
  } catch {
    return text;
  }
}

function describeTap({ droppedCount, endedBecause, frames, isRunning, target }: TapState): string {
  const what = target === undefined ? "" : "channel" in target ? target.channel : `connection ${target.connection}`;
  const dropped = droppedCount === 0 ? "" : ` ${formatCount(droppedCount)} more went by too fast to be shown.`;
  if (!isRunning) return `The tap on ${what} has ended: ${endedBecause}.${dropped}`;
  if (frames.length === 0) return `Listening to ${what}. Nothing was said yet.`;
  return `Listening to ${what}.${dropped}`;
}

function TapForm({
  isLive,
  session,
  tap,
}: {
  readonly session: ConsoleSession;
  readonly tap: TapState;
  readonly isLive: boolean;
}): ReactElement {
  const [text, setText] = useState(textOf(tap.target));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const target = readTarget(text);
    if (target !== undefined) session.startTap(target);
  };
  return (
    <form className="tap-form" onSubmit={submit}>
      <label htmlFor="tap-target">Connection id or channel name</label>
      <div>
        <input
          id="tap-target"
          value={text}
          maxLength={128}
          placeholder="17 or chat/lobby"
          spellCheck={false}
          autoCapitalize="none"
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="button primary" disabled={!isLive || readTarget(text) === undefined}>
          Tap
        </button>
        {tap.isRunning && (
          <button type="button" className="button quiet" onClick={() => session.stopTap()}>
            Stop
          </button>
        )}
      </div>
    </form>
  );
}

function readTarget(text: string): TapTarget | undefined {
  const word = text.trim();
  if (/^\d{1,15}$/.test(word)) return { connection: Number(word) };
  return /^[A-Za-z0-9:_./-]{1,128}$/.test(word) ? { channel: word } : undefined;
}

function textOf(target: TapTarget | undefined): string {
  if (target === undefined) return "";
  return "channel" in target ? target.channel : String(target.connection);
}

function FrameList({
  chosen,
  frames,
  isChannel,
  onChoose,
}: {
  readonly frames: readonly TappedFrame[];
  readonly chosen: number | undefined;
  readonly isChannel: boolean;
  readonly onChoose: (number: number) => void;
}): ReactElement {
  return (
    <ol className="frame-list" aria-label="Frames, newest first">
      {frames.map((frame) => (
        <li key={frame.number}>
          <button type="button" aria-pressed={frame.number === chosen} onClick={() => onChoose(frame.number)}>
            <span className="frame-number">{frame.number}</span>
            <span className={`frame-way is-${frame.direction}`}>
              {frame.direction === "in" ? "from client" : isChannel ? "to all" : "to client"}
            </span>
            <span className="frame-kind">{frame.opcode}</span>
            <span className="frame-size">{formatBytes(frame.byteCount)}</span>
            <span className="frame-says">{frame.says}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
