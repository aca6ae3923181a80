/** One person on one line: the connection, the servers and rooms that are open on it, and what this browser remembers of them. */
import type { Client, ClientStateInfo } from "switchboard/client";
import type { ChatGateway } from "switchboard/chat";
import { Store } from "../store.ts";
import { type ConnectionView, initialConnection, type Recovered } from "./connection-words.ts";
import type { KeyValueStorage } from "./key-value-storage.ts";
import { loadReadOffsets, loadRoomMemory, maxRoomCount, maxServerCount, saveRoomMemory } from "./room-memory.ts";
import { fullName, homeServer, splitName } from "./room-name.ts";
import { pageCount, RoomStore } from "./room-store.ts";
import { directoryCount, ServerStore } from "./server-store.ts";
import type { IncomingMessage } from "./timeline.ts";

/** How long the sentence about what was recovered stays. */
const recoveredForMs = 8_000;

const nothing: Recovered = { messageCount: 0, gapCount: 0 };

export interface ChatSessionOptions {
  readonly client: Client<ChatGateway>;
  readonly storage: KeyValueStorage;
}

/** What somebody else said just now, and where. */
export interface Heard {
  readonly room: RoomStore;
  readonly message: IncomingMessage;
}

export class ChatSession {
  readonly connection: Store<ConnectionView> = new Store(initialConnection);
  /** The servers this person is in, the one of everybody first. */
  readonly servers: Store<readonly ServerStore[]> = new Store<readonly ServerStore[]>([]);
  /** The open rooms, server by server, in the order everybody has them. */
  readonly rooms: Store<readonly RoomStore[]> = new Store<readonly RoomStore[]>([]);
  readonly #client: Client<ChatGateway>;
  readonly #storage: KeyValueStorage;
  readonly #heardListeners = new Set<(heard: Heard) => void>();
  readonly #lastRooms = new Map<string, string>();
  #readOffsets: Readonly<Record<string, number>>;
  #recovered = nothing;
  #isRecovering = false;
  #isAway = false;
  #recoveredTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ client, storage }: ChatSessionOptions) {
    this.#client = client;
    this.#storage = storage;
    client.onState((info) => this.#updateConnection(info));
    const { servers, rooms, readOffsets } = loadRoomMemory(storage);
    this.#readOffsets = readOffsets;
    for (const name of [homeServer, ...servers]) this.#join(name);
    for (const name of rooms) this.open(name);
  }

