import { BrokerError } from "../../gateway/index.ts";
import { type Examined, examineRedis } from "./examine-redis.ts";
import { loadRedisPackage, type RedisPackage } from "./redis-client.ts";
import { describeError, toBrokerError } from "./redis-error.ts";
import { RedisHints } from "./redis-hints.ts";
import type { RedisPlace } from "./redis-place.ts";
import { createTopology, messageOf, type RedisTopology } from "./redis-topology.ts";
import type { Script } from "./scripts.ts";

/** Where a Redis is and how long it may take. */
export interface RedisLinkOptions {
  readonly place: RedisPlace;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly examineEveryMs: number;
  /** What every server is to know. */
  readonly scripts: readonly Script[];
  /**
   * Every server can be reached again and every channel is heard; or the servers say something else of themselves than before. What it
   * rejects with keeps the link down.
   */
  readonly onUp: (examined: Examined) => Promise<void>;
  /** A server cannot be reached or used, or hints cannot come, with the reason in a sentence; the link mends that by itself. */
  readonly onDown: (reason: string) => void;
}

const tryAgainAfterMs = 20;
/** Tries to mend before the client is made anew: what it believes of the servers may be what keeps it from reaching them. */
const triesBeforeRenewal = 8;

/** The connections to Redis: commands, and what it tells of itself. They are made again for as long as the link is open. */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #redis: RedisPackage;
  readonly #hints: RedisHints;
  #topology: RedisTopology;
  /** Commands that are not answered yet. */
  readonly #sent = new Set<Promise<unknown>>();
  /** Counts what went wrong: whatever does while the link is mended makes that void. */
  #troubleCount = 0;
  /** The newest of it. */
  #trouble: string | undefined;
  #refuse: ((error: Error) => void) | undefined;
  #examined: Examined | undefined;
  #isUp = false;
  #isClosed = false;
  #examining: NodeJS.Timeout | undefined;

  private constructor(options: RedisLinkOptions, redis: RedisPackage) {
    this.#options = options;
    this.#redis = redis;
    this.#topology = this.#createTopology();
    this.#hints = new RedisHints({
      home: (channel) => this.#topology.home(channel),
      onLost: (reason) => this.#fall(reason),
    });
  }

  /** Connects, once: what cannot be reached at the start is told, not tried for ever. */
  static async open(options: RedisLinkOptions): Promise<RedisLink> {
    const link = new RedisLink(options, await loadRedisPackage());
    try {
      await within(options.connectTimeoutMs, link.#connect());
      link.#isUp = true;
      link.#examining = setInterval(() => void link.#examineAgain(), options.examineEveryMs).unref();
      return link;
    } catch (error) {
      // What a connection said is more than that there is none.
      const reason = describeError(link.#trouble ?? messageOf(error));
      link.destroy();
      if (error instanceof BrokerError) throw error;
      throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot connect to ${options.place.shown}: ${reason}`, {
        cause: error,
        hint: "Is it running, and is the address right?",
      });
    }
  }

  /** What the servers said of themselves when they were asked last. */
  get examined(): Examined {
    if (this.#examined === undefined) throw new Error("Cannot tell what Redis is before it is reached");
    return this.#examined;
  }

  /**
   * Sends a command to the server that holds the key. Commands for one key are answered in the order of the calls.
   *
   * @throws {BrokerError} after the deadline, too.
   */
  async send(key: string, command: readonly string[], action: string): Promise<unknown> {
    const answer = this.#timed(() => this.#sendPatiently(key, command));
    this.#sent.add(answer);
    try {
      return await answer;
    } catch (error) {
      // It has another primary, and nobody has told.
      if (messageOf(error).startsWith("READONLY")) this.#fall(messageOf(error));
      throw toBrokerError(error, action);
    } finally {
      this.#sent.delete(answer);
    }
  }

  /** Puts together what one server holds. */
  async groupByHolder<Item>(
    items: readonly Item[],
    keyOf: (item: Item) => string,
  ): Promise<readonly (readonly Item[])[]> {
    const holders = await Promise.allSettled(items.map(async (item) => this.#topology.holderOf(keyOf(item))));
    const groups = new Map<unknown, Item[]>();
    for (const [index, item] of items.entries()) {
      const found = holders[index];
      // Those whose holder is not reached are together, and whoever asks one of them is told why.
      const holder = found?.status === "fulfilled" ? found.value : undefined;
      const group = groups.get(holder);
      if (group === undefined) groups.set(holder, [item]);
      else group.push(item);
    }
    return [...groups.values()];
  }

  /** Runs a script where its keys are; its source is sent only to a server that does not know it. */
  async run(script: Script, { keys, values }: ScriptArguments, action: string): Promise<readonly unknown[]> {
    const [key = ""] = keys;
    const rest = [String(keys.length), ...keys, ...values];
    let answer: unknown;
    try {
      answer = await this.send(key, ["EVALSHA", script.sha, ...rest], action);
    } catch (error) {
      if (!(error instanceof BrokerError) || !messageOf(error.cause).startsWith("NOSCRIPT")) throw error;
      answer = await this.send(key, ["EVAL", script.source, ...rest], action);
    }
    if (Array.isArray(answer)) return answer;
    throw new BrokerError("STORAGE_CORRUPT", `Cannot ${action}: Redis answered ${JSON.stringify(answer)}`);
  }

  /** Resolves when nothing that is told on the channel from now on is missed. */
  async subscribe(channel: string, listener: (text: string) => void): Promise<void> {
    try {
      await this.#timed(() => this.#hints.subscribe(channel, listener));
    } catch (error) {
      // If it comes about later all the same, it is not wanted any more.
      this.#hints.unsubscribe(channel).catch(() => undefined);
      throw toBrokerError(error, `listen to "${channel}"`);
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    try {
      await this.#timed(() => this.#hints.unsubscribe(channel));
    } catch (error) {
      throw toBrokerError(error, `stop listening to "${channel}"`);
    }
  }

  /** Waits for the answers to what was sent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#sent);
    await this.#timed(() => this.#topology.close()).catch(() => undefined);
    this.destroy();
  }

  destroy(): void {
    this.#isClosed = true;
    clearInterval(this.#examining);
    this.#hints.destroy();
    this.#topology.destroy();
  }

  #createTopology(): RedisTopology {
    const { connectTimeoutMs, place } = this.#options;
    const topology = createTopology({
      place,
      redis: this.#redis,
      connectTimeoutMs,
      onTrouble: (reason) => {
        if (this.#topology === topology) this.#fall(reason);
      },
      onNote: (reason) => {
        this.#trouble = reason;
      },
    });
    return topology;
  }

  async #connect(): Promise<void> {
    // One server is tried for ever by its client; of several, the client says itself when it has tried them all.
    const refused = new Promise<never>((_, reject) => {
      if (this.#options.place.type === "server") this.#refuse = reject;
    });
    await Promise.race([this.#topology.connect(), refused]);
    this.#refuse = undefined;
    await this.#restore();
  }

  /** Every server answers, and every channel is heard. */
  async #restore(): Promise<Examined> {
    const examined = await this.#examine();
    await this.#hints.restore(examined.isSharded);
    this.#examined = examined;
    return examined;
  }

  #examine(): Promise<Examined> {
    const { place, scripts } = this.#options;
    return examineRedis({ place, scripts, servers: this.#topology.servers() });
  }

  /** Nobody tells when a setting is changed. */
  async #examineAgain(): Promise<void> {
    if (!this.#isUp) return;
    try {
      const examined = await this.#timed(() => this.#examine());
      if (!this.#isUp || JSON.stringify(examined) === JSON.stringify(this.#examined)) return;
      this.#examined = examined;
      await this.#options.onUp(examined);
    } catch (error) {
      this.#fall(messageOf(error));
    }
  }

  #fall(reason: string): void {
    this.#troubleCount += 1;
    this.#trouble = reason;
    this.#refuse?.(new Error(reason));
    if (!this.#isUp || this.#isClosed) return;
    this.#isUp = false;
    this.#options.onDown(`Redis is not reachable: ${describeError(reason)}`);
    void this.#mend();
  }

  async #mend(): Promise<void> {
    for (let tries = 1; !this.#isUp && !this.#isClosed; tries += 1) {
      await pause(Math.random() * Math.min(1_000, 50 * 2 ** Math.min(tries, 5)));
      if (this.#isClosed) return;
      const before = this.#troubleCount;
      try {
        const examined = await this.#timed(() => this.#restore());
        if (this.#troubleCount !== before) continue;
        await this.#options.onUp(examined);
        this.#isUp = this.#troubleCount === before;
      } catch (error) {
        if (error instanceof BrokerError && !this.#isClosed) this.#options.onDown(error.message);
        if (tries % triesBeforeRenewal === 0) await this.#renew();
      }
    }
  }

  /** Another client instead of this one, if it gets further. */
  async #renew(): Promise<void> {
    const old = this.#topology;
    const fresh = this.#createTopology();
    try {
      await within(this.#options.connectTimeoutMs, fresh.connect());
      if (this.#isClosed) return fresh.destroy();
      this.#topology = fresh;
      old.destroy();
    } catch {
      fresh.destroy();
    }
  }

  /** While a slot moves, its keys are at two servers, and a command that needs some of each is asked to come again. */
  async #sendPatiently(key: string, command: readonly string[]): Promise<unknown> {
    for (const endMs = performance.now() + this.#options.commandTimeoutMs; ; await pause(tryAgainAfterMs)) {
      try {
        return await this.#topology.send(key, command);
      } catch (error) {
        if (!messageOf(error).startsWith("TRYAGAIN") || performance.now() >= endMs) throw error;
      }
    }
  }

  async #timed<Result>(work: () => Promise<Result>): Promise<Result> {
    return within(this.#options.commandTimeoutMs, work());
  }
}

/** What a script is called with. */
export interface ScriptArguments {
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

async function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs).unref());
}
