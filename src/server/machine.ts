import { randomInt, randomUUID } from "node:crypto";
import { createWebSocketServer } from "../engine/index.ts";

/**
 * What a gateway takes from the machine it runs on: time, chance and the sockets. Everything that decides when something happens comes
 * through here, so that the simulator (`test/sim/`) runs the same code on a machine of its own, and every run can be repeated.
 */
export interface Machine {
  /** Milliseconds of a clock that never goes back. */
  steadyMs(): number;
  /** Milliseconds since 1970: what people call the time, which may be set back. */
  wallMs(): number;
  /** Runs once, after so many milliseconds; returns how to call it off. */
  after(delayMs: number, run: () => void): () => void;
  /** 32 random bits, never 0: marks one append. */
  createTag(): number;
  /** A name that nothing else has or ever had. */
  createName(): string;
  readonly createWebSocketServer: typeof createWebSocketServer;
}

/** The machine this process runs on. */
export const thisMachine: Machine = {
  steadyMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  createTag: () => randomInt(1, 2 ** 32),
  createName: () => randomUUID(),
  createWebSocketServer,
};
