import type { RevocationTarget } from "./effects.ts";
import type { Session } from "./session.ts";

/** The sessions that are authenticated, by their user. */
export class Users {
  readonly #maxConnections: number;
  readonly #sessions = new Map<string, Set<Session>>();

  constructor(maxConnectionsPerUser: number) {
    this.#maxConnections = maxConnectionsPerUser;
  }

  /** Takes a session in. @returns whether there was room for one more of this user. */
  add(userId: string, session: Session): boolean {
    const own = this.#sessions.get(userId) ?? new Set();
    if (own.size >= this.#maxConnections) return false;
    this.#sessions.set(userId, own.add(session));
    return true;
  }

  /** The connection is gone. One that was never taken in may be, too. */
  remove(session: Session): void {
    const id = session.identity?.user.id;
    const own = id === undefined ? undefined : this.#sessions.get(id);
    if (id === undefined || own?.delete(session) !== true) return;
    if (own.size === 0) this.#sessions.delete(id);
  }

  /** Those of a user, or those of one credential. */
  find(target: RevocationTarget): readonly Session[] {
    if ("userId" in target) return [...(this.#sessions.get(target.userId) ?? [])];
    const all = [...this.#sessions.values()].flatMap((own) => [...own]);
    return all.filter(({ identity }) => identity?.tokenId === target.tokenId);
  }
}
