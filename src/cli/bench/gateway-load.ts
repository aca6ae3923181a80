import { randomBytes } from "node:crypto";
import type { EventMessage } from "../../wire/index.ts";
import { GatewayLine, LineError } from "../gateway-line.ts";
import { type Load, type LoadOptions, openAll } from "./load.ts";

interface GatewayLoadOptions extends LoadOptions {
  readonly channel: string;
  readonly event: string;
  /** JSON text. */
  readonly data: string;
  readonly publisherCount: number;
  readonly token: string | undefined;
  readonly timeoutMs: number;
}

/** Subscribers of one channel, of which some publish to it. */
export async function openGatewayLoad(options: GatewayLoadOptions, signal: AbortSignal): Promise<Load> {
  const { connectionCount, tally } = options;
  const load = new GatewayLoad(options);
  await openAll(connectionCount, () => load.open(signal), { tally, signal });
  return load;
}

class GatewayLoad implements Load {
  readonly #options: GatewayLoadOptions;
  readonly #lines: GatewayLine[] = [];
  /** When what is under way was published, or was due, by its id; and how many have still to hear it. */
  readonly #underWay: Map<string, { readonly sentMs: number; leftCount: number }> = new Map();
  readonly #prefix = randomBytes(8).toString("hex");
  #pendingCount = 0;
  #sentCount = 0;
  #isSending = false;
  #isStopped = false;

  constructor(options: GatewayLoadOptions) {
    this.#options = options;
  }

  get openCount(): number {
    return this.#lines.length;
  }

  async open(signal: AbortSignal): Promise<void> {
    const { channel, connectOptions, tally, timeoutMs, token, url } = this.#options;
    const line = await GatewayLine.open({
      url,
      connectOptions,
      token,
      device: randomBytes(16).toString("hex"),
      timeoutMs,
      signal,
      receive: (message) => {
        if (message.type === "event") this.#hear(message);
        if (message.type === "gap") tally.fault(`gap (${message.reason})`);
        return undefined;
      },
    });
    await line.ask({ type: "subscribe", channel, start: { from: "live" } });
    this.#lines.push(line);
    void line.closed.then(({ code, reason }) => {
      this.#lines.splice(this.#lines.indexOf(line), 1);
      if (!this.#isStopped) tally.fault(`closed with ${code}${reason === "" ? "" : ` ${JSON.stringify(reason)}`}`);
    });
  }

  start(): void {
    this.#isSending = true;
    if (this.#options.perSecond !== undefined) return;
    for (const line of this.#lines.slice(0, this.#options.publisherCount)) {
      for (let count = 0; count < this.#options.inFlightCount; count++) void this.#publishOn(line);
    }
  }

  sendOne(dueMs: number): boolean {
    const { inFlightCount, publisherCount } = this.#options;
    const count = Math.min(publisherCount, this.#lines.length);
    const line = this.#lines[this.#sentCount % Math.max(1, count)];
    if (line === undefined || this.#pendingCount >= inFlightCount * count) return false;
    void this.#publish(line, dueMs);
    return true;
  }

  async stop(): Promise<void> {
    [this.#isSending, this.#isStopped] = [false, true];
    const closing = [...this.#lines];
    for (const line of closing) line.close();
    await Promise.all(closing.map(({ closed }) => closed));
  }

  /** One after the other, as long as it lasts. */
  async #publishOn(line: GatewayLine): Promise<void> {
    while (this.#isSending) {
      const waitMs = await this.#publish(line, performance.now());
      if (waitMs === undefined) return;
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  /** @returns how long to wait before the next; undefined if the line is not there any more. */
  async #publish(line: GatewayLine, dueMs: number): Promise<number | undefined> {
    const { channel, data, event, tally } = this.#options;
    const messageId = `${this.#prefix}-${this.#sentCount++}`;
    this.#underWay.set(messageId, { sentMs: dueMs, leftCount: this.#lines.length });
    this.#pendingCount++;
    tally.send();
    try {
      await line.ask({ type: "publish", channel, event, messageId, data });
      tally.acknowledge(dueMs, performance.now());
      return 0;
    } catch (error) {
      this.#underWay.delete(messageId);
      if (!(error instanceof LineError)) throw error;
      if (error.code === "CLOSED") return undefined; // told by how the line ended
      tally.fault(error.code === "RATE_LIMITED" ? error.code : `${error.code}: ${error.message}`);
      return error.retryAfterMs ?? 100;
    } finally {
      this.#pendingCount--;
    }
  }

  #hear({ data, messageId }: EventMessage): void {
    const found = this.#underWay.get(messageId);
    if (found === undefined) return; // somebody else's
    if (--found.leftCount <= 0) this.#underWay.delete(messageId);
    // What it weighs is the same for all: measured once would do, were it not for a server that changes it.
    this.#options.tally.receive(found.sentMs, performance.now(), data === undefined ? 0 : this.#options.data.length);
    this.#options.received();
  }
}
