import { type RaceAnswer, type RaceMessage, raceMessageCount } from "switchboard/lab";

/** How one way of getting the messages did. */
export interface Lane {
  /** By two clocks: {@link RaceState.clock} sets them right. */
  readonly delaysMs: readonly number[];
  readonly roundTripCount: number;
  readonly byteCount: number;
}

export interface RaceState {
  readonly phase: "idle" | "running" | "over";
  readonly push: Lane;
  readonly poll: Lane;
  /** What to add to the page's clock to get the server's, as the quickest round trip so far says. */
  readonly clock: { readonly offsetMs: number; readonly roundTripMs: number };
}

const emptyLane: Lane = { delaysMs: [], roundTripCount: 0, byteCount: 0 };

export const idleRace: RaceState = {
  phase: "idle",
  push: emptyLane,
  poll: emptyLane,
  clock: { offsetMs: 0, roundTripMs: Infinity },
};

/** What a poll brought. */
export function addPoll(
  state: RaceState,
  {
    answer,
    askedAtMs,
    receivedAtMs,
  }: { readonly answer: RaceAnswer; readonly askedAtMs: number; readonly receivedAtMs: number },
): RaceState {
  const delays = answer.messages.map(({ saidAtMs }) => receivedAtMs - saidAtMs);
  const poll: Lane = {
    delaysMs: [...state.poll.delaysMs, ...delays],
    roundTripCount: state.poll.roundTripCount + 1,
    byteCount: Math.max(state.poll.byteCount, answer.byteCount),
  };
  const roundTripMs = receivedAtMs - askedAtMs;
  const isQuickest = roundTripMs < state.clock.roundTripMs;
  const clock = isQuickest ? { roundTripMs, offsetMs: answer.nowMs - (askedAtMs + receivedAtMs) / 2 } : state.clock;
  return settle({ ...state, poll, clock });
}

/** What was pushed: the text of a small frame, whose header is two bytes. */
export function addPush(
  state: RaceState,
  { text, receivedAtMs }: { readonly text: string; readonly receivedAtMs: number },
): RaceState {
  const { saidAtMs } = JSON.parse(text) as RaceMessage;
  const push: Lane = {
    delaysMs: [...state.push.delaysMs, receivedAtMs - saidAtMs],
    roundTripCount: 0,
    byteCount: state.push.byteCount + 2 + text.length,
  };
  return settle({ ...state, push });
}

function settle(state: RaceState): RaceState {
  const isOver = [state.push, state.poll].every(({ delaysMs }) => delaysMs.length >= raceMessageCount);
  return isOver ? { ...state, phase: "over" } : state;
}

/** The middle one; NaN for none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
