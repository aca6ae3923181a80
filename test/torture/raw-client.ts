import { setInterval as everyMs } from "node:timers/promises";
import { type ClientSocket, connect } from "switchboard/engine";
import type { SeededRandom } from "switchboard/testing";
import {
  decodeServerMessage,
  encodeClientOp,
  type ClientOp,
  type Position,
  type ServerMessage,
  type Subscribed,
  subprotocol,
} from "switchboard/wire";
import { type RecordEvent, Witness } from "../kill/witness.ts";

export interface RawClientOptions {
  readonly url: string;
  readonly record: RecordEvent;
  readonly channels: readonly string[];
  readonly random: SeededRandom;
  readonly publishEveryMs: number;
  readonly padding: (messageNumber: number) => string | undefined;
  /** How long it stops reading, how often: a bad reader. Default: it reads. */
  readonly stalls?: { readonly everyMs: number; readonly forMs: number };
}

interface Pending {
  readonly channel: string;
  readonly id: string;
  readonly data: unknown;
  /** When it was sent for the first time on a line that is gone. */
  firstSentMs: number | undefined;
  readonly done: () => void;
}

type Distribute<Op> = Op extends unknown ? Omit<Op, "id"> : never;

/**
 * A client that speaks the protocol by hand and forgives nothing: it records every event it is sent, drops none as known, and has up
 * to 16 publishes under way. What the library's client would mend is seen here.
 */
export class RawClient {
  readonly witness: Witness;
  readonly #options: RawClientOptions;
  readonly #positions = new Map<string, Position>();
  readonly #pending = new Map<string, Pending>();
  readonly #asked = new Map<number, (answer: ServerMessage) => void>();
  readonly #opened: Promise<void>;
  #haveOpened: () => void = () => {};
  #socket: ClientSocket | undefined;
  #isWelcome = false;
  #isClosed = false;
  #lastId = 0;
  #lineCount = 0;

