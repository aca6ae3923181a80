import type { Position } from "../wire/index.ts";
import type { StorageLike } from "./connect-options.ts";
import { ClientError } from "./errors.ts";
import type { MemoryPort, OpenMemory, PositionMemory } from "./position-memory.ts";

/** Where and how much {@link pageMemory} keeps. */
export interface PageMemoryOptions {
  /** The storage's key. Default `switchboard.positions`. Two clients of one page need two. */
  readonly key?: string;
  /** Of how many channels the position is kept, those that changed last. Default 256. */
  readonly maxChannelCount?: number;
  /** How much is written, in bytes of UTF-8; channels that changed longest ago give way. Default 65 536. */
  readonly maxBytes?: number;
  /** How long after a change it is written, at most. Default 1000. It is always written when the page is left or hidden. */
  readonly saveAfterMs?: number;
}

/** What is written. */
interface Saved {
  readonly version: 1;
  readonly url: string;
  readonly user: string;
  /** Those that changed last come last. */
  readonly channels: readonly (readonly [channel: string, position: Position])[];
}

/**
 * Keeps the positions of a client's rooms over a reload, in `sessionStorage`: the next page that opens the same room of the same gateway
 * as the same user is told exactly what came since, or the gap. Listeners that have returned and loops that ask for the next message
 * are done with what they were told. A page that crashes wrote last up to `saveAfterMs` before: what came since, the next one is told again.
 *
 * What the page made of the messages is its own to keep: a room that resumes is not told the ones from before (`room.history` is). In
 * `localStorage` two pages at once would overwrite each other's positions.
 *
 * What is damaged, of another gateway or of another user is not used; `onError` hears why (`MEMORY`).
 *
 * @example
 * const client = connect<Gateway>("/ws", { memory: pageMemory(sessionStorage) });
 */
export function pageMemory(storage: StorageLike, options: PageMemoryOptions = {}): PositionMemory {
  return (port) => new StorageMemory(storage, options, port);
}

class StorageMemory implements OpenMemory {
  readonly #storage: StorageLike;
  readonly #options: Required<PageMemoryOptions>;
  readonly #port: MemoryPort;
  readonly #positions: Map<string, Position> = new Map();
  /** Whose positions they are. */
  #user: string | undefined;
  #isClosed = false;
  #cancelTimer: (() => void) | undefined;
  /** What went wrong last: told once. */
  #reported = "";
  readonly #left = (): void => this.#save();
  readonly #hidden = (): void => {
    if (globalThis.document.visibilityState === "hidden") this.#save();
  };

  constructor(storage: StorageLike, options: PageMemoryOptions, port: MemoryPort) {
    this.#storage = storage;
    this.#options = {
      key: "switchboard.positions",
      maxChannelCount: 256,
      maxBytes: 65_536,
      saveAfterMs: 1000,
      ...options,
    };
    this.#port = port;
    this.#load();
    globalThis.addEventListener?.("pagehide", this.#left);
    globalThis.document?.addEventListener("visibilitychange", this.#hidden);
  }

  recall(channel: string, userId: string): Position | undefined {
    this.#claim(userId);
    return this.#positions.get(channel);
  }

  note(): void {
    if (this.#isClosed) return;
    this.#cancelTimer ??= this.#port.clock.after(this.#options.saveAfterMs, () => this.#save());
  }

  forget(channel: string): void {
    this.#positions.delete(channel);
  }

  close(): void {
    this.#isClosed = true;
    globalThis.removeEventListener?.("pagehide", this.#left);
    globalThis.document?.removeEventListener("visibilitychange", this.#hidden);
    this.#save();
  }

  #claim(userId: string): void {
    if (this.#user !== undefined && this.#user !== userId) {
      this.#positions.clear();
      this.#report("resume", "they are another user's");
    }
    this.#user = userId;
  }

  #load(): void {
    try {
      const text = this.#storage.getItem(this.#options.key);
      if (text === null) return;
      const saved = JSON.parse(text) as unknown;
      if (!isSaved(saved)) return this.#report("resume", "they are damaged");
      if (saved.url !== this.#port.url) return this.#report("resume", `they are of ${saved.url}`);
      this.#user = saved.user;
      for (const [channel, position] of saved.channels) this.#positions.set(channel, position);
    } catch (error) {
      this.#report("resume", String(error));
    }
  }

  #save(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const user = this.#port.userId();
    // Before the first line nothing is known that was not written already.
    if (user === undefined) return;
    this.#claim(user);
    for (const [channel, position] of this.#port.positions()) {
      const known = this.#positions.get(channel);
      if (known?.offset === position.offset && known.tag === position.tag) continue;
      this.#positions.delete(channel);
      this.#positions.set(channel, position);
    }
    try {
      this.#storage.setItem(this.#options.key, this.#fit(user));
    } catch (error) {
      this.#report("keep", String(error));
    }
  }

  /** What to write, and within the limits; what does not fit is forgotten. */
  #fit(user: string): string {
    const { maxChannelCount, maxBytes } = this.#options;
    const saved = (): Saved => ({ version: 1, url: this.#port.url, user, channels: [...this.#positions] });
    let text = JSON.stringify(saved());
    for (const oldest of this.#positions.keys()) {
      const isFitting =
        this.#positions.size <= maxChannelCount && new TextEncoder().encode(text).byteLength <= maxBytes;
      if (isFitting) break;
      this.#report("keep", `no more than ${maxChannelCount} channels and ${maxBytes} bytes are kept`);
      this.#positions.delete(oldest);
      text = JSON.stringify(saved());
    }
    return text;
  }

  #report(act: "keep" | "resume", why: string): void {
    const reason = `Cannot ${act} the positions of ${JSON.stringify(this.#options.key)}: ${why}`;
    if (reason === this.#reported) return;
    this.#reported = reason;
    // An earlier page's fault is found while `connect` is under way: who listens to its client's errors can only then begin to.
    queueMicrotask(() => this.#port.report(new ClientError("MEMORY", reason)));
  }
}

/** Whether it was written by this version: anything may be in a storage. */
function isSaved(value: unknown): value is Saved {
  const { version, url, user, channels } = Object(value) as Record<keyof Saved, unknown>;
  return (
    version === 1 &&
    typeof url === "string" &&
    typeof user === "string" &&
    Array.isArray(channels) &&
    channels.every((one) => Array.isArray(one) && one.length === 2 && typeof one[0] === "string" && isPosition(one[1]))
  );
}

/** A position that a server can read: with any other, the whole resume would be refused. */
function isPosition(value: unknown): value is Position {
  const { epoch, offset, tag } = Object(value) as Record<keyof Position, unknown>;
  return (
    typeof epoch === "string" &&
    /^[0-9a-f]{16}$/.test(epoch) &&
    isNatural(offset) &&
    isNatural(tag) &&
    tag <= 0xffff_ffff
  );
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