  /** Opens a room, or gives the one that is open; joins its server. Undefined when there are too many. */
  open(name: string): RoomStore | undefined {
    const open = this.rooms.get().find((room) => room.name === name);
    if (open !== undefined) return open;
    if (this.rooms.get().length >= maxRoomCount || this.#join(splitName(name).server) === undefined) return undefined;
    this.#show(name);
    this.#remember();
    return this.rooms.get().find((room) => room.name === name);
  }

  /** Opens a room for everybody on its server. */
  openForAll(name: string): RoomStore | undefined {
    const opened = this.open(name);
    const { server, room } = splitName(name);
    const found = this.servers.get().find((one) => one.name === server);
    if (opened !== undefined) found?.openForAll(room);
    return opened;
  }

  /** Closes a room that is this person's alone. */
  leave(name: string): void {
    this.#close((room) => room.name === name);
    this.#remember();
  }

  /** Leaves a server with all its rooms. Nobody leaves the first one. */
  leaveServer(name: string): void {
    if (name === homeServer) return;
    this.servers
      .get()
      .find((server) => server.name === name)
      ?.leave();
    this.servers.set(this.servers.get().filter((server) => server.name !== name));
    this.#close((room) => splitName(room.name).server === name);
    this.#remember();
  }

  /** Whether everybody on its server has a room. */
  isForAll(name: string): boolean {
    const { server, room } = splitName(name);
    const found = this.servers.get().find((one) => one.name === server);
    return found?.rooms.get().includes(room) === true;
  }

  /** The person looks at a room. */
  visit(name: string): void {
    this.#lastRooms.set(splitName(name).server, name);
  }

  /** The room of a server that was looked at last; its first one if none was. */
  lastRoomOf(server: string): string {
    const last = this.#lastRooms.get(server);
    const isOpen = this.rooms.get().some(({ name }) => name === last);
    return last !== undefined && isOpen ? last : fullName(server, "general");
  }

  /** Calls the listener with what others say, as they say it. */
  onHeard(listener: (heard: Heard) => void): () => void {
    this.#heardListeners.add(listener);
    return () => this.#heardListeners.delete(listener);
  }

  /** What would be lost if the person left now: messages and changes. */
  get unsentCount(): number {
    const timelines = this.rooms.get().map((room) => room.view.get().timeline);
    const outgoing = timelines.flatMap((timeline) => timeline.outgoing).filter(({ state }) => state.type !== "sent");
    return outgoing.length + timelines.flatMap((timeline) => timeline.pendingChanges).length;
  }

  /** Tries to connect now instead of when the time is over. */
  tryNow(): void {
    this.#client.reconnect();
  }

  /** The browser believes that it has a network, or none. */
  setOnline(isOnline: boolean): void {
    this.connection.patch({ isOnline });
  }

  /** Whether nobody looks at this page. */
  setAway(isAway: boolean): void {
    // Being away is told each time: another tab of this device may have told otherwise.
    if (!isAway && !this.#isAway) return;
    this.#isAway = isAway;
    for (const room of this.rooms.get()) room.tellAway();
  }

  /** Another tab of this browser has read: takes over how far. */
  readElsewhere(): void {
    const offsets = loadReadOffsets(this.#storage);
    for (const room of this.rooms.get()) room.readElsewhere(offsets[room.name] ?? 0);
  }

  close(): void {
    clearTimeout(this.#recoveredTimer);
    for (const room of this.rooms.get()) room.leave();
    for (const server of this.servers.get()) server.leave();
    void this.#client.close();
  }

  #join(name: string): ServerStore | undefined {
    const joined = this.servers.get().find((server) => server.name === name);
    if (joined !== undefined) return joined;
    if (this.servers.get().length > maxServerCount) return undefined;
    const server = new ServerStore(name, this.#client.server({ server: name }, { recent: directoryCount }));
    this.servers.set([...this.servers.get(), server]);
    const showAll = (): void => {
      for (const room of server.rooms.get()) this.#show(fullName(name, room));
    };
    server.rooms.subscribe(showAll);
    showAll();
    return server;
  }

  #show(name: string): void {
    const rooms = this.rooms.get();
    if (rooms.length >= maxRoomCount || rooms.some((room) => room.name === name)) return;
    this.rooms.set(this.#sort([...rooms, this.#createRoom(name)]));
  }

  #sort(rooms: readonly RoomStore[]): readonly RoomStore[] {
    const order = this.servers.get().flatMap((server) => server.rooms.get().map((room) => fullName(server.name, room)));
    const placeOf = ({ name }: RoomStore): number => (order.includes(name) ? order.indexOf(name) : order.length);
    const serverOf = ({ name }: RoomStore): number =>
      this.servers.get().findIndex((server) => server.name === splitName(name).server);
    return rooms.toSorted((one, other) => serverOf(one) - serverOf(other) || placeOf(one) - placeOf(other));
  }

  #close(isIt: (room: RoomStore) => boolean): void {
    for (const room of this.rooms.get().filter(isIt)) room.leave();
    this.rooms.set(this.rooms.get().filter((room) => !isIt(room)));
  }

  #updateConnection(info: ClientStateInfo): void {
    const { state } = info;
    const { hasBeenOpen } = this.connection.get();
    if (state === "waiting" && hasBeenOpen && !this.#isRecovering) {
      this.#isRecovering = true;
      this.#recovered = nothing;
    }
    this.connection.patch({
      state,
      code: "code" in info ? info.code : undefined,
      reason: "reason" in info ? info.reason : undefined,
      retryAtMs: state === "waiting" ? Date.now() + info.retryInMs : undefined,
      hasBeenOpen: hasBeenOpen || state === "open",
      user: this.#client.user,
      durability: this.#client.durability,
    });
    this.#tellRecovered();
  }

  #countRecovered(what: "message" | "gap"): void {
    const { messageCount, gapCount } = this.#recovered;
    this.#recovered =
      what === "gap" ? { messageCount, gapCount: gapCount + 1 } : { messageCount: messageCount + 1, gapCount };
  }

  /** Says what was recovered, once every room is up to date again. */
  #tellRecovered(): void {
    const isWaiting = this.rooms.get().some(({ view }) => ["joining", "replaying"].includes(view.get().status));
    if (!this.#isRecovering || isWaiting || this.connection.get().state !== "open") return;
    this.#isRecovering = false;
    this.connection.patch({ recovered: this.#recovered });
    clearTimeout(this.#recoveredTimer);
    this.#recoveredTimer = setTimeout(() => this.connection.patch({ recovered: undefined }), recoveredForMs);
  }

  #createRoom(name: string): RoomStore {
    const store: RoomStore = new RoomStore({
      name,
      room: this.#client.chat({ room: name }, { recent: pageCount }),
      ownUser: () => this.#client.user,
      readOffset: this.#readOffsets[name],
      isAway: () => this.#isAway,
      onStatus: () => this.#tellRecovered(),
      onRead: () => this.#remember(),
      onRecovered: (what) => this.#countRecovered(what),
      onHeard: (message) => {
        for (const listener of this.#heardListeners) listener({ room: store, message });
      },
    });
    return store;
  }

  #remember(): void {
    const rooms = this.rooms.get();
    for (const { name, view } of rooms) {
      const { readOffset } = view.get();
      if (readOffset !== undefined) this.#readOffsets = { ...this.#readOffsets, [name]: readOffset };
    }
    saveRoomMemory(this.#storage, {
      servers: this.servers.get().flatMap(({ name }) => (name === homeServer ? [] : [name])),
      rooms: rooms.map(({ name }) => name),
      readOffsets: this.#readOffsets,
    });
  }
}
