import {
  type ClientOp,
  closeCodes,
  encodeServerMessage,
  type ServerMessage,
  type User,
  type WireError,
} from "../wire/index.ts";
import type { Channel } from "./channel.ts";
import type { Identity } from "./effects.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import { Overruns } from "./overruns.ts";
import type { Delivery } from "./ring.ts";
import { SmallMap } from "./small-map.ts";
import type { Subscriber } from "./subscriber.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { Watchdog } from "./watchdog.ts";

const minuteMs = 60_000;
/** An answer costs one more request for each so many bytes of it. */
const answerBytesPerRequest = 64 * 1024;
const never: readonly never[] = [];

export interface SessionTools {
  readonly outbox: Outbox;
  readonly limits: GatewayLimits;
}

/** A connection as those see it who operate the gateway. */
export interface SessionFacts {
  /** Undefined until it is authenticated. */
  readonly user: User | undefined;
  readonly channelCount: number;
  /** Whether entries may be sent now: not while what was sent before waits for the peer. */
  readonly isFlowing: boolean;
}

/** Three kinds of requests, each with a rate of its own. */
type Kind = "publish" | "ephemeral" | "request";

/**
 * What the gateway knows of one connection: who it is, what it asked for, and how much it may still ask and be sent.
 *
 * Most connections ask two or three things and then listen, so whatever only others need is made when they first do.
 */
export class Session implements Subscriber {
  readonly connection: number;
  /** Set by a successful `auth`, renewed by `refresh`; the user's id stays. */
  identity: Identity | undefined;
  /** The device's secret, once `auth` has told it. */
  device = "";
  lastSentMs: number;
  /** Calls in work. */
  pendingCallCount = 0;
  /** Its deadlines; set by who made both. */
  watchdog: Watchdog | undefined;
  /** By name. */
  readonly channels: SmallMap<string, Channel> = new SmallMap();
  readonly #tools: SessionTools;
  #publishes: TokenBucket | undefined;
  #ephemerals: TokenBucket | undefined;
  #requests: TokenBucket | undefined;
  #overruns: Overruns | undefined;
  /** What waits to be started; undefined if nothing does. */
  #queue: ClientOp[] | undefined;
  /** Requests that were started and are not answered. */
  #startedCount = 0;
  #isAdmitting = false;
  #isClosing = false;
  #refusedInARow = 0;
  #refusedAtMs: readonly number[] = never;
  #budgetBytes: number;
  #isWaitingForDrain = false;

  constructor(connection: number, tools: SessionTools) {
    this.connection = connection;
    this.#tools = tools;
    this.lastSentMs = tools.outbox.nowMs;
    this.#budgetBytes = tools.limits.maxReplayBytes;
  }

  /** No longer, once the connection was closed from here or from there. */
  get isOpen(): boolean {
    return !this.#isClosing;
  }

  get facts(): SessionFacts {
    return { user: this.identity?.user, channelCount: this.channels.size, isFlowing: this.isFlowing };
  }

  send(message: ServerMessage): void {
    this.sendText(encodeServerMessage(message));
  }

