import type {
  AppendRequest,
  AppendResult,
  Broker,
  BrokerInfo,
  BrokerSink,
  KnownLog,
  OtherLog,
  ReadRequest,
  ReadResult,
  RecallRequest,
  RecallResult,
} from "../gateway/index.ts";
import { BrokerError } from "../gateway/index.ts";
import { Audience } from "./audience.ts";
import { createEpochSeed, deriveEpoch } from "./channel-epoch.ts";
import { defaultDedupWindowMs } from "./dedup-window.ts";
import { MemoryLog } from "./memory-log.ts";
import { othersOf } from "./others-of.ts";

/** The limits of a {@link memoryBroker}. */
export interface MemoryBrokerOptions {
  /** Roughly what all logs and remembered ids may occupy; appends past it are refused with `STORAGE_FULL`. Default 256 MiB. */
  readonly maxBytes?: number;
  /** How long a message id is remembered, in milliseconds. Default 24 hours. */
  readonly dedupWindowMs?: number;
}

/**
 * Makes a broker that keeps everything in this process: level `mem`, gone when the process ends. For tests and for channels whose
 * history is worth nothing. One node.
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): Broker {
  return new MemoryBroker(options);
}

class MemoryBroker implements Broker {
  readonly #maxBytes: number;
  readonly #dedupWindowMs: number;
  readonly #seed = createEpochSeed();
  readonly #logs = new Map<string, MemoryLog>();
  #heldBytes = 0;
  #audience: Audience | undefined;

  constructor({ dedupWindowMs = defaultDedupWindowMs, maxBytes = 256 * 1024 * 1024 }: MemoryBrokerOptions) {
    this.#maxBytes = maxBytes;
    this.#dedupWindowMs = dedupWindowMs;
  }

  async open(sink: BrokerSink): Promise<BrokerInfo> {
    this.#audience = new Audience(sink);
    return {
      durability: "mem",
      description: "memory of this process: gone when it ends",
      dedupWindowMs: this.#dedupWindowMs,
    };
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const audience = this.#opened();
    const log = this.#log(request.channel);
    const othersBytes = this.#heldBytes - log.heldBytes;
    const result = log.append(request, this.#maxBytes - othersBytes);
    this.#heldBytes = othersBytes + log.heldBytes;
    if (result.type === "full") throw this.#full();
    if (result.type === "stored") {
      this.#logs.set(request.channel, log);
      // Not within the caller's own step: a store of another process would not call back there either.
      queueMicrotask(() => audience.appended(request.channel, result.position.epoch, result.entry));
    }
    return result;
  }

  async recall(request: RecallRequest): Promise<RecallResult> {
    this.#opened();
    return this.#log(request.channel).recall(request);
  }

  async read(request: ReadRequest): Promise<ReadResult> {
    this.#opened();
    return this.#log(request.channel).read(request);
  }

  async compare(known: readonly KnownLog[]): Promise<readonly OtherLog[]> {
    this.#opened();
    return othersOf(known, (channel) => this.#log(channel).top);
  }

  async join(channel: string): Promise<void> {
    this.#opened().join(channel);
  }

  async leave(channel: string): Promise<void> {
    this.#opened().leave(channel);
  }

  async broadcast(channel: string, payload: string): Promise<void> {
    this.#opened().broadcasted(channel, payload);
  }

  async close(): Promise<void> {
    this.#audience = undefined;
    this.#logs.clear();
  }

  /** A new one is not kept until something is stored in it: the epoch comes out the same the next time. */
  #log(channel: string): MemoryLog {
    return this.#logs.get(channel) ?? new MemoryLog(deriveEpoch(this.#seed, channel), this.#dedupWindowMs);
  }

  #opened(): Audience {
    if (this.#audience === undefined) throw new BrokerError("CLOSED", "Cannot use the memory broker: it is not open");
    return this.#audience;
  }

  #full(): BrokerError {
    return new BrokerError(
      "STORAGE_FULL",
      `Cannot append: the memory broker holds its ${this.#maxBytes} bytes already`,
      {
        hint: "Raise maxBytes, keep less history, or use sqliteBroker",
      },
    );
  }
}
