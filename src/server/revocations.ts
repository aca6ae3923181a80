import type { Notice, RevocationTarget } from "../gateway/index.ts";
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

/** Whose credentials were revoked, and when. */
export interface Stand {
  readonly target: RevocationTarget;
  readonly revokedAtMs: number;
}

/** The same, as it is kept and told. */
export interface Standing extends Stand {
  readonly notice: Notice;
}

/** The longest life of a token, unless the operator allows more. */
const dayMs = 86_400_000;

/** What was revoked and would still be good. Nothing is forgotten early: when there is no room, that is told. */
export class Revocations {
  readonly #maxCount: number;
  /** By the keys of their notices. */
  readonly #entries = new Map<string, Entry>();

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  /** @throws {RangeError} for a time that is none. @throws {GatewayError} `LIMIT` if there are too many. */
  add({ expiresAtMs, ...target }: Revocation, nowMs: number): Standing {
    const untilMs = Math.min(expiresAtMs ?? nowMs + dayMs, Number.MAX_SAFE_INTEGER);
    if (Number.isNaN(untilMs)) throw new RangeError("Cannot use NaN as expiresAtMs: give milliseconds since 1970");
    const key = keyOf(target);
    if (!this.#entries.has(key)) this.#makeRoom(nowMs);
    const { expiresAtMs: lastMs, revokedAtMs } = this.#keep(key, { revokedAtMs: nowMs, expiresAtMs: untilMs });
    return { target, revokedAtMs, notice: { key, value: String(revokedAtMs), expiresAtMs: lastMs } };
  }

  /** Takes what was revoked before, or by another node: even where there is no room for more. @returns what it is, if it is a revocation. */
  restore({ expiresAtMs, key, value }: Notice): Stand | undefined {
    const target = targetOf(key);
    const revokedAtMs = Number(value);
    if (target === undefined || !Number.isSafeInteger(revokedAtMs)) return undefined;
    this.#keep(key, { revokedAtMs, expiresAtMs });
    return { target, revokedAtMs };
  }

  /** Of a user, what was issued later is good: that is how somebody who was logged out everywhere logs in again. */
  isRevoked({ issuedAtMs = -Infinity, tokenId, userId }: Recognisable, nowMs: number): boolean {
    const token = tokenId === undefined ? undefined : this.#entries.get(keyOf({ tokenId }));
    if (token !== undefined && token.expiresAtMs > nowMs) return true;
    const user = this.#entries.get(keyOf({ userId }));
    return user !== undefined && user.expiresAtMs > nowMs && issuedAtMs <= user.revokedAtMs;
  }

  /** Whatever comes in whatever order: nothing ends earlier for it, and nothing that was revoked is good again. */
  #keep(key: string, { expiresAtMs, revokedAtMs }: Entry): Entry {
    const known = this.#entries.get(key);
    const entry = {
      revokedAtMs: Math.max(revokedAtMs, known?.revokedAtMs ?? -Infinity),
      expiresAtMs: Math.max(expiresAtMs, known?.expiresAtMs ?? -Infinity),
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #makeRoom(nowMs: number): void {
    if (this.#entries.size < this.#maxCount) return;
    for (const [key, { expiresAtMs }] of this.#entries) if (expiresAtMs <= nowMs) this.#entries.delete(key);
    if (this.#entries.size < this.#maxCount) return;
    throw new GatewayError("LIMIT", `Cannot remember a revocation: there are ${this.#maxCount}`);
  }
}

const userPrefix = "revoked user ";
const tokenPrefix = "revoked token ";

function keyOf(target: RevocationTarget): string {
  return "userId" in target ? `${userPrefix}${target.userId}` : `${tokenPrefix}${target.tokenId}`;
}

function targetOf(key: string): RevocationTarget | undefined {
  if (key.startsWith(userPrefix)) return { userId: key.slice(userPrefix.length) };
  return key.startsWith(tokenPrefix) ? { tokenId: key.slice(tokenPrefix.length) } : undefined;
}
