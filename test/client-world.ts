/** A client of a gateway that the test plays: sockets whose other end is the test, and a clock that goes when it is told to. */
import { type Client, connect, type ConnectOptions } from "../src/client/index.ts";
import type { ChannelDefinition, EventDefinition, HasChannels } from "../src/wire/index.ts";
import { at, hello, user } from "./client-bench.ts";

export interface Chat extends HasChannels {
  readonly channels: {
    readonly chat: ChannelDefinition<
      "chat/:room",
      {
        readonly message: EventDefinition<"event", { text: string }>;
        readonly typing: EventDefinition<"ephemeral", object>;
        readonly price: EventDefinition<"latest", number>;
      }
    >;
    readonly lobby: ChannelDefinition<"lobby", { readonly message: EventDefinition<"event", string> }>;
  };
}

type Listener = (event: { readonly data: unknown; readonly code: number; readonly reason: string }) => void;

const { queueMicrotask } = globalThis;
/** What the client does when a turn is over. */
const endsOfTurn: (() => void)[] = [];
globalThis.queueMicrotask = (endOfTurn) => {
  endsOfTurn.push(endOfTurn);
  queueMicrotask(endTurn);
};

function endTurn(): void {
  for (const endOfTurn of endsOfTurn.splice(0)) endOfTurn();
}

/** A socket whose other end is the test. */
export class FakeSocket {
  static all: FakeSocket[] = [];
  readonly url: string;
  readonly protocols: string[];
  closedWith: unknown[] | undefined;
  readonly #ops: Record<string, unknown>[] = [];
  readonly #listeners: (readonly [string, Listener])[] = [];

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
    FakeSocket.all.push(this);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.push([type, listener]);
  }

  send(text: string): void {
    for (const one of text.split("\n")) this.#ops.push(JSON.parse(one) as Record<string, unknown>);
  }

  /** What it was sent, up to now: to look is to end the turn. */
  get ops(): Record<string, unknown>[] {
    endTurn();
    return this.#ops;
  }

  close(code?: number): void {
    this.closedWith = [code];
  }

  emit(type: string, event: Partial<Parameters<Listener>[0]>): void {
    for (const [kind, listener] of this.#listeners) {
      if (kind === type) listener({ data: undefined, code: 1005, reason: "", ...event });
    }
  }

  say(message: object): void {
    this.emit("message", { data: JSON.stringify(message) });
  }

  answer(type: string, reply: object): void {
    this.say({ ...reply, id: this.ops.findLast((op) => op["type"] === type)?.["id"] });
  }

  lose(code = 1006, reason = ""): void {
    this.emit("close", { code, reason });
  }

  open(): this {
    this.say(hello);
    this.answer("auth", { type: "authenticated", user });
    return this;
  }

  stand(offset = 0, more: object = {}): this {
    this.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(offset), top: offset, ...more });
    return this;
  }

  event(offset: number, from = "u2"): void {
    const entry = { event: "message", offset, tag: offset, messageId: `m${offset}`, user: { id: from }, atMs: 5 };
    this.say({ type: "event", channel: "chat/1", ...entry, data: { text: "hi" } });
  }
}

/** A clock that goes when it is told to. */
export class FakeClock {
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly callback: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { callback } of due) callback();
  }
}

export function start(options: ConnectOptions = {}): { client: Client<Chat>; clock: FakeClock; socket: FakeSocket } {
  const clock = new FakeClock();
  const client = connect<Chat>("ws://a.example/ws", { WebSocket: FakeSocket, clock, random: () => 0.5, ...options });
  return { client, clock, socket: line() };
}

export function line(): FakeSocket {
  const socket = FakeSocket.all.at(-1);
  if (socket === undefined) throw new Error("Nothing was dialled");
  return socket;
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
