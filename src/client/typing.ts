import type { User } from "../wire/index.ts";
import type { ClientControls } from "./client.ts";
import type { Clock } from "./connect-options.ts";
import { SendError } from "./errors.ts";
import { Listeners } from "./listeners.ts";
import type { DurableEvent, EphemeralEvent, EphemeralMessage, Message, Presence, Unsubscribe } from "./room.ts";
import { systemClock } from "./system-clock.ts";

/** What {@link trackTyping} needs to know. */
export interface TypingOptions<Data = unknown> {
  /** Whose own name is left out. */
  readonly client: Pick<ClientControls, "user">;
  /** The ephemeral event that says "I am typing": `room.typing`. Its `ttlMs` is how long a name stays. */
  readonly event: Pick<EphemeralEvent<Data>, "send" | "on">;
  /** Whose message ends its sender's typing: `room.message`, or several. Default: none. */
  readonly endedBy?: MessageSource | readonly MessageSource[];
  /** Who is no longer here types no more: `room.presence`. Default: a name stays until it expires. */
  readonly presence?: Presence;
  /** What is sent. Default `{}`, where that is such data. */
  readonly data?: Data;
  /** How often it is sent while a person goes on typing. Default 3000; the event's `ttlMs` should be greater. */
  readonly everyMs?: number;
  /** Of how many people it is kept; of one more, the one who typed longest ago goes. Default 50. */
  readonly maxUserCount?: number;
  /** Default: the platform's. */
  readonly clock?: Clock;
}

/** As much of a stored event as is needed to see who sent a message. */
export type MessageSource = Pick<DurableEvent, "on">;

/** Who is typing in a room, and a way to tell that one is. */
export interface Typing {
  /** Those who type now, who began first first; the same list until it changes. This client's user is never in it. */
  readonly users: readonly User[];
  /** Calls the listener with the list each time it changes. */
  on(listener: (users: readonly User[]) => void): Unsubscribe;
  /** To be called at each key press: tells the others, at most once per `everyMs`, and again at once after an own message. */
  press(): void;
  /** Stops listening and forgets everybody. */
  close(): void;
}

interface Typist {
  readonly user: User;
  readonly untilMs: number;
}

/**
 * Follows who is typing in a room.
 *
 * @example
 * const typing = trackTyping({ client, event: room.typing, endedBy: room.message, presence: room.presence });
 * typing.on((users) => show(users));
 * input.addEventListener("input", () => typing.press());
 */
export function trackTyping<Data>(
  options: TypingOptions<Data> & (Record<string, never> extends Data ? unknown : { readonly data: Data }),
): Typing {
  return new TypingTracker(options);
}

class TypingTracker<Data> implements Typing {
  readonly #options: TypingOptions<Data>;
  readonly #clock: Clock;
  readonly #listeners: Listeners<readonly User[]> = new Listeners((error) => console.error(error));
  readonly #ends: readonly Unsubscribe[];
  #typists: ReadonlyMap<string, Typist> = new Map();
  #users: readonly User[] = [];
  #cancelTimer: (() => void) | undefined;
  #toldAtMs = -Infinity;

  constructor(options: TypingOptions<Data>) {
    const { event, endedBy = [], presence, clock = systemClock() } = options;
    this.#options = options;
    this.#clock = clock;
    const sources = "on" in endedBy ? [endedBy] : endedBy;
    this.#ends = [
      event.on((message) => this.#hear(message)),
      ...sources.map((source) => source.on((message) => this.#endBy(message))),
      presence?.on(({ members }) => {
        // Past a number of members nobody is told any more who is here.
        if (members.length === 0) return;
        const here = new Set(members.map(({ user }) => user.id));
        this.#keep(({ user }) => here.has(user.id));
      }) ?? (() => {}),
    ];
  }

  get users(): readonly User[] {
    return this.#users;
  }

  on(listener: (users: readonly User[]) => void): Unsubscribe {
    return this.#listeners.add(listener);
  }

  press(): void {
    const { event, data = {} as Data, everyMs = 3000 } = this.#options; // the type lets `data` be absent only where `{}` will do
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#toldAtMs < everyMs) return;
    this.#toldAtMs = nowMs;
    event.send(data).then(
      (isSent) => {
        // There was no line: the next key press tries again.
        if (!isSent && this.#toldAtMs === nowMs) this.#toldAtMs = -Infinity;
      },
      (error: unknown) => {
        // The end of the client is told elsewhere; what is wrong with the data is told to whoever forgot it.
        if (!(error instanceof SendError) || error.code !== "CLOSED") throw error;
      },
    );
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#keep(() => false);
  }

  #hear({ user, ttlMs }: EphemeralMessage): void {
    const { client, maxUserCount = 50 } = this.#options;
    if (user.id === client.user?.id) return;
    const typists = new Map(this.#typists).set(user.id, { user, untilMs: this.#clock.nowMs() + ttlMs });
    for (const oldest of typists.keys()) {
      if (typists.size <= maxUserCount) break;
      typists.delete(oldest);
    }
    this.#set(typists);
  }

  #endBy({ user, isMine }: Message): void {
    if (isMine) this.#toldAtMs = -Infinity;
    this.#keep((typist) => typist.user.id !== user.id);
  }

  #keep(isKept: (typist: Typist) => boolean): void {
    this.#set(new Map([...this.#typists].filter(([, typist]) => isKept(typist))));
  }

  #set(typists: ReadonlyMap<string, Typist>): void {
    this.#typists = typists;
    this.#cancelTimer?.();
    const atMs = Math.min(...[...typists.values()].map(({ untilMs }) => untilMs));
    const delayMs = atMs - this.#clock.nowMs();
    this.#cancelTimer = typists.size === 0 ? undefined : this.#clock.after(delayMs, () => this.#expire());
    const users = [...typists.values()].map(({ user }) => user);
    if (isSame(users, this.#users)) return;
    this.#users = users;
    this.#listeners.tell(users);
  }

  #expire(): void {
    const nowMs = this.#clock.nowMs();
    this.#keep(({ untilMs }) => untilMs > nowMs);
  }
}

function isSame(users: readonly User[], others: readonly User[]): boolean {
  return (
    users.length === others.length &&
    users.every(({ id, name }, index) => id === others[index]?.id && name === others[index].name)
  );
}
