import type { Client } from "./redis-client.ts";
import { messageOf, type RedisTopology } from "./redis-topology.ts";

/** A connection that hints come by. */
interface Line {
  readonly client: Client;
  readonly connected: Promise<unknown>;
  isLost: boolean;
}

/** A channel that is listened to, and where; nowhere, until its line is made again. */
interface Wanted {
  readonly listener: (text: string) => void;
  line: Line | undefined;
}

export interface RedisHintsOptions {
  readonly home: RedisTopology["home"];
  /** A line is gone, and its channels are not heard until `restore`. */
  readonly onLost: (reason: string) => void;
}

/**
 * What Redis tells by itself: one connection to each server that tells of a channel, and which channel is told where. A line that is lost is
 * not mended but made anew, and its channels are subscribed again, wherever they are told then.
 */
export class RedisHints {
  readonly #options: RedisHintsOptions;
  readonly #wanted = new Map<string, Wanted>();
  readonly #lines = new Map<string, Line>();
  /** Whether they are told by sharded Pub/Sub, which is there since Redis 7. Set before the first is subscribed. */
  #isSharded = false;

  constructor(options: RedisHintsOptions) {
    this.#options = options;
  }

  /** Resolves when nothing that is told on the channel from now on is missed. */
  async subscribe(channel: string, listener: (text: string) => void): Promise<void> {
    const wanted: Wanted = { listener, line: undefined };
    this.#wanted.set(channel, wanted);
    try {
      await this.#attach(channel, wanted);
    } catch (error) {
      if (this.#wanted.get(channel) === wanted) this.#wanted.delete(channel);
      throw error;
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    const wanted = this.#wanted.get(channel);
    this.#wanted.delete(channel);
    if (wanted?.line?.isLost === false) await this.#detach(channel, wanted.listener, wanted.line);
  }

  /** Listens to every channel anew, wherever it is told now. @throws if one of them cannot be heard. */
  async restore(isSharded: boolean): Promise<void> {
    this.#destroyLines();
    this.#isSharded = isSharded;
    const attaching = [...this.#wanted].map(([channel, wanted]) => this.#attach(channel, wanted));
    const failed = (await Promise.allSettled(attaching)).find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason as Error;
  }

  destroy(): void {
    this.#wanted.clear();
    this.#destroyLines();
  }

  #destroyLines(): void {
    for (const line of this.#lines.values()) {
      line.isLost = true;
      if (line.client.isOpen) line.client.destroy();
    }
    this.#lines.clear();
    for (const wanted of this.#wanted.values()) wanted.line = undefined;
  }

  async #attach(channel: string, wanted: Wanted): Promise<void> {
    const { address, connect } = await this.#options.home(channel);
    const line = this.#lines.get(address) ?? this.#open(address, connect);
    await line.connected;
    const { listener } = wanted;
    await (this.#isSharded ? line.client.sSubscribe(channel, listener) : line.client.subscribe(channel, listener));
    if (line.isLost) throw new Error("the connection was lost");
    if (this.#wanted.get(channel) === wanted) wanted.line = line;
    else await this.#detach(channel, listener, line);
  }

  async #detach(channel: string, listener: Wanted["listener"], { client }: Line): Promise<void> {
    await (this.#isSharded ? client.sUnsubscribe(channel, listener) : client.unsubscribe(channel, listener));
  }

  #open(address: string, connect: () => Client): Line {
    const client = connect();
    const line: Line = { client, connected: client.connect(), isLost: false };
    this.#lines.set(address, line);
    line.connected.catch((error: unknown) => this.#lose(address, line, messageOf(error)));
    client.on("error", (error) => this.#lose(address, line, messageOf(error)));
    client.on("end", () => this.#lose(address, line, "the connection ended"));
    // Its slot has moved to another member of the cluster.
    client.on("sharded-channel-moved", (channel) => this.#moved(String(channel), line));
    return line;
  }

  #moved(channel: string, line: Line): void {
    const wanted = this.#wanted.get(channel);
    if (wanted?.line !== line) return;
    wanted.line = undefined;
    this.#attach(channel, wanted).catch((error: unknown) => this.#options.onLost(messageOf(error)));
  }

  #lose(address: string, line: Line, reason: string): void {
    if (line.isLost) return;
    line.isLost = true;
    if (this.#lines.get(address) === line) this.#lines.delete(address);
    for (const wanted of this.#wanted.values()) if (wanted.line === line) wanted.line = undefined;
    if (line.client.isOpen) line.client.destroy();
    this.#options.onLost(reason);
  }
}
