/** A `ClientCore` under test: a server that says what the test wants, and everything the core wanted done. */
import type { ClientOp, HelloMessage, Position, ServerMessage } from "../src/wire/index.ts";
import { ClientCore } from "../src/client/client-core.ts";
import { jsonCodec } from "../src/client/json-codec.ts";
import type { Answer } from "../src/client/exchange.ts";
import type { Effect } from "../src/client/effect.ts";

export const device = "0123456789abcdef0123456789abcdef";
export const user = { id: "u1" };
export const hello: HelloMessage = {
  type: "hello",
  version: 1,
  durability: "fsync",
  pingAfterMs: 25_000,
  dedupWindowMs: 86_400_000,
  limits: { maxMessageBytes: 300, maxOperationsPerFrame: 4, maxChannelsPerConnection: 256, authTimeoutMs: 5000 },
  channels: {
    chat: { pattern: "chat/:room", events: { message: "event", typing: "ephemeral", price: "latest" }, presence: true },
    board: {
      pattern: "board",
      events: { update: "event", pointer: "ephemeral", at: "latest", name: "event" },
      presence: false,
      binary: ["update", "pointer", "at"],
    },
    lobby: { pattern: "lobby", events: { message: "event" }, presence: false },
  },
};

/** The position just after `offset`. */
export function at(offset: number, epoch = "0".repeat(16)): Position {
  return { epoch, offset, tag: offset };
}

/** The one answer with the id of the newest request. */
type ClientReplyType = Exclude<Answer["type"], "error">;
type Reply = ServerMessage extends infer Message
  ? Message extends { type: ClientReplyType }
    ? Omit<Message, "id">
    : never
  : never;
type ErrorReply = {
  type: "error";
  code: "RATE_LIMITED" | "STORAGE_UNAVAILABLE" | "FORBIDDEN" | "INTERNAL" | "UNAUTHENTICATED";
  message: string;
  retryAfterMs?: number;
};

/** A core, the time, and everything it wanted done. */
export class Bench {
  readonly core: ClientCore;
  readonly ops: ClientOp[] = [];
  readonly done: Exclude<Effect, { type: "write" }>[] = [];
  nowMs = 1000;

  constructor(options: { random?: number; maxPendingCount?: number } = {}) {
    this.core = new ClientCore({
      device,
      codec: jsonCodec,
      backoff: { minMs: 500, maxMs: 30_000 },
      random: () => options.random ?? 0.5,
      connectTimeoutMs: 10_000,
      maxPendingCount: options.maxPendingCount ?? 10,
    });
    this.core.start(this.nowMs);
    this.take();
  }

  take(): void {
    for (const effect of this.core.takeEffects()) {
      // What we wrote ourselves: it is read back as the server would.
      if (effect.type === "write") this.ops.push(JSON.parse(effect.text) as ClientOp);
      else this.done.push(effect);
    }
  }

  say(message: ServerMessage | object): void {
    this.core.receive(JSON.stringify(message), this.nowMs);
    this.take();
  }

  /** Answers the request of that type that came last. */
  answer(type: ClientOp["type"], reply: Reply | ErrorReply): void {
    this.say({ ...reply, id: this.last(type).id });
  }

  last(type: ClientOp["type"]): ClientOp {
    const op = this.ops.findLast((one) => one.type === type);
    if (op === undefined) throw new Error(`There is no ${type}`);
    return op;
  }

  /** A line that the server accepted. */
  open(): this {
    this.core.receiveToken(undefined, this.nowMs);
    this.say(hello);
    this.answer("auth", { type: "authenticated", user });
    return this;
  }

  lose(code = 1006, reason = ""): void {
    this.core.loseLine(code, reason, this.nowMs);
    this.take();
  }

  /** Lets time pass up to the next deadline. */
  pass(): void {
    this.nowMs = this.core.deadlineMs;
    this.core.tick(this.nowMs);
    this.take();
  }

  reopen(): void {
    this.lose();
    this.pass();
    this.open();
  }

  join(room = "1", recentCount = 0): number {
    const id = this.core.join({ channel: "chat", params: { room }, recentCount }, this.nowMs);
    this.take();
    return id;
  }

  /** A room that stands after `offset`. */
  joined(offset = 0, room = "1"): number {
    const id = this.join(room);
    this.answer("subscribe", { type: "subscribed", channel: `chat/${room}`, position: at(offset), top: offset });
    return id;
  }

  publish(room: number, id: string, data: unknown = {}, event = "message"): number {
    const ticket = this.core.publish(room, { event, id, data }, this.nowMs);
    this.take();
    return ticket;
  }

  call(room: number, method: string, data: unknown = {}): number {
    const ticket = this.core.call(room, { method, data }, this.nowMs);
    this.take();
    return ticket;
  }

  event(offset: number, channel = "chat/1", tag = offset): void {
    this.say({
      type: "event",
      channel,
      event: "message",
      offset,
      tag,
      messageId: `m${offset}`,
      user,
      atMs: 0,
      data: offset,
    });
  }

  ack(offset: number): void {
    this.answer("publish", { type: "ack", ...at(offset), durability: "fsync", duplicate: false });
  }

  /** The effects of some types since the last look. */
  seen(...types: Effect["type"][]): unknown[] {
    return this.done.splice(0).filter(({ type }) => types.includes(type));
  }

  offsets(): number[] {
    return this.done.flatMap((effect) => (effect.type === "message" ? [effect.message.offset] : []));
  }

  states(): string[] {
    return this.done.flatMap((effect) => (effect.type === "state" ? [effect.info.state] : []));
  }

  statuses(): string[] {
    return this.done.flatMap((effect) => (effect.type === "status" ? [effect.info.status] : []));
  }
}
