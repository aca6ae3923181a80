/** Who is in, and their session. Lives outside of React, so that a render never opens or closes a line. */
import type { Client } from "switchboard/client";
import type { ChatGateway } from "switchboard/chat";
import { ChatSession } from "./chat-session.ts";
import { forgetProfile, loadProfile, type Profile, saveProfile } from "./profile.ts";
import type { KeyValueStorage } from "./key-value-storage.ts";
import { loadSettings, saveSettings, type Settings } from "./settings.ts";
import { Store } from "../store.ts";

/** Opens a line for a person. */
export type Connect = (profile: Profile) => Client<ChatGateway>;

export interface Presence {
  readonly profile: Profile;
  readonly session: ChatSession;
}

export class ChatApp {
  /** Undefined while nobody is in. */
  readonly presence: Store<Presence | undefined> = new Store<Presence | undefined>(undefined);
  readonly settings: Store<Settings>;
  readonly #storage: KeyValueStorage;
  readonly #connect: Connect;

  constructor(storage: KeyValueStorage, connect: Connect) {
    this.#storage = storage;
    this.#connect = connect;
    this.settings = new Store(loadSettings(storage));
    const profile = loadProfile(storage);
    if (profile !== undefined) this.#begin(profile);
  }

  /** A person picks a name, or another one: from then on they are in under it. */
  enter(name: string): void {
    this.presence.get()?.session.close();
    this.#begin(saveProfile(this.#storage, name));
  }

  /** The person goes; their name is forgotten, their rooms and their device are not. */
  leave(): void {
    this.presence.get()?.session.close();
    forgetProfile(this.#storage);
    this.presence.set(undefined);
  }

  changeSettings(change: Partial<Settings>): void {
    this.settings.patch(change);
    saveSettings(this.#storage, this.settings.get());
  }

  #begin(profile: Profile): void {
    const session = new ChatSession({ client: this.#connect(profile), storage: this.#storage });
    this.presence.set({ profile, session });
  }
}
