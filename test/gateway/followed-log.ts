/** Gateways on one store, and what their subscribers are told of one log. */
import { z } from "zod";
import type { Broker } from "../../src/gateway/index.ts";
import { channel, createGateway, event, type Gateway } from "../../src/server/index.ts";
import type { Position } from "../../src/wire/index.ts";
import { WireClient } from "./wire-client.ts";

const channels = { log: channel("log/:name", { events: { line: event(z.string()) } }) };
const name = "log/a";

/** A subscriber of the log, which may go away and come back to another gateway. */
export class Follower {
  readonly #device: string;
  #client: WireClient;
  #epoch = "";
  /** What it was told by the clients that it was before. */
  readonly #before: string[] = [];

  private constructor(device: string, client: WireClient) {
    this.#device = device;
    this.#client = client;
  }

  static async join({ url }: LogNode, device: string): Promise<Follower> {
    const follower = new Follower(device, await WireClient.join(url, device.repeat(32)));
    follower.#client.send({ type: "subscribe", channel: name, start: { from: "recent", count: 1_000 } });
    follower.#epoch = (await follower.#client.next("subscribed")).position.epoch;
    return follower;
  }

  /** Everything, in order: `1: text` for an entry, `gap trimmed to 7` for a gap. */
  get told(): readonly string[] {
    const now = this.#client.messages.flatMap((message) => {
      if (message.type === "gap") return [`gap ${message.reason} to ${message.to.offset}`];
      return message.type === "event" ? [`${message.offset}: ${String(message.data)}`] : [];
    });
    return [...this.#before, ...now];
  }

  /** Waits for an entry. */
  async sees(text: string): Promise<void> {
    const isIt = ({ data }: { readonly data: unknown }): boolean => data === text;
    if (this.#client.messages.some((message) => message.type === "event" && isIt(message))) return;
    await this.#client.next("event", isIt);
  }

  /** Its line is cut. */
  async leave(): Promise<void> {
    this.#before.push(...this.told.slice(this.#before.length));
    await this.#client.cut();
  }

  /** Goes on from what it saw last. */
  async resume({ url }: LogNode): Promise<void> {
    const position = this.#position;
    this.#client = await WireClient.join(url, this.#device.repeat(32));
    this.#client.send({ type: "resume", channels: [{ channel: name, position }] });
  }

  async close(): Promise<void> {
    await this.#client.cut();
  }

  get #position(): Position {
    let position: Position = { epoch: this.#epoch, offset: 0, tag: 0 };
    for (const message of this.#client.messages) {
      if (message.type === "gap") position = message.to;
      if (message.type === "event") position = { ...position, offset: message.offset, tag: message.tag };
    }
    return position;
  }
}

/** A gateway with the log. */
export class LogNode {
  readonly gateway: Gateway<typeof channels>;
  readonly url: string;

  private constructor(gateway: Gateway<typeof channels>, url: string) {
    this.gateway = gateway;
    this.url = url;
  }

  static async start(broker: Broker): Promise<LogNode> {
    const gateway = createGateway({ channels, broker });
    const { url } = await gateway.listen({ port: 0 });
    return new LogNode(gateway, url);
  }

  /** Publishes `<word> 1` to `<word> <count>`, one after the other; each again until it is stored, as a client would. */
  async say(word: string, count: number): Promise<void> {
    for (let index = 1; index <= count; index += 1) await this.#publish(`${word} ${index}`);
  }

  /** Tries once. */
  async try(text: string): Promise<unknown> {
    return this.gateway.publish({ ...to, data: text, messageId: text.replace(" ", "-") });
  }

  async #publish(text: string): Promise<void> {
    for (;;) {
      try {
        return void (await this.try(text));
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "STORAGE_UNAVAILABLE")) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

const to = { channel: "log", params: { name: "a" }, event: "line" } as const;

/** Entries `<word> 1` to `<word> <count>`, the first at an offset, as {@link Follower.told} gives them. */
export function lines(word: string, from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${from + at}: ${word} ${at + 1}`);
}
