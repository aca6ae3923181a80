/** Who types in a room, kept up to date by a timer, and telling the others seldom that this person does. */
import type { User } from "switchboard/wire";
import * as typing from "./typing.ts";

export interface RoomTypingOptions {
  readonly tell: () => void;
  readonly onChange: (typists: readonly typing.Typist[]) => void;
}

export class RoomTyping {
  readonly #options: RoomTypingOptions;
  #typists: readonly typing.Typist[] = [];
  #toldMs: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RoomTypingOptions) {
    this.#options = options;
  }

  /** This person typed. */
  press(): void {
    const nowMs = Date.now();
    if (!typing.isTypingDue(this.#toldMs, nowMs)) return;
    this.#toldMs = nowMs;
    this.#options.tell();
  }

  /** This person sent what they typed: the next key is told at once. */
  rest(): void {
    this.#toldMs = undefined;
  }

  hear(user: User, ttlMs: number): void {
    this.#set(typing.addTypist(this.#typists, user, Date.now() + ttlMs));
  }

  /** A person's message came. */
  end(userId: string): void {
    this.#set(typing.removeTypist(this.#typists, userId));
  }

  /** Those who are not here do not type. */
  keep(isHere: (userId: string) => boolean): void {
    this.#set(this.#typists.filter(({ user }) => isHere(user.id)));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #set(typists: readonly typing.Typist[]): void {
    const nowMs = Date.now();
    const current = typing.expireTypists(typists, nowMs);
    const isSame = current.length === this.#typists.length && current.every((one, at) => one === this.#typists[at]);
    if (!isSame) {
      this.#typists = current;
      this.#options.onChange(current);
    }
    clearTimeout(this.#timer);
    const nextMs = typing.nextExpiryMs(current);
    if (nextMs === undefined) return;
    this.#timer = setTimeout(() => this.#set(this.#typists), nextMs - nowMs);
  }
}
