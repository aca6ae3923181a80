/** The state of the line in words: what the banner over a room says. */
import type { Durability, User } from "switchboard/wire";

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
  readonly durability: Durability | undefined;
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
  /** Follows the text and changes every second: for eyes only. */
  readonly countdown: string | undefined;
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
      return say("wait", view.hasBeenOpen ? "Reconnecting…" : "Connecting…");
    case "waiting":
      return waitingBanner(view, nowMs);
    case "closed":
      return closedBanner(view);
    default:
      return view.state satisfies never;
  }
}

function recoveredBanner({ messageCount, gapCount }: Recovered): Banner {
  const recovered = messageCount === 1 ? "1 message recovered" : `${messageCount} messages recovered`;
  if (gapCount > 0) {
    return say("wait", `Connected again. ${recovered}, some are gone: a line in the room shows where.`);
  }
  if (messageCount === 0) return say("good", "Connected again. Nothing was missed.");
  return say("good", `Connected again. ${recovered}, none lost.`);
}

function waitingBanner(view: ConnectionView, nowMs: number): Banner {
  if (!view.isOnline) {
    return say("bad", "You are offline. What you write is sent when you are back.", "try-now");
  }
  const seconds = Math.max(0, Math.ceil(((view.retryAtMs ?? nowMs) - nowMs) / 1000));
  const text = view.hasBeenOpen ? "Connection lost. Reconnecting" : "Cannot reach the server. Trying again";
  return { tone: "wait", text, countdown: seconds === 0 ? "…" : ` in ${seconds} s…`, action: "try-now" };
}

function closedBanner({ code, reason }: ConnectionView): Banner {
  switch (code) {
    case 4500:
      return say("bad", "The server did not let you in under this name. Leave, and come in again.", "leave");
    case 4501:
      return say("bad", "This page is older than the server. Reload it to go on.", "reload");
    default: {
      const why = reason === undefined || reason === "" ? "" : `: ${reason}`;
      const number = code === undefined ? "" : ` (code ${code})`;
      return say("bad", `The server ended the connection${why}${number}.`, "reload");
    }
  }
}

function say(tone: Banner["tone"], text: string, action?: Banner["action"]): Banner {
  return { tone, text, countdown: undefined, action };
}

/** What the server's word is worth, in words. */
export function durabilityWords(durability: Durability): string {
  switch (durability) {
    case "mem":
      return "A message marked as sent is lost when the server stops.";
    case "os":
      return "A message marked as sent survives a crash of the server.";
    case "fsync":
      return "A message marked as sent survives a power loss.";
    case "quorum":
      return "A message marked as sent survives the loss of a server.";
    default:
      return durability satisfies never;
  }
}
