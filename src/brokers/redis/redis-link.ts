import { BrokerError } from "../../gateway/index.ts";
import { toBrokerError } from "./redis-error.ts";
import type { Script } from "./scripts.ts";

/** Where a Redis is and how long it may take. */
export interface RedisLinkOptions {
  readonly url: string;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  /** Both connections stand, for the first time or again. */
  readonly onUp: () => void;
  /** One of the connections is gone; the link makes it again by itself. */
  readonly onDown: (reason: string) => void;
}

/** The two connections to one Redis: commands, and what it tells of itself. They are made again for as long as the link is open. */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #commands: Client;
  readonly #hints: Client;
  #isUp = false;
  #isClosed = false;

  private constructor(options: RedisLinkOptions, createClient: CreateClient) {
    this.#options = options;
    const settings = {
      url: options.url,
      RESP: 2,
      // A command for a server that is not there fails at once, loudly: nothing is kept that nobody has acknowledged.
      disableOfflineQueue: true,
      pingInterval: 2_000,
      socket: { connectTimeout: options.connectTimeoutMs, socketTimeout: 8_000, reconnectStrategy },
    };
    this.#commands = createClient(settings);
    this.#hints = createClient(settings);
    for (const client of [this.#commands, this.#hints]) {
      client.on("error", (error: Error) => this.#fall(error.message));
      client.on("end", () => this.#fall("the connection ended"));
      client.on("ready", () => this.#rise());
    }
  }

  /** Connects, once: what cannot be reached at the start is told, not tried for ever. */
  static async open(options: RedisLinkOptions): Promise<RedisLink> {
    const link = new RedisLink(options, await loadClient());
    const deadline = deadlineOf(options.connectTimeoutMs);
    try {
      await Promise.race([
        Promise.all([link.#commands.connect(), link.#hints.connect()]),
        deadline.promise,
        link.#firstError(),
      ]);
      return link;
    } catch (error) {
      link.destroy();
      const shown = options.url.replace(/\/\/[^@/]*@/u, "//***@");
      throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot connect to Redis at ${shown}: ${messageOf(error)}`, {
        cause: error,
        hint: "Is it running, and is the address right?",
      });
    } finally {
      deadline.cancel();
    }
  }

  /** Sends a command. Commands are answered in the order of the calls. @throws {BrokerError} after the deadline, too. */
  async send(command: readonly string[], action: string): Promise<unknown> {
    const deadline = deadlineOf(this.#options.commandTimeoutMs);
    try {
      return await Promise.race([this.#commands.sendCommand([...command]), deadline.promise]);
    } catch (error) {
      throw toBrokerError(error, action);
    } finally {
      deadline.cancel();
    }
  }

  /** Makes the scripts known to the server, so that no call has to carry one. */
  async load(scripts: readonly Script[]): Promise<void> {
    await Promise.all(scripts.map(({ source }) => this.send(["SCRIPT", "LOAD", source], "load a script")));
  }

  /** Runs a script; its source is sent only to a server that does not know it. */
  async run(script: Script, { keys, values }: ScriptArguments, action: string): Promise<readonly unknown[]> {
    const rest = [String(keys.length), ...keys, ...values];
    let answer: unknown;
    try {
      answer = await this.send(["EVALSHA", script.sha, ...rest], action);
    } catch (error) {
      if (!(error instanceof BrokerError) || !messageOf(error.cause).startsWith("NOSCRIPT")) throw error;
      answer = await this.send(["EVAL", script.source, ...rest], action);
    }
    if (Array.isArray(answer)) return answer;
    throw new BrokerError("STORAGE_CORRUPT", `Cannot ${action}: Redis answered ${JSON.stringify(answer)}`);
  }

  /** Resolves when nothing that is told on the channel from now on is missed. */
  async subscribe(channel: string, isSharded: boolean, listener: (text: string) => void): Promise<void> {
    try {
      await (isSharded ? this.#hints.sSubscribe(channel, listener) : this.#hints.subscribe(channel, listener));
    } catch (error) {
      throw toBrokerError(error, `listen to "${channel}"`);
    }
  }

  async unsubscribe(channel: string, isSharded: boolean): Promise<void> {
    try {
      await (isSharded ? this.#hints.sUnsubscribe(channel) : this.#hints.unsubscribe(channel));
    } catch (error) {
      throw toBrokerError(error, `stop listening to "${channel}"`);
    }
  }

  /** Waits for the answers to what was sent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(
      [this.#commands, this.#hints].filter(({ isOpen }) => isOpen).map((client) => client.close()),
    );
    this.destroy();
  }

  destroy(): void {
    this.#isClosed = true;
    for (const client of [this.#commands, this.#hints]) if (client.isOpen) client.destroy();
  }

  #firstError(): Promise<never> {
    return new Promise((_, reject) => {
      for (const client of [this.#commands, this.#hints]) client.once("error", reject);
    });
  }

  #rise(): void {
    if (this.#isUp || !this.#commands.isReady || !this.#hints.isReady) return;
    this.#isUp = true;
    this.#options.onUp();
  }

  #fall(reason: string): void {
    if (!this.#isUp || this.#isClosed) return;
    this.#isUp = false;
    this.#options.onDown(reason);
  }
}

/** What a script is called with. */
export interface ScriptArguments {
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

/** Of `@redis/client`, what is used. Its own types stay out of ours: it is optional. */
interface Client {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  on(event: string, listener: (error: Error) => void): unknown;
  once(event: string, listener: (error: Error) => void): unknown;
  connect(): Promise<unknown>;
  sendCommand(command: readonly string[]): Promise<unknown>;
  subscribe(channel: string, listener: (text: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  sSubscribe(channel: string, listener: (text: string) => void): Promise<void>;
  sUnsubscribe(channel: string): Promise<void>;
  close(): Promise<void>;
  destroy(): void;
}
type CreateClient = (settings: object) => Client;

async function loadClient(): Promise<CreateClient> {
  try {
    // A `as`: the package's types infer modules and protocol versions that nothing here uses.
    return (await import("@redis/client")).createClient as unknown as CreateClient;
  } catch (error) {
    throw new BrokerError("STORAGE_UNAVAILABLE", "Cannot use Redis: the package @redis/client is not installed", {
      cause: error,
      hint: "npm install @redis/client",
    });
  }
}

/** Full jitter, at most 2 s: a server that comes back is found within 5 s, and not by all nodes at once. */
function reconnectStrategy(retries: number): number {
  return Math.random() * Math.min(2_000, 50 * 2 ** Math.min(retries, 10));
}

function deadlineOf(timeoutMs: number): { readonly promise: Promise<never>; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
