/** One person on one line: the connection, the rooms that are open on it, and what this browser remembers of them. */
import type { Client, ClientStateInfo } from "switchboard/client";
import type { ChatGateway } from "switchboard/chat";
import { type ConnectionView, initialConnection, type Recovered } from "./connection-words.ts";
import { loadRoomMemory, maxRoomCount, saveRoomMemory } from "./room-memory.ts";
import { defaultRooms } from "./room-name.ts";
import { pageCount, RoomStore } from "./room-store.ts";
import type { KeyValueStorage } from "./key-value-storage.ts";
import { Store } from "../store.ts";

/** How long the sentence about what was recovered stays. */
const recoveredForMs = 6_000;

const nothing: Recovered = { messageCount: 0, gapCount: 0 };

export interface ChatSessionOptions {
  readonly client: Client<ChatGateway>;
  readonly storage: KeyValueStorage;
}

export class ChatSession {
  readonly connection: Store<ConnectionView> = new Store(initialConnection);
  /** The open rooms, the default ones first. */
  readonly rooms: Store<readonly RoomStore[]> = new Store<readonly RoomStore[]>([]);
  readonly #client: Client<ChatGateway>;
  readonly #storage: KeyValueStorage;
  #readOffsets: Readonly<Record<string, number>>;
  #recovered = nothing;
  #isRecovering = false;
  #recoveredTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ client, storage }: ChatSessionOptions) {
    this.#client = client;
    this.#storage = storage;
    client.onState((info) => this.#updateConnection(info));
    const { rooms, readOffsets } = loadRoomMemory(storage);
    this.#readOffsets = readOffsets;
    this.rooms.set([...new Set([...defaultRooms, ...rooms])].map((name) => this.#createRoom(name)));
  }

  /** Opens a room, or gives the one that is open. Undefined when too many are. */
  open(name: string): RoomStore | undefined {
    const open = this.rooms.get().find((room) => room.name === name);
    if (open !== undefined) return open;
    if (this.rooms.get().length >= maxRoomCount) return undefined;
    const room = this.#createRoom(name);
    this.rooms.set([...this.rooms.get(), room]);
    this.#remember();
    return room;
  }

  /** Closes a room that was opened by name. */
  leave(name: string): void {
    this.rooms
      .get()
      .find((room) => room.name === name)
      ?.leave();
    this.rooms.set(this.rooms.get().filter((room) => room.name !== name));
    this.#remember();
  }

  /** Messages that would be lost if the person left now. */
  get unsentCount(): number {
    const outgoing = this.rooms.get().flatMap((room) => room.view.get().timeline.outgoing);
    return outgoing.filter(({ state }) => state.type !== "sent").length;
  }

  /** Tries to connect now instead of when the time is over. */
  tryNow(): void {
    this.#client.reconnect();
  }

  /** The browser believes that it has a network, or none. */
  setOnline(isOnline: boolean): void {
    this.connection.patch({ isOnline });
  }

  close(): void {
    clearTimeout(this.#recoveredTimer);
    for (const room of this.rooms.get()) room.leave();
    void this.#client.close();
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
    return new RoomStore({
      name,
      room: this.#client.chat({ room: name }, { recent: pageCount }),
      ownUser: () => this.#client.user,
      readOffset: this.#readOffsets[name],
      onStatus: () => this.#tellRecovered(),
      onRead: () => this.#remember(),
      onRecovered: (what) => this.#countRecovered(what),
    });
  }

  #remember(): void {
    const rooms = this.rooms.get();
    for (const { name, view } of rooms) {
      const { readOffset } = view.get();
      if (readOffset !== undefined) this.#readOffsets = { ...this.#readOffsets, [name]: readOffset };
    }
    saveRoomMemory(this.#storage, { rooms: rooms.map(({ name }) => name), readOffsets: this.#readOffsets });
  }
}
