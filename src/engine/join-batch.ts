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
  if (batch.length === 1 || batchBytes > maxJoinBytes || batch.some(isLarge)) return batch;
  if (lastJoined !== undefined && isSameBatch(batch, lastBatch)) return lastJoined;
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
  return batch.length === other.length && batch.every((chunk, index) => chunk === other[index]);
}
