import {
  type AppendDraft,
  type Broker,
  BrokerError,
  type BrokerInfo,
  type BrokerSink,
  type Failed,
  type KnownLog,
  type Notice,
  type NoticesSince,
  type RecallDraft,
  type ReadRequest,
  type Results,
} from "../gateway/index.ts";
import { type Durability, errorCodes } from "../wire/index.ts";
import { GatewayError } from "./errors.ts";
import { digest } from "./credentials.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";
import type { Meters } from "./operate/meters.ts";
import type { Tracing } from "./operate/tracing.ts";

const levels: readonly Durability[] = ["mem", "os", "fsync", "quorum"];

export interface StoreOptions {
  readonly broker: Broker;
  readonly require: Durability;
  readonly log: Log;
  readonly machine: Machine;
  readonly meters: Meters;
}

/** Who hears of the store. */
export interface StoreSink extends Pick<BrokerSink, "appended" | "broadcasted"> {
  /** It was away, and is there again. */
  returned?(): void;
}

/** The broker as the gateway uses it: every failure is a result, and a run of the same failure is logged once. */
export class Store {
  readonly #options: StoreOptions;
  /** Undefined where nobody collects spans. */
  tracing: Tracing | undefined;
  /** Appends that are not settled. */
  readonly #appends = new Set<Promise<unknown>>();
  #outage: string | undefined;
  #description = "";
  #lastFault: string | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** Why the store is not there, if it is not. A full one is there: it can be read. */
  get outage(): string | undefined {
    return this.#outage;
  }

  /** What the store says of itself, in one line; what it said last, if it was away. */
  get description(): string {
    return this.#description;
  }

  /** @throws {GatewayError} `DURABILITY_TOO_LOW` if the store gives less than is required; the broker is closed then. */
  async open(sink: StoreSink): Promise<BrokerInfo> {
    const { broker, log, require } = this.#options;
    const info = await broker.open({
      appended: (channel, epoch, entry) => sink.appended(channel, epoch, entry),
      broadcasted: (channel, payload) => sink.broadcasted(channel, payload),
      availability: (isAvailable, reason) => {
        this.#outage = isAvailable ? undefined : reason;
        this.#note(this.#outage);
        if (!isAvailable) return;
        this.#describe(reason);
        sink.returned?.();
      },
    });
    if (levels.indexOf(info.durability) < levels.indexOf(require)) {
      await broker.close();
      const message = `Cannot start: durability ${require} is required, and the store gives ${info.durability} (${info.description})`;
      throw new GatewayError("DURABILITY_TOO_LOW", message);
    }
    this.#description = info.description;
    log.info({ durability: info.durability, store: info.description }, "Store opened");
    return info;
  }

  /** It may be another than before: the replica that took over. */
  #describe(description: string): void {
    if (description === "" || description === this.#description) return;
    this.#description = description;
    this.#options.log.warn({ store: description }, "The store is not as it was");
  }

  async append({ content, startedMs, ...draft }: AppendDraft): Promise<Results["append"]> {
    const { machine, meters } = this.#options;
    const startMs = machine.steadyMs();
    const request = {
      ...draft,
      tag: machine.createTag(),
      nowMs: machine.wallMs(),
      payloadHash: hashOf(draft.event, content),
    };
    const trace = this.tracing?.append(request, { startedMs: startedMs ?? startMs, steadyMs: startMs });
    meters.flights.started(request.tag, startMs);
    const appending = this.#attempt(() => this.#options.broker.append(request));
    this.#appends.add(appending);
    const result = await appending;
    this.#appends.delete(appending);
    const endMs = machine.steadyMs();
    trace?.end(result, endMs);
    meters.appended(result.type, endMs - startMs);
    if (result.type !== "failed") this.#note(undefined);
    return result;
  }

  /** What became of a retry's first try, as far as the broker can tell. */
  async recall({ content, event, ...draft }: RecallDraft): Promise<Results["recall"]> {
    const request = { ...draft, payloadHash: hashOf(event, content) };
    return this.#attempt(async () => (await this.#options.broker.recall?.(request)) ?? { type: "unknown" });
  }

  /** Keeps a notice, where the broker can. */
  async post(notice: Notice): Promise<{ readonly type: "posted" | "notKept" } | Failed> {
    const { broker, machine } = this.#options;
    return this.#attempt(async () => {
      await broker.notices?.post(notice, machine.wallMs());
      return { type: broker.notices === undefined ? "notKept" : "posted" } as const;
    });
  }

  /** Whether it is cheap to ask for notices again and again. */
  get tellsNews(): boolean {
    return this.#options.broker.notices?.readSince !== undefined;
  }

  /**
   * The notices that stand; from a store that can tell, only those since a revision.
   *
   * @throws what the broker throws: a gateway must not open without them.
   */
  async readNotices(since: string | undefined): Promise<Partial<NoticesSince> & Pick<NoticesSince, "notices">> {
    const { broker, machine } = this.#options;
    const nowMs = machine.wallMs();
    if (broker.notices?.readSince !== undefined) return broker.notices.readSince(since, nowMs);
    return { notices: (await broker.notices?.read(nowMs)) ?? [] };
  }

  async read(request: ReadRequest): Promise<Results["read"]> {
    return this.#attempt(async () => ({ type: "page", result: await this.#options.broker.read(request) }) as const);
  }

  /** Which logs have to be read; all of them, where the broker cannot tell. */
  async compare(known: readonly KnownLog[]): Promise<Results["compare"]> {
    return this.#attempt(async () => {
      const others = await this.#options.broker.compare?.(known);
      return { type: "compared", others: others ?? known.map(({ channel }) => ({ channel })) } as const;
    });
  }

  async join(channel: string): Promise<Results["join"]> {
    return this.#attempt(async () => {
      await this.#options.broker.join(channel);
      return { type: "joined" } as const;
    });
  }

  async leave(channel: string): Promise<void> {
    await this.#attempt(() => this.#options.broker.leave(channel));
  }

  async broadcast(channel: string, payload: string): Promise<void> {
    await this.#attempt(() => this.#options.broker.broadcast(channel, payload));
  }

  /** Resolves when no append is under way. */
  async settled(): Promise<void> {
    while (this.#appends.size > 0) await Promise.all(this.#appends);
  }

  async close(): Promise<void> {
    await this.#options.broker.close();
  }

  async #attempt<Result>(work: () => Promise<Result>): Promise<Result | Failed> {
    try {
      return await work();
    } catch (error) {
      const code =
        error instanceof BrokerError && error.code === "STORAGE_FULL" ? "STORAGE_FULL" : "STORAGE_UNAVAILABLE";
      this.#note(code, error);
      return { type: "failed", error: { code, message: errorCodes[code] } };
    }
  }

  /** Logs a fault when it is another than before, and when it is over. What clients are told names no file of ours. */
  #note(fault: string | undefined, error?: unknown): void {
    if (fault === this.#lastFault) return;
    this.#lastFault = fault;
    if (fault === undefined) this.#options.log.info({}, "The store works again");
    else this.#options.log.error({ error }, `The store fails: ${fault}`);
  }
}

/** What tells the content of one publish from that of another. */
function hashOf(event: string, content: string): string {
  return digest(`${event}\n${content}`);
}
