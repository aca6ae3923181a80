import { setInterval as everyMs, setTimeout as delay } from "node:timers/promises";
import { type Client, connect, type Room, SendError } from "switchboard/client";
import type { KillGateway } from "./server.ts";
import { type RecordEvent, Witness } from "./witness.ts";

export type { RecordEvent } from "./witness.ts";

export interface RecordedClientOptions {
  readonly url: string;
  readonly record: RecordEvent;
  /** `log/<name>` or `short/<name>`. It publishes to them in turn. */
  readonly channels: readonly string[];
  readonly publishEveryMs?: number;
  readonly backoff?: { readonly minMs: number; readonly maxMs: number };
  /** What a message carries beside its text; `undefined` for nothing. */
  readonly padding?: (messageNumber: number) => string | undefined;
}

/** The library's client, which publishes at a steady rate and records everything it does and is told. */
export class RecordedClient {
  readonly witness: Witness;
  readonly #options: RecordedClientOptions;
  readonly #connection: Client<KillGateway>;
  #lineCount = 0;

  constructor(client: string, options: RecordedClientOptions) {
    const { backoff = { minMs: 100, maxMs: 500 }, record, url } = options;
    this.#options = options;
    this.witness = new Witness({ client, record });
    this.#connection = connect<KillGateway>(url, { backoff, token: client });
    this.#connection.onState(({ state }) => {
      if (state === "open") this.#lineCount += 1;
    });
  }

  get reconnectCount(): number {
    return Math.max(0, this.#lineCount - 1);
  }

  /** Subscribes to the channels, which must still be empty; resolves when the subscriptions stand. */
  async open(): Promise<void> {
    await Promise.all(this.#options.channels.map((channel) => this.#join(channel)));
  }

  /** Publishes until the signal; resolves when the fate of every message is known. */
  async publish(signal: AbortSignal): Promise<void> {
    const { channels, publishEveryMs = 50 } = this.#options;
    const sends: Promise<void>[] = [];
    for await (const _ of everyMs(publishEveryMs)) {
      if (signal.aborted) break;
      const channel = channels[sends.length % channels.length];
      // Every client counts alike: an id belongs to one user, and the store must know it.
      if (channel !== undefined) sends.push(this.#send(channel, sends.length + 1));
    }
    await Promise.all(sends);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #join(channel: string): Promise<void> {
    const { client, record } = this.witness;
    const where = { client, channel };
    const room = this.#room(channel);
    room.line.on(({ data, id, offset, user }) => {
      record({ type: "receive", ...where, user: user.id, id, hash: data.text, offset });
      this.witness.saw(channel, offset);
    });
    room.onGap(({ from, reason, to }) => {
      record({ type: "gap", ...where, from: { offset: from }, to: { offset: to }, reason });
      this.witness.saw(channel, to);
    });
    await new Promise<void>((resolve, reject) => {
      room.onStatus(({ error, status }) => {
        if (status === "live") resolve();
        if (status === "refused") reject(error ?? new Error(`Cannot join ${channel}`));
      });
    });
    record({ type: "subscribe", ...where, offset: 0 });
  }

  #room(channel: string): Room<KillGateway["channels"]["log"]> {
    const [kind, name = ""] = channel.split("/");
    return kind === "short" ? this.#connection.short({ name }) : this.#connection.log({ name });
  }

  async #send(channel: string, messageNumber: number): Promise<void> {
    const { client, record } = this.witness;
    const id = `m${messageNumber}`;
    const of = { client, channel, user: client, id };
    const text = `${client} says ${id}`;
    const padding = this.#options.padding?.(messageNumber);
    record({ type: "publish", ...of, hash: text });
    try {
      const { offset, durability, duplicate } = await this.#try(
        channel,
        id,
        padding === undefined ? { text } : { text, padding },
      );
      this.witness.acknowledged(channel, offset);
      record({ type: "ack", ...of, offset, durability, duplicate });
    } catch {
      // Whatever the reason, an earlier try of it may have been stored.
      record({ type: "unknown", ...of });
    }
  }

  /** A server that failed says so, and the same id may be sent again. */
  async #try(channel: string, id: string, data: { readonly text: string; readonly padding?: string }) {
    for (;;) {
      try {
        return await this.#room(channel).line.send(data, { id });
      } catch (error) {
        if (!(error instanceof SendError) || error.code !== "INTERNAL") throw error;
        await delay(50);
      }
    }
  }
}
