/** What a load is made of, and what every kind of it does. */
import { setMaxListeners } from "node:events";
import type { ConnectOptions } from "../../engine/index.ts";
import type { BenchTally } from "./bench-tally.ts";

export interface LoadOptions {
  readonly url: URL;
  readonly connectOptions: ConnectOptions;
  readonly connectionCount: number;
  /** What one sender has under way at a time. */
  readonly inFlightCount: number;
  /** Of all senders together; undefined: each sends as soon as something came back. */
  readonly perSecond: number | undefined;
  readonly tally: BenchTally;
  /** Is called with everything that comes back: who counts messages, ends by it. */
  readonly received: () => void;
}

/** Connections that load a server. */
export interface Load {
  /** How many connections there are. */
  readonly openCount: number;
  /** Begins to send. */
  start(): void;
  /** Sends one message, due at `dueMs`, by the sender whose turn it is. @returns false if that has too much under way. */
  sendOne(dueMs: number): boolean;
  /** Sends nothing more, and lets every connection go. */
  stop(): Promise<void>;
}

/** Connections that are opened at a time. */
const openingCount = 32;

/**
 * Opens connections, some at a time; what fails is a fault and makes one less.
 *
 * @throws what the first one failed with, if all failed.
 */
export async function openAll<Line>(
  count: number,
  open: (index: number) => Promise<Line>,
  { signal, tally }: { readonly tally: BenchTally; readonly signal: AbortSignal },
): Promise<readonly Line[]> {
  setMaxListeners(0, signal); // each attempt listens to it
  const lines: Line[] = [];
  const errors: Error[] = [];
  let next = 0;
  async function openSome(): Promise<void> {
    while (next < count && !signal.aborted) {
      try {
        lines.push(await open(next++));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        errors.push(error);
        tally.fault(error.message);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(openingCount, count) }, openSome));
  const [first] = errors;
  if (lines.length === 0 && first !== undefined) throw first;
  return lines;
}
