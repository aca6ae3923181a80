import type { RevocationTarget } from "../gateway/index.ts";
import { GatewayError } from "./errors.ts";

/** Credentials that are no good any more, though they say they are. */
export type Revocation = RevocationTarget & {
  /** Until when they would have been good, in milliseconds since 1970: then it is forgotten. Default: 24 hours from now. */
  readonly expiresAtMs?: number;
};

/** What credentials say that they can be recognised by. */
export interface Recognisable {
  readonly userId: string;
  readonly tokenId?: string | undefined;
  readonly issuedAtMs?: number | undefined;
}

interface Entry {
  readonly revokedAtMs: number;
  readonly expiresAtMs: number;
}

/** The longest life of a token, unless the operator allows more. */
const dayMs = 86_400_000;

/** What was revoked and would still be good. Nothing is forgotten early: when there is no room, that is told. */
export class Revocations {
  readonly #maxCount: number;
  readonly #users = new Map<string, Entry>();
  readonly #tokens = new Map<string, Entry>();

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  /** @throws {GatewayError} `LIMIT` if there are too many. */
  add(revocation: Revocation, nowMs: number): void {
    const { expiresAtMs = nowMs + dayMs } = revocation;
    if (this.#users.size + this.#tokens.size >= this.#maxCount) this.#sweep(nowMs);
    if (this.#users.size + this.#tokens.size >= this.#maxCount) {
      throw new GatewayError("LIMIT", `Cannot remember a revocation: there are ${this.#maxCount}`);
    }
    const entry = { revokedAtMs: nowMs, expiresAtMs };
    if ("userId" in revocation) this.#users.set(revocation.userId, entry);
    else this.#tokens.set(revocation.tokenId, entry);
  }

  /** Of a user, what was issued later is good: that is how somebody who was logged out everywhere logs in again. */
  isRevoked({ issuedAtMs = -Infinity, tokenId, userId }: Recognisable, nowMs: number): boolean {
    const token = tokenId === undefined ? undefined : this.#tokens.get(tokenId);
    if (token !== undefined && token.expiresAtMs > nowMs) return true;
    const user = this.#users.get(userId);
    return user !== undefined && user.expiresAtMs > nowMs && issuedAtMs <= user.revokedAtMs;
  }

  #sweep(nowMs: number): void {
    for (const entries of [this.#users, this.#tokens]) {
      for (const [key, { expiresAtMs }] of entries) if (expiresAtMs <= nowMs) entries.delete(key);
    }
  }
}
