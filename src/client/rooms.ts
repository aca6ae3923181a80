import {
  buildChannelName,
  type EventMessage,
  type HelloMessage,
  type Position,
  type ServerMessage,
  type Subscribed,
  type SubscribedMessage,
  type UnsubscribedMessage,
  type User,
  type WireError,
} from "../wire/index.ts";
import { retryDelayMs } from "./backoff.ts";
import { ClientError } from "./errors.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { isPassing, type Publish, Sender, type SenderOptions } from "./sender.ts";
import { type HistorySpan, Subscription, type SubscriptionOptions } from "./subscription.ts";

/** So that the largest resume, 256 names of 128 bytes, fits into 64 KiB. */
const maxResumeCount = 256;

/** Where an earlier page was in a channel (by its name on the wire), if the same user was and it is known. */
export type Recall = (channel: string, userId: string) => Position | undefined;

export interface RoomsOptions extends SenderOptions {
  readonly recall?: Recall | undefined;
}

/** What a server says of a channel without being asked. */
export type ChannelMessage = Extract<
  ServerMessage,
  { readonly type: "event" | "gap" | "presence" | "ephemeral" | "latest" }
>;

/** All rooms of a client: asks for their subscriptions, line after line, and delivers what comes. */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #exchange: Exchange;
  readonly #sender: Sender;
  readonly #rooms: Map<number, Subscription> = new Map();
  readonly #byName: Map<string, Subscription> = new Map();
  #hello: HelloMessage | undefined;
  #lastRoom = 0;
  #userId = "";

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#exchange = options.exchange;
    this.#sender = new Sender(options);
  }

  // ---- for the application

  /** The number of a new room. */
  join(options: Omit<SubscriptionOptions, "id">): number {
    this.#lastRoom += 1;
    const room = new Subscription({ ...options, id: this.#lastRoom });
    this.#rooms.set(room.id, room);
    if (this.#hello !== undefined) this.#resolve(room, this.#hello);
    return room.id;
  }

  leave(id: number): void {
    const room = this.#rooms.get(id);
    if (room === undefined) return;
    const isKnownToServer = room.phase === "asked" || room.phase === "standing";
    if (isKnownToServer) this.#exchange.tell({ type: "unsubscribe", channel: room.name });
    this.#end(room, "left");
  }

  publish(id: number, publish: Publish): number {
    return this.#sender.publish(this.#rooms.get(id), publish);
  }

  /** Where a room is in its log, and the channel's name. */
  whereIs(id: number): readonly [channel: string, position: Position] | undefined {
    const { name, position } = this.#rooms.get(id) ?? {};
    return name === undefined || position === undefined ? undefined : [name, position];
  }

  history(id: number, span: HistorySpan): number {
    return this.#sender.history(this.#rooms.get(id), span);
  }

  call(id: number, method: string, data: unknown): number {
    return this.#sender.call(this.#rooms.get(id), method, data);
  }

  abort(ticket: number): void {
    this.#sender.abort(this.#rooms.values(), ticket);
  }

  /** Leaves them all, with the reason if it was not the application's wish. */
  end(error?: ClientError): void {
    for (const room of this.#rooms.values()) this.#end(room, "left", error);
  }

  // ---- for the line

  /** A server said hello: what its channels are named and hold is known now, or anew. */
  learn(hello: HelloMessage): void {
    this.#hello = hello;
    this.#sender.limit(hello.limits.maxMessageBytes);
    this.#byName.clear();
    for (const room of this.#rooms.values()) this.#resolve(room, hello);
  }

  /** The server subscribed us by itself. Who has asked for the room hears of it by the answer. */
  adopt({ definition = "", params = {}, ...subscribed }: SubscribedMessage): void {
    if (this.#byName.has(subscribed.channel)) return;
    const id = this.join({ channel: definition, params, recentCount: 0 });
    const room = this.#rooms.get(id);
    if (room === undefined) return;
    this.#exchange.emit({ type: "room", room: id, channel: definition, params });
    room.ask();
    this.#stand(room, subscribed);
  }

  /** The server ended a subscription by itself. */
  expel({ channel, error }: UnsubscribedMessage): void {
    const room = this.#byName.get(channel);
    if (room !== undefined) this.#end(room, "left", error && new ClientError(error.code, error.message));
  }

  /** The server said who we are. */
  identify({ id }: User): void {
    this.#userId = id;
  }

  loseLine(): void {
    for (const room of this.#rooms.values()) {
      room.retryAtMs = 0;
      this.#sender.loseLine(room);
      this.#change(room, () => room.reset());
    }
  }

  /** When `flush` has to be called again, if nothing else happens. */
  get deadlineMs(): number {
    const idle = [...this.#rooms.values()].filter(({ phase }) => phase === "idle");
    return Math.min(this.#sender.deadlineMs, ...idle.map(({ retryAtMs }) => retryAtMs));
  }

  /** Sends whatever may be sent now. Called with an open line only. */
  flush(nowMs: number): void {
    this.#subscribe([...this.#rooms.values()].filter((room) => room.phase === "idle" && room.retryAtMs <= nowMs));
    this.#sender.flush(this.#rooms.values(), nowMs);
  }

  receive(message: ChannelMessage, nowMs: number): void {
    const room = this.#byName.get(message.channel);
    // After asking again, and before the answer, what comes belongs to the subscription of before.
    if (room?.phase !== "standing") return;
    switch (message.type) {
      case "event":
        this.#receiveEvent(room, message, nowMs);
        break;
      case "gap":
        // What happened is told before what follows from it: the gap before `live`.
        this.#change(room, () => this.#exchange.emit({ type: "gap", room: room.id, gap: room.receiveGap(message) }));
        break;
      case "presence": {
        const change = room.receivePresence(message);
        if (change !== undefined) this.#exchange.emit({ type: "presence", room: room.id, change });
        break;
      }
      case "ephemeral":
        this.#exchange.emit({ type: "unstored", room: room.id, message: room.withData(message.event, message) });
        break;
      case "latest": {
        const values = message.values.map((value) => room.withData(message.event, value));
        this.#exchange.emit({ type: "unstored", room: room.id, message: { ...message, values } });
        break;
      }
    }
  }

  #receiveEvent(room: Subscription, message: EventMessage, nowMs: number): void {
    const verdict = this.#change(room, () => {
      const answer = room.receiveEvent(message);
      const isMine = message.user.id === this.#userId;
      if (answer === "next" && !(isMine && room.isSilent(message.messageId))) {
        this.#exchange.emit({ type: "message", room: room.id, message: room.withData(message.event, message) });
      }
      return answer;
    });
    if (verdict === "hole") this.#mend(room, message.offset, nowMs);
  }

  #resolve(room: Subscription, hello: HelloMessage): void {
    const info = Object.hasOwn(hello.channels, room.channel) ? hello.channels[room.channel] : undefined;
    if (info === undefined) {
      const reason = `Cannot open ${room.channel}: the gateway has ${Object.keys(hello.channels).join(", ")}`;
      return this.#end(room, "refused", new ClientError("UNKNOWN_CHANNEL", reason));
    }
    const built = buildChannelName(info.pattern, room.params);
    if (built.type === "refused") return this.#end(room, "refused", new ClientError("BAD_CHANNEL", built.reason));
    room.info = info;
    room.name = built.name;
    this.#byName.set(built.name, room);
    this.#sender.judge(room);
  }

  /** Those that were there before in one frame, the new ones in one each. */
  #subscribe(rooms: readonly Subscription[]): void {
    for (const room of rooms) room.recall(() => this.#options.recall?.(room.name, this.#userId));
    const back = rooms.flatMap((room) =>
      room.position === undefined ? [] : [{ room, channel: room.name, position: room.position }],
    );
    for (let at = 0; at < back.length; at += maxResumeCount) {
      const page = back.slice(at, at + maxResumeCount);
      const channels = page.map(({ channel, position }) => ({ channel, position }));
      this.#exchange.ask({ type: "resume", channels }, (answer, nowMs) => {
        for (const { room } of page) this.#resumed(room, answer, nowMs);
      });
    }
    for (const room of rooms) {
      if (room.position === undefined) {
        this.#exchange.ask({ type: "subscribe", channel: room.name, start: room.start() }, (answer, nowMs) => {
          if (answer.type === "subscribed") this.#stand(room, answer);
          else this.#refused(room, answer, nowMs);
        });
      }
      room.ask();
    }
  }

  #resumed(room: Subscription, answer: Answer, nowMs: number): void {
    const own = answer.type === "resumed" ? answer.channels.find(({ channel }) => channel === room.name) : undefined;
    if (own === undefined) this.#refused(room, answer, nowMs);
    else if ("error" in own) this.#refused(room, own.error, nowMs);
    else this.#stand(room, own);
  }

  #stand(room: Subscription, subscribed: Subscribed): void {
    if (room.phase !== "asked") return;
    const change = this.#change(room, () => room.stand(subscribed));
    if (change !== undefined) this.#exchange.emit({ type: "presence", room: room.id, change });
  }

  #refused(room: Subscription, answer: Answer | WireError, nowMs: number): void {
    if (room.phase !== "asked") return;
    if (!("code" in answer)) {
      const reason = `Cannot open ${room.name}: the server answered with ${answer.type}`;
      this.#end(room, "refused", new ClientError("PROTOCOL", reason));
    } else if (isPassing(answer.code) || answer.code === "INTERNAL") this.#askLater(room, nowMs, answer);
    else this.#end(room, "refused", new ClientError(answer.code, answer.message));
  }

  /** A message is missing and no gap was told: asks again from there, for the log to fill the hole or to tell the gap. */
  #mend(room: Subscription, offset: number, nowMs: number): void {
    const reason = `Cannot deliver ${room.name} ${offset}: the last was ${room.at} and no gap was told; asking again from there`;
    this.#exchange.emit({ type: "error", error: new ClientError("PROTOCOL", reason) });
    this.#askLater(room, nowMs);
  }

  /** @param why - what the server could not do now: told, for it may go on for long. */
  #askLater(room: Subscription, nowMs: number, why?: WireError): void {
    const delayMs = retryDelayMs({ ...this.#options, attempt: room.attempt });
    room.retryAtMs = nowMs + Math.max(delayMs, why?.retryAfterMs ?? 0);
    room.attempt += 1;
    this.#change(room, () => room.reset());
    if (why !== undefined) this.#tellStatus(room, new ClientError(why.code, why.message));
  }

  #end(room: Subscription, phase: "refused" | "left", error?: ClientError): void {
    this.#rooms.delete(room.id);
    this.#byName.delete(room.name);
    this.#change(room, () => room.end(phase, error));
    this.#sender.end(room, error);
  }

  /** Does something to a room, and tells if its status is another then. */
  #change<Result>(room: Subscription, act: () => Result): Result {
    const before = room.status;
    const result = act();
    if (room.status !== before) this.#tellStatus(room, room.error);
    return result;
  }

  #tellStatus({ id, name, info: channel, status }: Subscription, error: ClientError | undefined): void {
    const info = error === undefined ? { status } : { status, error };
    this.#exchange.emit({ type: "status", room: id, name, kinds: channel?.events ?? {}, info });
  }
}
