import { type EventKind, matchPattern, parseChannelName } from "../wire/index.ts";
import { GatewayLine, type GatewayLineOptions, LineError } from "./gateway-line.ts";
import type { Outcome, Outgoing, Publisher } from "./publisher.ts";

/** Publishes as a client does: with a token, under the same rights and limits as everybody. */
export class LinePublisher implements Publisher {
  readonly #options: GatewayLineOptions;
  readonly #subscribed = new Set<string>();
  #line: GatewayLine | undefined;
  #refusal: LineError | undefined;
  isReached = false;

  constructor(options: GatewayLineOptions) {
    this.#options = options;
  }

  async publish(message: Outgoing, firstTriedMs: number | undefined): Promise<Outcome> {
    const line = (this.#line ??= await this.#open());
    if (kindOf(line, message) === "event") return this.#store(line, message, firstTriedMs);
    await this.#tell(line, message);
    return { type: "told" };
  }

  async end(): Promise<void> {
    const line = this.#line;
    if (line === undefined) return;
    // Requests are taken in their order: once these have their answers, a refusal of what was told before has come.
    for (const channel of this.#subscribed) await line.ask({ type: "unsubscribe", channel });
    line.close();
    await line.closed;
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  async #open(): Promise<GatewayLine> {
    const line = await GatewayLine.open({ ...this.#options, refuse: (error) => (this.#refusal ??= error) });
    this.isReached = true;
    void line.closed.then(() => {
      this.#line = undefined;
      this.#subscribed.clear();
    });
    return line;
  }

  async #store(line: GatewayLine, { channel, data, event, id }: Outgoing, retryMs?: number): Promise<Outcome> {
    const ack = await line.ask({
      type: "publish",
      channel,
      event,
      messageId: id,
      data,
      ...(retryMs === undefined ? {} : { retryAfterFirstMs: retryMs }),
    });
    if (ack.type !== "ack") throw new LineError("BAD_MESSAGE", `The gateway answered a publish with ${ack.type}`);
    const { duplicate, durability, epoch, offset, tag } = ack;
    return { type: "stored", position: { epoch, offset, tag }, durability, duplicate };
  }

  /** What is not stored may be told by those who are in the channel. */
  async #tell(line: GatewayLine, { channel, data, event }: Outgoing): Promise<void> {
    if (!this.#subscribed.has(channel)) {
      await line.ask({ type: "subscribe", channel, start: { from: "live" } });
      this.#subscribed.add(channel);
    }
    line.tell({ type: "ephemeral", channel, event, data });
  }
}

/** As the gateway's hello has it; what it does not know it is asked to store, and says why not. */
function kindOf({ hello }: GatewayLine, { channel, event }: Outgoing): EventKind {
  const name = parseChannelName(channel);
  const infos = Object.values(hello.channels);
  const info = name && infos.find(({ pattern }) => matchPattern(pattern, name) !== undefined);
  return info !== undefined && Object.hasOwn(info.events, event) ? (info.events[event] ?? "event") : "event";
}
