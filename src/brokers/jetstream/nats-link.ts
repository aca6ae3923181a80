import { BrokerError } from "../../gateway/index.ts";
import {
  connectionOptions,
  describeAddress,
  loadNats,
  type NatsAddress,
  type NatsClient,
  type NatsHeaders,
  type NatsMessage,
  type NatsPackage,
  type Subscription,
} from "./nats-client.ts";

export interface NatsLinkOptions extends NatsAddress {
  readonly connectTimeoutMs: number;
  readonly onUp: () => void;
  /** The connection is gone; the link makes it again by itself. */
  readonly onDown: (reason: string) => void;
}

/** A question to whoever listens on a subject. */
export interface Question {
  readonly subject: string;
  readonly payload: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the words of an error: "append". */
  readonly action: string;
  /** Whoever has not answered by then is silent. */
  readonly withinMs: number;
}

interface Waiting {
  take(message: NatsMessage): void;
  fail(error: BrokerError): void;
}

/** The one connection to NATS: questions and their answers, and what is told. It is made again for as long as the link is open. */
export class NatsLink {
  readonly #client: NatsClient;
  readonly #package: NatsPackage;
  readonly #options: NatsLinkOptions;
  readonly #inbox: string;
  readonly #waiting = new Map<string, Waiting>();
  readonly #subscriptions = new Map<string, Subscription>();
  #questionCount = 0;
  #isUp = true;
  #isClosed = false;

  private constructor(client: NatsClient, natsPackage: NatsPackage, options: NatsLinkOptions) {
    this.#client = client;
    this.#package = natsPackage;
    this.#options = options;
    this.#inbox = natsPackage.createInbox();
    client.subscribe(`${this.#inbox}.*`, {
      callback: (_, message) => this.#waiting.get(message.subject)?.take(message),
    });
    void this.#watch();
  }

  /** Connects, once: what cannot be reached at the start is told, not tried for ever. */
  static async open(options: NatsLinkOptions): Promise<NatsLink> {
    const nats = await loadNats();
    const settings = connectionOptions(options, nats);
    try {
      const client = await nats.connect({
        ...settings,
        name: "switchboard",
        timeout: options.connectTimeoutMs,
        maxReconnectAttempts: -1,
        reconnectDelayHandler,
        pingInterval: 2_000,
        maxPingOut: 3,
      });
      return new NatsLink(client, nats, options);
    } catch (error) {
      const message = `Cannot connect to NATS at ${describeAddress(options)}: ${messageOf(error)}`;
      throw new BrokerError("STORAGE_UNAVAILABLE", message, {
        cause: error,
        hint: "Is it running, and is the address right?",
      });
    }
  }

  /** Of the server that the link is connected to. */
  get version(): string {
    return this.#client.info?.version ?? "of an unknown version";
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Asks, and resolves with the answer; `undefined` is silence. @throws {BrokerError} when the connection is gone. */
  async ask(question: Question): Promise<NatsMessage | undefined> {
    return (await this.#send(question, () => true))?.[0];
  }

  /** Asks, and resolves with the answers before the one that only says how it ended, and that one. `undefined` is silence. */
  askMany(question: Question): Promise<readonly NatsMessage[] | undefined> {
    return this.#send(question, ({ headers }) => (headers?.code ?? 0) !== 0);
  }

  /** Says something to whoever listens. @throws {BrokerError} when the connection is gone. */
  tell(subject: string, payload: string, action: string): void {
    if (!this.#isUp) throw unreachable(action);
    this.#publish(subject, payload, {}, action);
  }

  /** Resolves when the server knows of it. A connection that is made again subscribes again. */
  async subscribe(subject: string, listener: (message: NatsMessage) => void): Promise<void> {
    if (!this.#isUp) throw unreachable(`listen to "${subject}"`);
    const subscription = this.#client.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) listener(message);
      },
    });
    this.#subscriptions.set(subject, subscription);
    try {
      await this.#client.flush();
    } catch (error) {
      this.unsubscribe(subject);
      throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot listen to "${subject}": ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  unsubscribe(subject: string): void {
    this.#subscriptions.get(subject)?.unsubscribe();
    this.#subscriptions.delete(subject);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#failAll();
    await this.#client.close();
  }

  #send(
    { action, headers = {}, payload, subject, withinMs }: Question,
    isLast: (message: NatsMessage) => boolean,
  ): Promise<readonly NatsMessage[] | undefined> {
    const reply = `${this.#inbox}.${(this.#questionCount += 1)}`;
    const answers: NatsMessage[] = [];
    return new Promise<readonly NatsMessage[] | undefined>((resolve, reject) => {
      if (!this.#isUp) throw unreachable(action);
      const timer = setTimeout(() => end(undefined), withinMs);
      const end = (result: readonly NatsMessage[] | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(reply);
        resolve(result);
      };
      this.#waiting.set(reply, {
        take: (message) => {
          answers.push(message);
          if (isLast(message)) end(answers);
        },
        fail: (error) => {
          reject(error);
          end(undefined);
        },
      });
      const head = this.#package.headers();
      for (const [name, value] of Object.entries(headers)) head.set(name, value);
      this.#publish(subject, payload, { reply, headers: head }, action);
    });
  }

  /** @throws {BrokerError} for what is larger than the server's `max_payload`. */
  #publish(subject: string, payload: string, options: { headers?: NatsHeaders; reply?: string }, action: string): void {
    try {
      this.#client.publish(subject, payload, options);
    } catch (error) {
      throw new BrokerError("STORAGE_UNAVAILABLE", `Cannot ${action}: ${messageOf(error)}`, { cause: error });
    }
  }

  async #watch(): Promise<void> {
    for await (const { error, type } of this.#client.status()) {
      if (type === "disconnect") this.#fall(error?.message ?? "the connection ended");
      if (type === "reconnect") this.#rise();
    }
  }

  #rise(): void {
    if (this.#isUp || this.#isClosed) return;
    this.#isUp = true;
    this.#options.onUp();
  }

  #fall(reason: string): void {
    if (!this.#isUp || this.#isClosed) return;
    this.#isUp = false;
    this.#failAll();
    this.#options.onDown(reason);
  }

  /** What was asked over a connection that is gone is not answered over the next. */
  #failAll(): void {
    for (const waiting of this.#waiting.values()) waiting.fail(unreachable("get an answer"));
  }
}

function unreachable(action: string): BrokerError {
  return new BrokerError("STORAGE_UNAVAILABLE", `Cannot ${action}: NATS is not reachable`);
}

/** Full jitter, at most 1 s: a server that comes back is found within 5 s, and not by all nodes at once. */
function reconnectDelayHandler(): number {
  return Math.random() * 1_000;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
