import {
  type ChannelSettings,
  defaultLimits,
  type GatewayEffect,
  GatewayCore,
  type GatewayInput,
  type GatewayLimits,
  type KnownLog,
  type OtherLog,
  type QuestionEffect,
  type Results,
} from "../gateway/index.ts";
import { type ClientOp, decodeServerMessage, encodeClientOp, type ServerMessage } from "../wire/index.ts";
import { ModelLog } from "./model-log.ts";

/** How the world answers a question; where it does not, everything is granted, and stored in a `ModelLog`. */
export type Answers = {
  readonly [Type in keyof Results]?: (question: Extract<QuestionEffect, { type: Type }>) => Results[Type] | undefined;
};

export interface GatewayBenchOptions {
  readonly channels?: Readonly<Record<string, ChannelSettings>>;
  readonly limits?: Partial<GatewayLimits>;
  readonly answers?: Answers;
  /** Its name. Default `n1`. */
  readonly node?: string;
  /** Hands what it broadcasts to the other nodes of its store, if there are any. */
  readonly tellOthers?: (channel: string, payload: string) => void;
}

const history = { maxCount: 1000, maxAgeMs: 86_400_000 };

/** A room with presence, an event and an ephemeral one; a channel with neither presence nor parameters; one of newest values. */
export const benchChannels: Readonly<Record<string, ChannelSettings>> = {
  room: {
    pattern: "room/:id",
    events: { said: { kind: "event" }, typing: { kind: "ephemeral", ttlMs: 10_000 } },
    presence: true,
    history,
  },
  news: {
    pattern: "news",
    events: { item: { kind: "event" }, mood: { kind: "ephemeral", ttlMs: 500 } },
    presence: false,
    calls: ["roll"],
    history,
  },
  ticker: {
    pattern: "ticker/:market",
    events: { quote: { kind: "latest", everyMs: 100 }, news: { kind: "latest", everyMs: 1_000 } },
    presence: false,
    history,
  },
};

/** A gateway's core in a world of the test's making: virtual time, logs that can fail, connections that record. */
export class GatewayBench {
  readonly core: GatewayCore;
  readonly logs: Map<string, ModelLog> = new Map();
  readonly joined: Set<string> = new Set();
  /** All effects that are not questions or messages, in order. */
  readonly effects: GatewayEffect[] = [];
  /** Questions that wait to be answered, oldest first. They are answered at once unless `isHolding` them. */
  readonly questions: QuestionEffect[] = [];
  isHolding: (question: QuestionEffect) => boolean = () => false;
  /** Whether the store tells of its appends. */
  isHinting = true;
  /** Connections whose queue is full. */
  readonly congested: Set<number> = new Set();
  readonly #answers: Answers;
  readonly #tellOthers: GatewayBenchOptions["tellOthers"];
  readonly #inbox = new Map<number, ServerMessage[]>();
  readonly #inputs: GatewayInput[] = [];
  #nowMs = 1_000_000;
  #requestId = 0;

  constructor({
    answers = {},
    channels = benchChannels,
    limits = {},
    node = "n1",
    tellOthers,
  }: GatewayBenchOptions = {}) {
    this.#answers = answers;
    this.#tellOthers = tellOthers;
    this.core = new GatewayCore({
      channels,
      limits: { ...defaultLimits, ...limits },
      durability: "fsync",
      dedupWindowMs: 86_400_000,
      node,
      isShared: tellOthers !== undefined,
    });
  }

  log(channel: string): ModelLog {
    const log = this.logs.get(channel) ?? new ModelLog();
    this.logs.set(channel, log);
    return log;
  }

  // ---- connections

  open(connection: number): void {
    this.#inbox.set(connection, []);
    this.handle({ type: "opened", connection });
  }

  /** A connection that is authenticated as the user `u<connection>`, its greetings taken. */
  join(connection: number, device: string = String(connection).padStart(32, "0")): void {
    this.open(connection);
    this.send(connection, { type: "auth", device });
    this.take(connection);
  }

