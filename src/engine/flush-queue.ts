import { forgetJoined } from "./join-batch.ts";

/** What can be flushed once a turn. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/**
 * Flushes `target` when every socket that became readable in this turn of the event loop has been read, so that all it was sent
 * in the turn leaves in one write. Call it once a turn for each target. docs/adr/0002-merged-writes.md has the figures.
 */
export function flushThisTurn(target: Flushable): void {
  if (waiting.push(target) === 1) setImmediate(flushAll);
}

function flushAll(): void {
  const targets = waiting;
  waiting = [];
  for (const target of targets) target.flush();
  forgetJoined();
}
