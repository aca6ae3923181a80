import { maxTracedBytes, type TraceEntry } from "./messages.ts";
import type { LabLine } from "./lab-line.ts";

const maxSessionCount = 100;
const maxEntryCount = 2000;

/** One page that watches: what happened on its connections, and who listens. */
export class LabSession {
  readonly #entries: TraceEntry[] = [];
  readonly #listeners = new Set<(entry: TraceEntry) => void>();
  /** The connection that is open. */
  line: LabLine | undefined;

  /** Tells everything so far, and then what follows. Returns the way to stop. */
  follow(listener: (entry: TraceEntry) => void): () => void {
    for (const entry of this.#entries) listener(entry);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get isFollowed(): boolean {
    return this.#listeners.size > 0;
  }

  tell(entry: TraceEntry): void {
    // The page keeps what it was told: the end of a very long trace is lost to those who come back alone.
    if (this.#entries.length < maxEntryCount) this.#entries.push(entry);
    for (const listener of this.#listeners) listener(entry);
  }

  tellBytes(
    bytes: Uint8Array,
    entry: Pick<TraceEntry & { readonly type: "bytes" }, "atMs" | "direction" | "part">,
  ): void {
    if (bytes.length === 0) return;
    const kept = Buffer.from(bytes.subarray(0, maxTracedBytes)).toString("base64");
    this.tell({ type: "bytes", ...entry, bytes: kept, byteCount: bytes.length });
  }
}

/** The pages that watch. A name is a secret of the page that made it. */
export class LabSessions {
  readonly #sessions = new Map<string, LabSession>();

  /** The session of this name, made if there is none; undefined for a name that is none, or when too many pages watch. */
  open(name: string): LabSession | undefined {
    const session = this.#sessions.get(name);
    if (session !== undefined || !/^[\w-]{16,64}$/.test(name) || this.#sessions.size >= maxSessionCount) return session;
    const made = new LabSession();
    this.#sessions.set(name, made);
    return made;
  }

  find(name: string): LabSession | undefined {
    return this.#sessions.get(name);
  }

  /** Forgets a session that nobody watches any more. */
  leave(name: string): void {
    const session = this.#sessions.get(name);
    if (session === undefined || session.isFollowed) return;
    session.line?.end();
    this.#sessions.delete(name);
  }
}
