/** The state of the line in words: what the banner over a room says. */
import type { User } from "switchboard/wire";

export interface ConnectionView {
  readonly state: "connecting" | "open" | "waiting" | "closed";
  /** When the next try is made, while `waiting`. */
  readonly retryAtMs: number | undefined;
  readonly code: number | undefined;
  readonly reason: string | undefined;
  /** Whether the line was ever open: "reconnecting" is the second time. */
  readonly hasBeenOpen: boolean;
  /** Whether the browser believes it has a network. */
  readonly isOnline: boolean;
  readonly user: User | undefined;
  /** What an acknowledgement is worth at this server. */
  readonly durability: string | undefined;
  /** What was recovered when the line came back; goes by itself. */
  readonly recovered: Recovered | undefined;
}

export interface Recovered {
  /** Messages that came while the line was down and were replayed, in all open rooms. */
  readonly messageCount: number;
  /** Gaps that were told: more was missed than the server keeps. */
  readonly gapCount: number;
}

export interface Banner {
  readonly tone: "wait" | "bad" | "good";
  readonly text: string;
  readonly action: "try-now" | "reload" | "leave" | undefined;
}

export const initialConnection: ConnectionView = {
  state: "connecting",
  retryAtMs: undefined,
  code: undefined,
  reason: undefined,
  hasBeenOpen: false,
  isOnline: true,
  user: undefined,
  durability: undefined,
  recovered: undefined,
};

export function bannerOf(view: ConnectionView, nowMs: number): Banner | undefined {
  switch (view.state) {
    case "open":
      return view.recovered === undefined ? undefined : recoveredBanner(view.recovered);
    case "connecting":
      return { tone: "wait", text: view.hasBeenOpen ? "Reconnecting…" : "Connecting…", action: undefined };
    case "waiting":
      return waitingBanner(view, nowMs);
    case "closed":
      return closedBanner(view);
    default:
      return view.state satisfies never;
  }
}

function recoveredBanner({ messageCount, gapCount }: Recovered): Banner {
  if (gapCount > 0) {
    return { tone: "wait", text: "Connected again. Some messages are gone: a line in the room shows where.", action: undefined };
  }
  if (messageCount === 0) return { tone: "good", text: "Connected again. You missed nothing.", action: undefined };
  const came = messageCount === 1 ? "1 message that you missed is here" : `${messageCount} messages that you missed are here`;
  return { tone: "good", text: `Connected again. ${came}.`, action: undefined };
}

function waitingBanner(view: ConnectionView, nowMs: number): Banner {
  if (!view.isOnline) {
    return { tone: "bad", text: "You are offline. What you write is sent when you are back.", action: "try-now" };
  }
  const seconds = Math.max(0, Math.ceil(((view.retryAtMs ?? nowMs) - nowMs) / 1000));
  const what = view.hasBeenOpen ? "Connection lost. Reconnecting" : "Cannot reach the server. Trying again";
  return { tone: "wait", text: seconds === 0 ? `${what}…` : `${what} in ${seconds} s…`, action: "try-now" };
}

function closedBanner({ code, reason }: ConnectionView): Banner {
  switch (code) {
    case 4500:
      return { tone: "bad", text: "The server did not let you in under this name. Leave, and come in again.", action: "leave" };
    case 4501:
      return { tone: "bad", text: "This page is older than the server. Reload it to go on.", action: "reload" };
    default: {
      const why = reason === undefined || reason === "" ? "" : `: ${reason}`;
      const number = code === undefined ? "" : ` (code ${code})`;
      return { tone: "bad", text: `The server ended the connection${why}${number}.`, action: "reload" };
    }
  }
}
