import {
  type ClientOp,
  decodeServerMessage,
  type EventMessage,
  type Position,
  type ServerMessage,
} from "../../src/wire/index.ts";
import type { LineWatcher } from "./sim-web-socket.ts";
import type { World } from "./world.ts";

/** What an application knows of its messages' tries, over all its lines. */
export class Tries {
  readonly #sent = new Map<string, number>();
  readonly #answered = new Map<string, number>();
  readonly #places = new Map<string, Position>();

  sent(messageId: string): void {
    this.#sent.set(messageId, (this.#sent.get(messageId) ?? 0) + 1);
  }

  answered(messageId: string, place: Position | undefined): void {
    this.#answered.set(messageId, (this.#answered.get(messageId) ?? 0) + 1);
    if (place !== undefined) this.#places.set(messageId, place);
  }

  /** Whether no try of it can have an effect that nobody told of. */
  isCertain(messageId: string): boolean {
    return this.#sent.get(messageId) === this.#answered.get(messageId);
  }

  /** Where it was acknowledged, as the wire said it. */
  placeOf(messageId: string): Position | undefined {
    return this.#places.get(messageId);
  }
}

/** Where a line's subscription is, by what the server said of it. */
interface Course {
  position: Position;
  /** A `resumed` named another place than the one that was asked for. */
  owesGap: boolean;
}

export interface WatcherOptions {
  readonly world: World;
  readonly name: string;
  readonly tries: Tries;
  /** A subscription is asked for. @returns who wants to hear where it begins. */
  readonly subscribing: (channel: string) => (position: Position) => void;
}

/**
 * Listens on one line beside the client. It knows what the application is not told, epochs and tags, and finds what the client would put
 * right in silence: an event twice, in the wrong order, after a hole, or of no subscription.
 */
export class Watcher implements LineWatcher {
  readonly #options: WatcherOptions;
  readonly #courses = new Map<string, Course>();
  /** Publishes by the number of their request. */
  readonly #publishes = new Map<number, string>();
  /** Who waits for the answer to a `subscribe`, by its number. */
  readonly #subscribers = new Map<number, (position: Position) => void>();
  /** Where each channel of the last `resume` was asked for. */
  readonly #asked = new Map<string, Position>();
  #current: ServerMessage | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** What the client deals with now. */
  get current(): ServerMessage | undefined {
    return this.#current;
  }

  epochOf(channel: string): string | undefined {
    return this.#courses.get(channel)?.position.epoch;
  }

  sent(text: string): void {
    const { name, subscribing, tries, world } = this.#options;
    world.note(`${name} > ${text}`);
    const op = JSON.parse(text) as ClientOp; // our own client made it
    world.count(`sent ${op.type}`);
    if (op.type === "publish") {
      tries.sent(op.messageId);
      this.#publishes.set(op.id, op.messageId);
      if (op.retryAfterFirstMs !== undefined) world.count("publishes tried again");
    }
    if (op.type === "subscribe") this.#subscribers.set(op.id, subscribing(op.channel));
    if (op.type === "resume") for (const { channel, position } of op.channels) this.#asked.set(channel, position);
  }

  received(text: string): void {
    const { name, world } = this.#options;
    world.note(`${name} < ${text}`);
    const decoded = decodeServerMessage(text);
    if (decoded.type === "refused") return this.#complain("", decoded.reason);
    if (decoded.type === "unknown") return this.#complain("", `The server sent a message of an unknown type: ${text}`);
    this.#current = decoded.message;
    this.#watch(decoded.message);
  }

  dealtWith(): void {
    this.#current = undefined;
  }

  #watch(message: ServerMessage): void {
    const { world } = this.#options;
    switch (message.type) {
      case "subscribed":
        this.#courses.set(message.channel, { position: message.position, owesGap: false });
        return message.id === undefined ? undefined : this.#subscribers.get(message.id)?.(message.position);
      case "resumed":
        for (const one of message.channels) if ("position" in one) this.#resumed(one.channel, one.position);
        return;
      case "unsubscribed":
        this.#courses.delete(message.channel);
        return;
      case "event":
        return this.#event(message);
      case "gap":
        world.count(`gaps told: ${message.reason}`);
        this.#courses.set(message.channel, { position: message.to, owesGap: false });
        return;
      case "ack":
        if (message.duplicate) world.count("acks of duplicates");
        return this.#answered(message.id, message);
      case "error":
        world.count(`refused: ${message.code}`);
        return message.id === undefined ? undefined : this.#answered(message.id, undefined);
      default:
        if (message.type === "history") world.count("pages of history");
    }
  }

  #resumed(channel: string, position: Position): void {
    this.#options.world.count("resumes");
    const asked = this.#asked.get(channel);
    const owesGap = asked === undefined || !isSame(asked, position);
    this.#courses.set(channel, { position, owesGap });
  }

  #event({ channel, offset, tag }: EventMessage): void {
    const course = this.#courses.get(channel);
    if (course === undefined) return this.#complain(channel, `Offset ${offset} came without a subscription`);
    const { epoch, offset: before } = course.position;
    if (course.owesGap) this.#complain(channel, `Offset ${offset} came, and the gap before it was not told`);
    if (offset !== before + 1) this.#complain(channel, `Offset ${offset} came after ${before}`);
    this.#courses.set(channel, { position: { epoch, offset, tag }, owesGap: false });
  }

  #answered(request: number, place: Position | undefined): void {
    const messageId = this.#publishes.get(request);
    if (messageId !== undefined) this.#options.tries.answered(messageId, place);
  }

  #complain(channel: string, sentence: string): void {
    const { name, world } = this.#options;
    world.note(`${name} complains: ${sentence}`);
    world.record({ type: "complaint", client: name, channel, sentence });
  }
}

function isSame(one: Position, other: Position): boolean {
  return one.epoch === other.epoch && one.offset === other.offset && one.tag === other.tag;
}