  constructor(client: string, options: RawClientOptions) {
    this.#options = options;
    this.witness = new Witness({ client, record: options.record });
    this.#opened = new Promise((resolve) => {
      this.#haveOpened = resolve;
    });
    void this.#keepConnected();
    const { stalls } = options;
    if (stalls !== undefined) void this.#stallAgainAndAgain(stalls);
  }

  get reconnectCount(): number {
    return Math.max(0, this.#lineCount - 1);
  }

  /** Resolves when all channels, which must be empty, were subscribed to once. */
  open(): Promise<void> {
    return this.#opened;
  }

  async publish(signal: AbortSignal): Promise<void> {
    const { channels, padding, publishEveryMs, random } = this.#options;
    const sends: Promise<void>[] = [];
    const { client, record } = this.witness;
    for await (const _ of everyMs(publishEveryMs)) {
      if (signal.aborted) break;
      if (this.#pending.size >= 16) continue;
      const id = `m${sends.length + 1}`;
      const channel = random.pick(channels);
      const text = `${client} says ${id}`;
      record({ type: "publish", client, channel, user: client, id, hash: text });
      sends.push(
        new Promise((done) => {
          const data = { text, ...withPadding(padding(sends.length)) };
          this.#pending.set(id, { channel, id, data, firstSentMs: undefined, done });
          this.#send(id);
        }),
      );
    }
    await Promise.all(sends);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#socket?.close(1000);
  }

  // ---- lines

  async #keepConnected(): Promise<void> {
    while (!this.#isClosed) {
      await this.#liveOnce().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 10 + this.#options.random.below(200)));
    }
  }

  /** One line, from dialling to its end. */
  #liveOnce(): Promise<void> {
    return new Promise((resolve, reject) => {
      const silence = { timer: setTimeout(() => {}, 0) };
      const opening = connect(this.#options.url, {
        protocols: [subprotocol],
        handshakeTimeoutMs: 5_000,
        message: (socket, data) => {
          clearTimeout(silence.timer);
          silence.timer = setTimeout(() => socket.terminate(), 12_000);
          for (const text of String(data).split("\n")) this.#receive(socket, text);
        },
        close: () => {
          clearTimeout(silence.timer);
          this.#loseLine();
          resolve();
        },
      });
      opening.then((socket) => {
        this.#socket = socket;
        if (this.#isClosed) socket.close(1000);
      }, reject);
    });
  }

  #loseLine(): void {
    this.#socket = undefined;
    this.#isWelcome = false;
    this.#asked.clear();
  }

  async #stallAgainAndAgain({ everyMs: waitMs, forMs }: NonNullable<RawClientOptions["stalls"]>): Promise<void> {
    for await (const _ of everyMs(waitMs)) {
      if (this.#isClosed) return;
      const socket = this.#socket;
      socket?.pause();
      setTimeout(() => socket?.resume(), forMs);
    }
  }

  // ---- requests

  #ask(op: Distribute<ClientOp>, answered: (answer: ServerMessage) => void = () => {}): void {
    this.#lastId += 1;
    this.#asked.set(this.#lastId, answered);
    // A union without its id and an id are the union again, which the compiler does not see.
    this.#socket?.send(encodeClientOp({ ...op, id: this.#lastId } as ClientOp));
  }

  #receive(socket: ClientSocket, text: string): void {
    this.#socket = socket;
    const decoded = decodeServerMessage(text);
    if (decoded.type !== "message") throw new Error(`The server sent what is no message: ${text}`);
    const { message } = decoded;
    switch (message.type) {
      case "hello":
        return this.#ask({ type: "auth", device: "0".repeat(32), token: this.witness.client }, () => this.#welcome());
      case "event":
        return this.#receiveEvent(message);
      case "gap":
        return this.#receiveGap(message);
      default:
        if ("id" in message && message.id !== undefined) {
          const answered = this.#asked.get(message.id);
          this.#asked.delete(message.id);
          answered?.(message);
        }
    }
  }

  #welcome(): void {
    this.#lineCount += 1;
    this.#isWelcome = true;
    for (const channel of this.#options.channels) this.#subscribe(channel);
    for (const pending of this.#pending.values()) {
      // It may have been stored: whoever sends it again says so.
      pending.firstSentMs ??= performance.now();
      this.#send(pending.id);
    }
  }

  #subscribe(channel: string): void {
    const position = this.#positions.get(channel);
    if (position === undefined) {
      return this.#ask({ type: "subscribe", channel, start: { from: "live" } }, (answer) => {
        if (answer.type === "subscribed") this.#stand(channel, answer);
        else this.#later(() => this.#subscribe(channel));
      });
    }
    this.#ask({ type: "resume", channels: [{ channel, position }] }, (answer) => {
      const own = answer.type === "resumed" ? answer.channels[0] : undefined;
      if (own === undefined || "error" in own) this.#later(() => this.#subscribe(channel));
      else this.#stand(channel, own);
    });
  }

  #stand(channel: string, { position }: Subscribed): void {
    const known = this.#positions.get(channel);
    if (known !== undefined) return;
    this.#positions.set(channel, position);
    this.witness.record({
      type: "subscribe",
      client: this.witness.client,
      channel,
      offset: position.offset,
      tag: position.tag,
    });
    if (this.#positions.size === this.#options.channels.length) this.#haveOpened();
  }

  #send(id: string): void {
    const pending = this.#pending.get(id);
    if (pending === undefined || !this.#isWelcome) return;
    const { channel, data, firstSentMs } = pending;
    const retry = firstSentMs === undefined ? {} : { retryAfterFirstMs: Math.ceil(performance.now() - firstSentMs) };
    this.#ask({ type: "publish", channel, event: "line", messageId: id, data, ...retry }, (answer) => {
      if (answer.type === "ack") this.#acknowledge(pending, answer);
      else this.#later(() => this.#send(id));
    });
  }

  #acknowledge(pending: Pending, ack: Extract<ServerMessage, { readonly type: "ack" }>): void {
    const { channel, id } = pending;
    const { client, record } = this.witness;
    const { durability, duplicate, offset, tag } = ack;
    this.witness.acknowledged(channel, offset);
    record({ type: "ack", client, channel, user: client, id, offset, tag, durability, duplicate });
    // Now and then it says it again, as if the answer had been lost: the first place must come back.
    if (this.#options.random.chance(0.03)) {
      pending.firstSentMs ??= performance.now();
      return this.#send(id);
    }
    this.#pending.delete(id);
    pending.done();
  }

  /** On the same line, or never: the next line asks for everything anyway. */
  #later(again: () => void): void {
    const socket = this.#socket;
    setTimeout(() => {
      if (this.#socket === socket && this.#isWelcome) again();
    }, 50);
  }

  // ---- what comes

  #receiveEvent({
    channel,
    data,
    messageId: id,
    offset,
    tag,
    user,
  }: Extract<ServerMessage, { readonly type: "event" }>): void {
    const { client, record } = this.witness;
    const { text } = data as { readonly text: string };
    record({ type: "receive", client, channel, user: user.id, id, hash: text, offset, tag });
    const epoch = this.#positions.get(channel)?.epoch ?? "";
    this.#positions.set(channel, { epoch, offset, tag });
    this.witness.saw(channel, offset);
  }

  #receiveGap({ channel, from, reason, to }: Extract<ServerMessage, { readonly type: "gap" }>): void {
    const { client, record } = this.witness;
    if (to.epoch !== this.#positions.get(channel)?.epoch) throw new Error(`${channel} has another epoch: ${to.epoch}`);
    record({
      type: "gap",
      client,
      channel,
      from: { offset: from.offset, tag: from.tag },
      to: { offset: to.offset, tag: to.tag },
      reason,
    });
    this.#positions.set(channel, to);
    this.witness.saw(channel, to.offset);
  }
}

function withPadding(padding: string | undefined): { readonly padding?: string } {
  return padding === undefined ? {} : { padding };
}