  sendText(text: string): void {
    if (this.#isClosing) return;
    this.lastSentMs = this.#tools.outbox.nowMs;
    this.#tools.outbox.push({ type: "send", to: [this.connection], text });
  }

  /** Sends entries that others may be sent too. */
  sendReplay(deliveries: readonly Delivery[]): void {
    if (this.#isClosing) return;
    this.lastSentMs = this.#tools.outbox.nowMs;
    this.#tools.outbox.push({ type: "replay", connection: this.connection, deliveries });
  }

  /** Answers a request with an error; the line stays open. */
  refuse(id: number | undefined, error: WireError): void {
    this.#tools.outbox.countRefusal(error.code);
    this.send(id === undefined ? { type: "error", ...error } : { type: "error", id, ...error });
  }

  /** Nothing is sent or taken any more; the connection's end comes as the input `closed`. */
  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#tools.outbox.push({ type: "close", connection: this.connection, code, reason });
  }

  /** The connection is gone. */
  end(): void {
    this.#isClosing = true;
    this.#queue = undefined;
  }

  // ---- what it may ask

  /** A message that is no message of the protocol, or credentials that are not good: the answer, and the end of it if that goes on. */
  strike(id: number | undefined, error: WireError): void {
    const { nowMs } = this.#tools.outbox;
    this.refuse(id, error);
    this.#refusedInARow += 1;
    this.#refusedAtMs = [...this.#refusedAtMs.filter((atMs) => nowMs - atMs < minuteMs), nowMs];
    const { maxRefusalsInARow, maxRefusalsPerMinute } = this.#tools.limits;
    if (this.#refusedInARow >= maxRefusalsInARow || this.#refusedAtMs.length > maxRefusalsPerMinute) {
      this.close(closeCodes.tooManyErrors, "Too many messages were refused");
    }
  }

  /** Takes a request into the queue, or refuses it: each connection has its own rates and its own number of open requests. */
  accept(op: ClientOp): void {
    this.#refusedInARow = 0;
    const retryAfterMs = this.#takeToken(op);
    const { maxPendingRequestCount } = this.#tools.limits;
    if (retryAfterMs > 0) this.#slowDown(op, retryAfterMs);
    else if (this.#openCount >= maxPendingRequestCount) {
      const message = `Cannot take ${op.type}: ${maxPendingRequestCount} requests of this connection are not answered yet`;
      this.refuse(op.id, { code: "LIMIT", message, retryAfterMs: 1_000 });
    } else if (this.#queue === undefined) this.#queue = [op];
    else this.#queue.push(op);
  }

  /** The next request to start: one at a time until it is admitted, so that requests take effect in the order they came. */
  startNext(): ClientOp | undefined {
    if (this.#isAdmitting || this.#isClosing) return undefined;
    const op = this.#queue?.[0];
    // Whoever does not read is not given more to read: a small request must not fill the memory with large answers.
    if (op === undefined || (this.#isWaitingForDrain && mayAnswerAtLength(op))) return undefined;
    this.#queue?.shift();
    if (this.#queue?.length === 0) this.#queue = undefined;
    this.#isAdmitting = true;
    this.#startedCount += 1;
    return op;
  }

  /** Whether every request that was taken has its answer. */
  get isIdle(): boolean {
    return this.#openCount === 0;
  }

  get #openCount(): number {
    return (this.#queue?.length ?? 0) + this.#startedCount;
  }

  /** The request that was started last is on its way; the next one may start. */
  admitted(): void {
    this.#isAdmitting = false;
  }

  /** One request that was started has its answer. */
  answered(): void {
    this.#startedCount -= 1;
  }

  /** An answer was long: it costs what as many requests cost, so that a little asked for does not give much for ever. */
  charge(bytes: number): void {
    this.#bucketOf("request").charge(this.#tools.outbox.nowMs, Math.floor(bytes / answerBytesPerRequest));
  }

  /** Refuses softly, unless this has gone on for too long. */
  #slowDown(op: ClientOp, retryAfterMs: number): void {
    const { limits, outbox } = this.#tools;
    const message = `Cannot take ${op.type}: too many in too short a time`;
    this.refuse(op.id, { code: "RATE_LIMITED", message, retryAfterMs });
    this.#overruns ??= new Overruns(limits.maxOverrunsPerMinute);
    if (this.#overruns.refused(outbox.nowMs, rateOf(kindOf(op), limits).burstCount)) {
      this.close(closeCodes.tooFast, "Too many requests, although they were refused");
    }
  }

  #takeToken(op: ClientOp): number {
    const { limits, outbox } = this.#tools;
    const channelCount = op.type === "resume" ? Math.min(op.channels.length, limits.maxChannelsPerConnection) : 1;
    return this.#bucketOf(kindOf(op)).take(outbox.nowMs, channelCount);
  }

  #bucketOf(kind: Kind): TokenBucket {
    const { limits } = this.#tools;
    if (kind === "publish") return (this.#publishes ??= new TokenBucket(rateOf(kind, limits)));
    if (kind === "ephemeral") return (this.#ephemerals ??= new TokenBucket(rateOf(kind, limits)));
    return (this.#requests ??= new TokenBucket(rateOf(kind, limits)));
  }

  // ---- what it may be sent

  /** Whether entries may be sent now; if not, `drained` will say when. */
  get isFlowing(): boolean {
    return !this.#isWaitingForDrain && !this.#isClosing;
  }

  /** Bytes of a replay were sent: after a page of them the socket has to drain before the next. */
  spend(bytes: number): void {
    this.#budgetBytes -= bytes;
    if (this.#budgetBytes > 0 || this.#isWaitingForDrain) return;
    this.#isWaitingForDrain = true;
    this.#tools.outbox.push({ type: "awaitDrain", connection: this.connection });
  }

  congested(): void {
    this.#isWaitingForDrain = true;
  }

  drained(): void {
    this.#isWaitingForDrain = false;
    this.#budgetBytes = this.#tools.limits.maxReplayBytes;
  }
}

function kindOf({ type }: ClientOp): Kind {
  return type === "publish" || type === "ephemeral" ? type : "request";
}

/** Whether the answer may be much longer than the request. */
function mayAnswerAtLength({ type }: ClientOp): boolean {
  return type === "history" || type === "subscribe" || type === "resume" || type === "call";
}

function rateOf(kind: Kind, limits: GatewayLimits): { readonly perSecond: number; readonly burstCount: number } {
  if (kind === "publish") return { perSecond: limits.publishesPerSecond, burstCount: limits.publishBurstCount };
  if (kind === "ephemeral") return { perSecond: limits.ephemeralsPerSecond, burstCount: limits.ephemeralBurstCount };
  return { perSecond: limits.requestsPerSecond, burstCount: limits.requestBurstCount };
}
