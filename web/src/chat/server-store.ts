/** One server that this person is in: which rooms everybody has there. */
import type { Client } from "switchboard/client";
import type { ChatGateway } from "switchboard/chat";
import { Store } from "../store.ts";
import { firstRooms } from "./room-name.ts";

export type ChatServer = ReturnType<Client<ChatGateway>["server"]>;

/** How many of its newest events are read. */
export const directoryCount = 200;

export class ServerStore {
  readonly name: string;
  /** Their short names: those it begins with, then as they were opened. */
  readonly rooms: Store<readonly string[]>;
  readonly #server: ChatServer;
  readonly #stop: () => void;

  constructor(name: string, server: ChatServer) {
    this.name = name;
    this.#server = server;
    this.rooms = new Store(firstRooms(name));
    this.#stop = server.opened.on(({ data }) => this.#add(data.room));
  }

  /** Opens a room for everybody here, unless it is there. */
  openForAll(room: string): void {
    if (this.rooms.get().includes(room)) return;
    this.#add(room);
    this.#server.opened.send({ room }).catch(() => undefined); // Then it is open for this person only.
  }

  leave(): void {
    this.#stop();
    this.#server.leave();
  }

  #add(room: string): void {
    if (!this.rooms.get().includes(room)) this.rooms.set([...this.rooms.get(), room]);
  }
}
