import { once } from "node:events";
import { setInterval as everyMs } from "node:timers/promises";
import { connect, type Client } from "switchboard/client";
import type { HistoryEvent } from "../history/event.ts";
import type { KillGateway } from "./server.ts";

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** Adds an event to the history, with its time. */
export type RecordEvent = (event: DistributiveOmit<HistoryEvent, "atMs">) => void;

const publishEveryMs = 50; // 20 a second
const quietWithinMs = 15_000;
const name = "1";
export const channel = `log/${name}`;

/** A client that publishes at a steady rate and records everything it does and is told. */
export class RecordedClient {
  readonly #connection: Client<KillGateway>;
  readonly #record: RecordEvent;
  readonly #where: { readonly client: string; readonly channel: string };
  readonly #sightings = new EventTarget();
  #user = "";
  #seenOffset = 0;
  #highestAck = 0;

  constructor(client: string, options: { readonly url: string; readonly record: RecordEvent }) {
    this.#connection = connect<KillGateway>(options.url, { backoff: { minMs: 100, maxMs: 500 } });
    this.#record = options.record;
    this.#where = { client, channel };
  }

  /** The highest offset at which something of this client is stored. */
  get highestAck(): number {
    return this.#highestAck;
  }

  /** Subscribes to the channel, which must still be empty; resolves when the subscription stands. */
  async open(): Promise<void> {
    const room = this.#connection.log({ name });
    room.line.on(({ user, id, data, offset }) => {
      this.#record({ type: "receive", ...this.#where, user: user.id, id, hash: data.text, offset });
      this.#seenOffset = offset;
      this.#sightings.dispatchEvent(new Event("sighting"));
    });
    room.onGap(({ from, to, reason }) => {
      this.#record({ type: "gap", ...this.#where, from: { offset: from }, to: { offset: to }, reason });
    });
    await new Promise<void>((resolve) => {
      room.onStatus(({ status }) => {
        if (status === "live") resolve();
      });
    });
    this.#user = this.#connection.user?.id ?? "";
    this.#record({ type: "subscribe", ...this.#where, offset: 0 });
  }

  /** Publishes until the signal; resolves when the fate of every message is known. */
  async publish(signal: AbortSignal): Promise<void> {
    const sends: Promise<void>[] = [];
    for await (const _ of everyMs(publishEveryMs)) {
      if (signal.aborted) break;
      // Every client counts alike: an id belongs to one user, and the store must know it.
      sends.push(this.#send(`m${sends.length + 1}`));
    }
    await Promise.all(sends);
  }

  /** Waits until the client has seen the channel up to this offset, or has been given enough time. */
  async settle(offset: number): Promise<void> {
    const enough = AbortSignal.timeout(quietWithinMs);
    while (this.#seenOffset < offset && !enough.aborted) {
      await Promise.race([once(this.#sightings, "sighting"), once(enough, "abort")]);
    }
    this.#record({ type: "quiet", ...this.#where });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #send(id: string): Promise<void> {
    const of = { ...this.#where, user: this.#user, id };
    const text = `${this.#where.client} says ${id}`;
    this.#record({ type: "publish", ...of, hash: text });
    try {
      const { offset, durability, duplicate } = await this.#connection.log({ name }).line.send({ text }, { id });
      this.#highestAck = Math.max(this.#highestAck, offset);
      this.#record({ type: "ack", ...of, offset, durability, duplicate });
    } catch {
      // Whatever the reason, an earlier try of it may have been stored.
      this.#record({ type: "unknown", ...of });
    }
  }
}
