import {
  ClientError,
  type Gap,
  type LatestValue,
  type Presence,
  type Room,
  type RoomControls,
  type SendOptions,
} from "../client/index.ts";
import type { ClientLike } from "./provider.ts";
import { leaseOf, openRoomOf, type RoomAddress, type RoomLease } from "./room-lease.ts";

/** What any handle of a room has, whatever its kind. */
interface AnyHandle extends AsyncIterable<unknown> {
  readonly values: ReadonlyMap<string, LatestValue>;
  send(data: unknown, options?: SendOptions): Promise<unknown>;
  call(data: unknown): Promise<unknown>;
  on(listener: (message: never) => void): () => void;
}

/** An event of a facade, and where it is from. */
export interface EventSource {
  readonly facade: RoomFacade;
  readonly event: string;
}

const nobody: Pick<Presence, "members" | "count"> = { members: [], count: 0 };
const noValues: ReadonlyMap<string, LatestValue> = new Map();
const sources: WeakMap<object, EventSource> = new WeakMap();

/**
 * A room as components see it: there while they render, on a server too, and opened by what happens after: an effect, a listener, a
 * send. So rendering has no effect, and a render that is thrown away leaves nothing open.
 */
export class RoomFacade {
  /** What `useRoom` gives. */
  readonly room: Room;
  readonly #client: ClientLike | undefined;
  readonly #address: RoomAddress;
  readonly #handles: Map<string, AnyHandle> = new Map();

  constructor(client: ClientLike | undefined, address: RoomAddress) {
    this.#client = client;
    this.#address = address;
    const controls = this.#controls();
    // The room's events by name are there for whoever knows their names: the types do, from the gateway.
    this.room = new Proxy(controls, {
      get: (target, key) =>
        typeof key !== "string" || key in target || key === "then" || key === "toJSON" || key.startsWith("$$")
          ? Reflect.get(target, key)
          : this.#handle(key),
    }) as Room;
  }

  /** Whether there is a client: on a server, and until a provider has made one, there is none. */
  get hasClient(): boolean {
    return this.#client !== undefined;
  }

  /** Opens the room until the function that is returned is called. */
  hold(): () => void {
    return this.#lease()?.hold() ?? (() => {});
  }

  /** Listens, with the room open for as long. */
  listen(add: (room: Room) => () => void): () => void {
    const lease = this.#lease();
    const letGo = lease?.hold();
    const end = lease?.room === undefined ? undefined : add(lease.room);
    return () => {
      end?.();
      letGo?.();
    };
  }

  /** Asks, with the room open until it is answered: who sends and goes elsewhere has sent nevertheless. */
  async ask<Answer>(ask: (room: Room) => Promise<Answer>): Promise<Answer> {
    const lease = this.#lease();
    const letGo = lease?.hold();
    try {
      if (lease?.room === undefined) throw noClient(this.#address);
      return await ask(lease.room);
    } finally {
      letGo?.();
    }
  }

  async *#iterate(of: (room: Room) => AnyHandle): AsyncGenerator<unknown, undefined> {
    const lease = this.#lease();
    const letGo = lease?.hold();
    try {
      if (lease?.room !== undefined) yield* of(lease.room);
    } finally {
      letGo?.();
    }
  }

  /** To be held at once: one that nobody holds is never forgotten. */
  #lease(): RoomLease | undefined {
    return this.#client === undefined ? undefined : leaseOf(this.#client, this.#address);
  }

  get #open(): Room | undefined {
    return this.#client === undefined ? undefined : openRoomOf(this.#client, this.#address);
  }

  #controls(): RoomControls {
    const open = (): Room | undefined => this.#open;
    return {
      get name() {
        return open()?.name;
      },
      get status() {
        return open()?.status ?? "joining";
      },
      presence: {
        get members() {
          return (open()?.presence ?? nobody).members;
        },
        get count() {
          return (open()?.presence ?? nobody).count;
        },
        on: (listener) => this.listen((room) => room.presence.on(listener)),
      },
      onStatus: (listener) => this.listen((room) => room.onStatus(listener)),
      onGap: (listener: (gap: Gap) => void) => this.listen((room) => room.onGap(listener)),
      history: (options) => this.ask((room) => room.history(options)),
      leave: () => this.#open?.leave(),
    };
  }

  #handle(name: string): AnyHandle {
    const known = this.#handles.get(name);
    if (known !== undefined) return known;
    const of = (room: Room): AnyHandle => handleOf(room, name);
    const values = (): AnyHandle["values"] => (this.#open === undefined ? noValues : of(this.#open).values);
    const handle: AnyHandle = {
      get values() {
        return values();
      },
      send: (data, options) => this.ask((room) => of(room).send(data, options)),
      call: (data) => this.ask((room) => of(room).call(data)),
      on: (listener) => this.listen((room) => of(room).on(listener)),
      [Symbol.asyncIterator]: () => this.#iterate(of),
    };
    this.#handles.set(name, handle);
    sources.set(handle, { facade: this, event: name });
    return handle;
  }
}

function noClient({ channel }: RoomAddress): ClientError {
  return new ClientError("CLOSED", `Cannot use ${channel}: there is no client yet`);
}

/** Any name of a room gives a handle that can do everything; what its event is, the types know. */
function handleOf(room: Room, name: string): AnyHandle {
  return (room as unknown as Readonly<Record<string, AnyHandle>>)[name] as AnyHandle;
}

/**
 * Where an event that a component was given is from.
 *
 * @throws {TypeError} if it is not from `useRoom`.
 */
export function sourceOf(event: object): EventSource {
  const source = sources.get(event);
  if (source === undefined) throw new TypeError("Cannot follow an event that is not from useRoom");
  return source;
}