  send(connection: number, op: OmitId<ClientOp>): number {
    this.#requestId += 1;
    // The type of a union without its id is not seen to be the union again.
    this.sendText(connection, encodeClientOp({ ...op, id: this.#requestId } as ClientOp));
    return this.#requestId;
  }

  sendText(connection: number, data: string): void {
    this.handle({ type: "received", connection, data, bytes: data.length });
  }

  /** What the connection was sent since the last time. */
  take(connection: number): ServerMessage[] {
    return this.#inbox.get(connection)?.splice(0) ?? [];
  }

  closed(connection: number, isGoodbye = false): void {
    this.handle({ type: "closed", connection, isGoodbye });
  }

  // ---- the world

  handle(input: GatewayInput): void {
    this.#feed(input);
    this.settle();
  }

  /** Answers the questions that are not held, and those that follow from them. */
  settle(): void {
    for (;;) {
      const index = this.questions.findIndex((question) => !this.isHolding(question));
      if (index === -1) return;
      this.answer(index);
    }
  }

  /** Answers one of the questions that wait. */
  answer(index: number): void {
    const [question] = this.questions.splice(index, 1);
    if (question === undefined) return;
    const given = this.#answers[question.type] as ((asked: QuestionEffect) => never) | undefined;
    const result = given?.(question) ?? this.#grant(question);
    // Question and result are of one kind: `#grant` and `Answers` see to that.
    const input = { type: "settled", question: question.type, request: question.request, result } as GatewayInput;
    this.#feed(input);
    if (question.type === "append" && "entry" in result) this.#hint(question.draft.channel, result);
  }

  /** Lets time pass, with a tick whenever the core wants one. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    while (this.core.nextMs <= untilMs) {
      this.#nowMs = Math.max(this.#nowMs, this.core.nextMs);
      this.handle({ type: "tick" });
    }
    this.#nowMs = untilMs;
  }

  /** Appends without the gateway, as another node would. */
  append(channel: string, messageId: string, data: unknown = messageId): void {
    const text = JSON.stringify(data);
    const event = channel === "news" ? "item" : "said";
    const result = this.log(channel).append({
      channel,
      event,
      messageId,
      user: { id: "other" },
      data: text,
      content: text,
      history,
    });
    if (result.type === "stored") this.#hint(channel, result);
  }

  /** What a node broadcasted, this one or another. */
  hear(channel: string, payload: string): void {
    if (this.joined.has(channel)) this.#feed({ type: "broadcasted", channel, payload });
  }

  /** Time goes by without it: it is not run. */
  freeze(forMs: number): void {
    this.#nowMs += forMs;
  }

  drain(connection: number): void {
    this.congested.delete(connection);
    this.handle({ type: "drained", connection });
  }

  /** Inputs that come while effects are carried out wait for their turn, as they would in a shell. */
  #feed(input: GatewayInput): void {
    this.#inputs.push(input);
    if (this.#inputs.length > 1) return;
    for (let next: GatewayInput | undefined = input; next !== undefined; next = this.#inputs[0]) {
      for (const effect of this.core.handle(next, this.#nowMs)) this.#carryOut(effect);
      this.#inputs.shift();
    }
  }

  #hint(channel: string, { entry, position }: Extract<Results["append"], { type: "stored" }>): void {
    if (this.isHinting && this.joined.has(channel)) {
      this.handle({ type: "appended", channel, epoch: position.epoch, entry });
    }
  }

  #carryOut(effect: GatewayEffect): void {
    switch (effect.type) {
      case "send":
        return this.#deliver(effect.to, effect.text);
      case "replay":
        for (const { text } of effect.deliveries) this.#deliver([effect.connection], text);
        return;
      case "awaitDrain":
        if (!this.congested.has(effect.connection)) this.#feed({ type: "drained", connection: effect.connection });
        return;
      case "broadcast":
        this.#tellOthers?.(effect.channel, effect.payload);
        return this.hear(effect.channel, effect.payload);
      case "leave":
        this.joined.delete(effect.channel);
        this.effects.push(effect);
        return;
      case "close":
      case "done":
        this.effects.push(effect);
        return;
      default:
        this.questions.push(effect);
    }
  }

  #deliver(to: readonly number[], text: string): void {
    const decoded = decodeServerMessage(text);
    if (decoded.type !== "message") throw new Error(`The gateway sent what is no message: ${text}`);
    for (const connection of to) {
      this.#inbox.get(connection)?.push(decoded.message);
      if (this.congested.has(connection)) this.#feed({ type: "congested", connection });
    }
  }

  #compare({ channel, position }: KnownLog): readonly OtherLog[] {
    const { top } = this.log(channel).read({ channel, after: position.offset, maxCount: 1, maxBytes: 1 });
    const isKnown = top.offset === position.offset && top.tag === position.tag && top.epoch === position.epoch;
    return isKnown ? [] : [{ channel, top }];
  }

  #grant(question: QuestionEffect): Results[keyof Results] {
    switch (question.type) {
      case "authenticate":
        return {
          type: "accepted",
          identity: { user: { id: `u${question.connection}` }, member: `m-${question.device.slice(-4)}` },
        };
      case "authorize":
        return { type: "allowed" };
      case "validate":
        return { type: "valid", data: JSON.stringify(question.data), ...keyOf(question.data) };
      case "call":
        return { type: "answered", data: JSON.stringify(question.data) };
      case "append":
        return this.log(question.draft.channel).append(question.draft, this.#nowMs);
      case "recall":
        return this.log(question.draft.channel).recall(question.draft);
      case "read":
        return { type: "page", result: this.log(question.read.channel).read(question.read) };
      case "compare":
        return { type: "compared", others: question.known.flatMap((known) => this.#compare(known)) };
      case "join":
        this.joined.add(question.channel);
        return { type: "joined" };
      default:
        return question satisfies never;
    }
  }
}

/** The bench's newest values carry their key. */
function keyOf(data: unknown): { readonly key?: string } {
  const isKeyed = typeof data === "object" && data !== null && "key" in data && typeof data.key === "string";
  return isKeyed ? { key: data.key as string } : {};
}

type OmitId<Op> = Op extends unknown ? Omit<Op, "id"> : never;
