import type { EphemeralMessage as WireEphemeral, LatestMessage, Position } from "../wire/index.ts";
import type { Effect, EventKinds } from "./effect.ts";
import { SendError } from "./errors.ts";
import { Listeners } from "./listeners.ts";
import type { HistorySpan } from "./subscription.ts";
import { MessageStream } from "./message-stream.ts";
import { isUnstored } from "./sender.ts";
import { namedProxy } from "./named-proxy.ts";
import type {
  Ack,
  EphemeralMessage,
  Gap,
  HistoryPage,
  LatestValue,
  Message,
  PresenceChange,
  Room,
  RoomControls,
  RoomStatusInfo,
  SendOptions,
  Unsubscribe,
} from "./room.ts";

/** What a room needs of its client. */
export interface RoomPort {
  readonly maxBufferedCount: number;
  readonly maxLatestCount: number;
  send(event: string, data: unknown, options: SendOptions): Promise<Ack | boolean>;
  call(method: string, data: unknown): Promise<unknown>;
  history(options: HistorySpan): Promise<HistoryPage>;
  leave(): void;
  /** A listener threw. */
  thrown(error: unknown): void;
}

type StatusEffect = Extract<Effect, { readonly type: "status" }>;
type Place = readonly [channel: string, position: Position];
type Incoming = Message | EphemeralMessage | LatestValue;

/** Behind one `Room`: who listens to it, and what it last knew. */
export class RoomHandle {
  /** What the application sees. */
  readonly room: Room;
  readonly #port: RoomPort;
  readonly #events: Map<string, Listeners<Incoming>> = new Map();
  /** The newest values of the `latest` events, by event and key. */
  readonly #values: Map<string, Map<string, LatestValue>> = new Map();
  readonly #streams: Set<MessageStream<Incoming>> = new Set();
  /** Where the room was when it was last told something. */
  #told: readonly Place[] = [];
  /** The same when every loop had last read what it was told. */
  #settled: readonly Place[] = [];
  readonly #status: Listeners<RoomStatusInfo>;
  readonly #gap: Listeners<Gap>;
  readonly #presence: Listeners<PresenceChange>;
  #info: RoomStatusInfo = { status: "joining" };
  #name = "";
  #kinds: EventKinds = {};
  #present: Pick<PresenceChange, "members" | "count"> = { members: [], count: 0 };

  constructor(port: RoomPort) {
    this.#port = port;
    this.#status = new Listeners((error) => port.thrown(error));
    this.#gap = new Listeners((error) => port.thrown(error));
    this.#presence = new Listeners((error) => port.thrown(error));
    // The events by name are there for whoever knows their names: the types do, from the gateway.
    this.room = namedProxy(this.#controls(), (event) => this.#handle(event)) as Room;
  }

  receiveStatus({ name, kinds, info }: Pick<StatusEffect, "name" | "kinds" | "info">): void {
    this.#name = name;
    this.#kinds = kinds;
    this.#info = info;
    this.#status.tell(info);
    if (!this.#hasEnded()) return;
    for (const stream of this.#streams) stream.end(info.error);
  }

  receiveMessage(message: Message): void {
    this.#events.get(message.event)?.tell(message);
  }

  receiveEphemeral({ event, data, user, member, ttlMs }: WireEphemeral): void {
    this.#events.get(event)?.tell({ data, user, ttlMs, ...(member === undefined ? {} : { member }) });
  }

  receiveLatest({ event, snapshot, values }: LatestMessage): void {
    const known = this.#valuesOf(event);
    if (snapshot) known.clear();
    for (const value of values) {
      known.delete(value.key);
      known.set(value.key, value);
    }
    for (const oldest of known.keys()) {
      if (known.size <= this.#port.maxLatestCount) break;
      known.delete(oldest);
    }
    const listeners = this.#events.get(event);
    for (const value of values) listeners?.tell(value);
  }

  moveTo(place: Place | undefined): void {
    this.#told = place === undefined ? [] : [place];
  }

  /** Where the room's application is done with what it was told: listeners have returned, loops ask for the next message. */
  settle(): readonly Place[] {
    if ([...this.#streams].every(({ isIdle }) => isIdle)) this.#settled = this.#told;
    return this.#settled;
  }

  receiveGap(gap: Gap): void {
    this.#gap.tell(gap);
  }

  receivePresence(change: PresenceChange): void {
    this.#present = change;
    this.#presence.tell(change);
  }

  #controls(): RoomControls {
    // Getters in an object have their own `this`: what they read of the handle goes through these.
    const name = (): string | undefined => this.#name || undefined;
    const status = (): RoomStatusInfo["status"] => this.#info.status;
    const present = (): Pick<PresenceChange, "members" | "count"> => this.#present;
    return {
      get name() {
        return name();
      },
      get status() {
        return status();
      },
      presence: {
        get members() {
          return present().members;
        },
        get count() {
          return present().count;
        },
        on: (listener) => this.#presence.add(listener),
      },
      onStatus: (listener) => this.#status.add(listener),
      onGap: (listener) => this.#gap.add(listener),
      history: ({ count = 50, after, before = Number.MAX_SAFE_INTEGER } = {}) =>
        this.#port.history(after === undefined ? { before, count } : { after, count }),
      leave: () => this.#port.leave(),
    };
  }

  #handle(event: string): object {
    const values = (): ReadonlyMap<string, LatestValue> => this.#valuesOf(event);
    return {
      get values() {
        return values();
      },
      call: (data: unknown) => this.#port.call(event, data),
      send: (data: unknown, options: SendOptions = {}) => this.#send(event, data, options),
      on: (listener: (message: Incoming) => void) => this.#listen(event, listener),
      [Symbol.asyncIterator]: () => this.#stream(event),
    };
  }

  #valuesOf(event: string): Map<string, LatestValue> {
    let values = this.#values.get(event);
    if (values === undefined) this.#values.set(event, (values = new Map()));
    return values;
  }

  #send(event: string, data: unknown, options: SendOptions): Promise<Ack | boolean> {
    if (!this.#hasEnded()) return this.#port.send(event, data, options);
    if (isUnstored(this.#kinds[event])) return Promise.resolve(false);
    const { code, message } = this.#info.error ?? { code: "CLOSED", message: "the room is closed" };
    const failed = Promise.reject(new SendError(code, `Cannot send ${event}: ${message}`, options.id ?? ""));
    if (code === "CLOSED") handle(failed);
    return failed;
  }

  #hasEnded(): boolean {
    return this.#info.status === "refused" || this.#info.status === "left";
  }

  #listen(event: string, listener: (message: Incoming) => void): Unsubscribe {
    let listeners = this.#events.get(event);
    if (listeners === undefined) {
      listeners = new Listeners((error) => this.#port.thrown(error));
      this.#events.set(event, listeners);
    }
    return listeners.add(listener);
  }

  #stream(event: string): MessageStream<Incoming> {
    const stream = new MessageStream<Incoming>({
      maxBufferedCount: this.#port.maxBufferedCount,
      ended: () => {
        stopListening();
        this.#streams.delete(stream);
      },
    });
    const stopListening = this.#listen(event, (message) =>
      "key" in message
        ? stream.push(message, (older) => "key" in older && older.key === message.key)
        : stream.push(message),
    );
    this.#streams.add(stream);
    if (this.#hasEnded()) stream.end(this.#info.error);
    return stream;
  }
}

/** Who did not wait for the promise is not to crash because the client or the room ended: that was told already. */
export function handle(closed: Promise<unknown>): void {
  closed.catch(() => {});
}
