import { createHash, randomBytes } from "node:crypto";

/** 128 random bits in hex, made once with a store. */
export function createEpochSeed(): string {
  return randomBytes(16).toString("hex");
}

/**
 * The epoch of a channel's first log: 64 bits in hex. It follows from the store's seed, so a channel that is only read needs nothing
 * stored, and subscribing to invented names fills no disk.
 */
export function deriveEpoch(seed: string, channel: string): string {
  return createHash("sha256").update(seed).update(channel).digest("hex").slice(0, 16);
}
