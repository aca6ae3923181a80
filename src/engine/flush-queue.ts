import { forgetJoined } from "./join-batch.ts";

/** What can be flushed once a turn. */
export interface Flushable {
  flush(): void;
}

const nobody: Flushable = { flush() {} };

// Two lists that take turns and are used again: a list a turn would be 8 to 24 bytes of garbage for every receiver of a broadcast.
let waiting: Flushable[] = [];
let waitingCount = 0;
let spare: Flushable[] = [];

/**
 * Flushes `target` when every socket that became readable in this turn of the event loop has been read, so that all it was sent
 * in the turn leaves in one write. Call it once a turn for each target. docs/adr/0002-merged-writes.md has the figures.
 */
export function flushThisTurn(target: Flushable): void {
  waiting[waitingCount++] = target;
  if (waitingCount === 1) setImmediate(flushAll);
}

function flushAll(): void {
  const [targets, count] = [waiting, waitingCount];
  waiting = spare;
  waitingCount = 0;
  for (let index = 0; index < count; index++) {
    (targets[index] as Flushable).flush();
    targets[index] = nobody; // not to keep it alive
  }
  spare = targets;
  forgetJoined();
}
