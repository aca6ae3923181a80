import { maxCopyBytes } from "./slab.ts";

// More than this is no small write any more.
const maxJoinBytes = 64 * 1024;

let lastBatch: readonly Uint8Array[] = [];
let lastJoined: readonly [Uint8Array] | undefined;

/**
 * Small chunks as one, so that they are one write. Those who are sent the same frames in one turn, as the members of a topic are, share
 * one copy: it is made for the first of them.
 */
export function joinBatch(batch: readonly Uint8Array[], batchBytes: number): readonly Uint8Array[] {
  if (batch.length === 1) return batch;
  // Asked first: for all receivers but one of a topic it is the whole answer.
  if (lastJoined !== undefined && isSameBatch(batch, lastBatch)) return lastJoined;
  if (batchBytes > maxJoinBytes || batch.some(isLarge)) return batch;
  lastBatch = batch;
  lastJoined = [Buffer.concat(batch, batchBytes)];
  return lastJoined;
}

/** Forgets what was joined: the turn is over, and nothing of it is to be kept alive. */
export function forgetJoined(): void {
  lastBatch = [];
  lastJoined = undefined;
}

function isLarge(chunk: Uint8Array): boolean {
  return chunk.length > maxCopyBytes;
}

function isSameBatch(batch: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  if (batch.length !== other.length) return false;
  for (let index = 0; index < batch.length; index++) if (batch[index] !== other[index]) return false;
  return true;
}
