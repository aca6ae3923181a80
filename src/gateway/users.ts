import type { RevocationTarget } from "./effects.ts";
import type { Session } from "./session.ts";

/** The sessions that are authenticated, by their user. */
export class Users {
  readonly #maxConnections: number;
  /** One session is the most common number, and is kept as it is. */
  readonly #sessions = new Map<string, Session | Set<Session>>();

  constructor(maxConnectionsPerUser: number) {
    this.#maxConnections = maxConnectionsPerUser;
  }

  /** Takes a session in. @returns whether there was room for one more of this user. */
  add(userId: string, session: Session): boolean {
    const own = this.#sessions.get(userId);
    if (countOf(own) >= this.#maxConnections) return false;
    if (own === undefined) this.#sessions.set(userId, session);
    else if (own instanceof Set) own.add(session);
    else this.#sessions.set(userId, new Set([own, session]));
    return true;
  }

  /** The connection is gone. One that was never taken in may be, too. */
  remove(session: Session): void {
    const id = session.identity?.user.id;
    if (id === undefined) return;
    const own = this.#sessions.get(id);
    if (own instanceof Set) own.delete(session);
    if (own === session || (own instanceof Set && own.size === 0)) this.#sessions.delete(id);
  }

  all(): readonly Session[] {
    return [...this.#sessions.values()].flatMap(listOf);
  }

  /** Those of a user, or those of one credential. */
  find(target: RevocationTarget): readonly Session[] {
    if ("userId" in target) return listOf(this.#sessions.get(target.userId));
    return this.all().filter(({ identity }) => identity?.tokenId === target.tokenId);
  }
}

function listOf(own: Session | Set<Session> | undefined): readonly Session[] {
  if (own === undefined) return [];
  return own instanceof Set ? [...own] : [own];
}

function countOf(own: Session | Set<Session> | undefined): number {
  return own instanceof Set ? own.size : Number(own !== undefined);
}
