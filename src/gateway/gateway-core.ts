import {
  type ClientOp,
  closeCodes,
  decodeClientFrame,
  type Durability,
  encodeServerMessage,
  type HelloMessage,
  type HistoryOp,
  type WireError,
} from "../wire/index.ts";
import { authenticate, refresh } from "./authenticate.ts";
import { decodeBroadcast } from "./broadcast.ts";
import { call } from "./call.ts";
import type { ChannelFacts } from "./channel-facts.ts";
import { ChannelTable } from "./channel-table.ts";
import { command } from "./command.ts";
import type { GatewayCounters } from "./counters.ts";
import { Deadlines } from "./deadlines.ts";
import type { Case, Desk } from "./desk.ts";
import { Directory, type Found, type Route } from "./directory.ts";
import type { ChannelSettings, GatewayEffect, GatewayInput } from "./effects.ts";
import { sendHistory } from "./history.ts";
import type { GatewayLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import type { Attendance } from "./presence.ts";
import { publish, sendEphemeral, tell } from "./publish.ts";
import { Quotas } from "./quotas.ts";
import { Session, type SessionFacts } from "./session.ts";
import { resume, subscribe, unsubscribe } from "./subscribe.ts";
import { Users } from "./users.ts";
import { Watchdog, type WatchdogTools } from "./watchdog.ts";

export interface GatewayCoreOptions {
  /** By the names of their definitions. */
  readonly channels: Readonly<Record<string, ChannelSettings>>;
  readonly limits: GatewayLimits;
  /** What the store gives, for `hello` and every ack. */
  readonly durability: Durability;
  readonly dedupWindowMs: number;
  /** A name that no other node or run of this node has: it marks what this node broadcasts. */
  readonly node: string;
  /** Whether other nodes may use the same store: then they tell each other who is there. Default `false`. */
  readonly isShared?: boolean;
}

/** The close code of a server that restarts: to a client it is one. */
const serviceRestart = 1012;

export interface GatewayCoreInfo {
  readonly connectionCount: number;
  readonly channelCount: number;
  /** Since the start: ephemeral events that a subscriber did not get because its queue was full. */
  readonly droppedEphemeralCount: number;
}

/**
 * The gateway without a world: inputs go in with the time they happen at, and the effects to carry out come back, in order.
 *
 * It never throws for what a client sent, reads no clock, waits for nothing and knows no socket, so that every run can be
 * repeated. The only other thing a shell has to do is to send the input `tick` when `nextMs` has come.
 */
export class GatewayCore {
  readonly #options: GatewayCoreOptions;
  readonly #outbox: Outbox = new Outbox();
  readonly #deadlines: Deadlines = new Deadlines();
  readonly #desk: Desk;
  /** What every session is made with: one object for all. */
  readonly #tools: WatchdogTools;
  readonly #hello: string;
  readonly #sessions = new Map<number, Session>();
  /** Sessions whose next request may start. */
  readonly #startable = new Set<Session>();
  /** Sessions that are to end once they are idle, and when each is to come back. */
  readonly #leaving = new Map<Session, number>();
  /** When the next beat is due; `Infinity` while there is no channel, or no other node. */
  #beatAtMs = Infinity;

  constructor(options: GatewayCoreOptions) {
    const { limits } = options;
    this.#options = options;
    this.#tools = { outbox: this.#outbox, deadlines: this.#deadlines, limits };
    const node = options.isShared === true ? options.node : undefined;
    const channels = new ChannelTable({ ...this.#tools, node });
    const users = new Users(limits.maxConnectionsPerUser);
    this.#desk = {
      outbox: this.#outbox,
      directory: new Directory(options.channels),
      channels,
      users,
      limits,
      quotas: new Quotas(),
      rights: { version: 0 },
    };
    this.#hello = encodeServerMessage(this.#makeHello());
  }

  /** When the next `tick` is needed; `Infinity` if none is. */
  get nextMs(): number {
    return this.#deadlines.nextMs;
  }

  get info(): GatewayCoreInfo {
    const { count: channelCount, counters } = this.#desk.channels;
    return {
      connectionCount: this.#sessions.size,
      channelCount,
      droppedEphemeralCount: counters.droppedEphemeralCount,
    };
  }

  get counters(): GatewayCounters {
    return { ...this.#desk.channels.counters, refusedCounts: this.#outbox.refusedCounts };
  }

  /** What a channel's name leads to. */
  find(channel: string): Found<Route> {
    return this.#desk.directory.find(channel);
  }

  /** Why a channel takes no more of the server's own now, if it does not; otherwise it is counted beside what its clients publish. */
  refuse(channel: string, event: { readonly content: string; readonly nowMs: number }): WireError | undefined {
    const found = this.#desk.directory.find(channel);
    return found.type === "error" ? found.error : this.#desk.quotas.refuse(found.value, event);
  }

  /** What is known of a connection; nothing of one that is gone. */
  sessionFacts(connection: number): SessionFacts | undefined {
    return this.#sessions.get(connection)?.facts;
  }

  /** The channels that are followed. */
  *channelFacts(): Iterable<ChannelFacts> {
    for (const channel of this.#desk.channels.all()) yield channel.facts;
  }

  /** Who is in a channel, as far as this node knows. */
  attendanceOf(channel: string): Attendance {
    return this.#desk.channels.find(channel)?.attendance ?? { members: [] };
  }

  /** @param nowMs - of a clock that never goes back; what it counts from does not matter. */
  handle(input: GatewayInput, nowMs: number): readonly GatewayEffect[] {
    this.#outbox.begin(nowMs);
    if (nowMs - this.#beatAtMs >= this.#stillnessMs) this.#fence();
    this.#take(input);
    for (const session of this.#startable) this.#startRequests(session);
    for (const [session, afterMs] of this.#leaving) this.#letGo(session, afterMs);
    this.#deadlines.run(nowMs);
    this.#beatLater();
    return this.#outbox.take();
  }

  #take(input: GatewayInput): void {
    switch (input.type) {
      case "opened":
        return this.#open(input.connection);
      case "received":
        return this.#receive(input);
      case "congested":
        return this.#sessions.get(input.connection)?.congested();
      case "drained":
        return this.#drained(input.connection);
      case "closed":
        return this.#closed(input.connection, input.isGoodbye);
      case "leaving":
        return this.#leave(input.connection, input.afterMs);
      case "settled":
        return this.#outbox.settle(input);
      case "appended":
        return this.#desk.channels.find(input.channel)?.receive(input.epoch, input.entry);
      case "revoked":
        return this.#revoke(input);
      case "commanded":
        return command(this.#desk, input);
      case "told":
        return tell(this.#desk, input.tell, this.#options.node);
      case "broadcasted":
        return this.#broadcasted(input.channel, input.payload);
      default:
        // Deadlines are looked at after every input: this one is nothing else.
        input satisfies { readonly type: "tick" };
    }
  }

  #makeHello(): HelloMessage {
    const { dedupWindowMs, durability, limits } = this.#options;
    const { authTimeoutMs, maxChannelsPerConnection, maxMessageBytes, maxOperationsPerFrame, pingAfterMs } = limits;
    return {
      type: "hello",
      version: 1,
      durability,
      pingAfterMs: told(pingAfterMs),
      dedupWindowMs: told(dedupWindowMs),
      limits: {
        maxMessageBytes: told(maxMessageBytes),
        maxOperationsPerFrame: told(maxOperationsPerFrame),
        maxChannelsPerConnection: told(maxChannelsPerConnection),
        authTimeoutMs: told(authTimeoutMs),
      },
      channels: this.#desk.directory.describe(),
    };
  }

  // ---- connections

  #open(connection: number): void {
    const session = new Session(connection, this.#tools);
    session.watchdog = new Watchdog(session, this.#tools);
    this.#sessions.set(connection, session);
    session.sendText(this.#hello);
  }

  #closed(connection: number, isGoodbye: boolean): void {
    const session = this.#sessions.get(connection);
    if (session === undefined) return;
    session.end();
    this.#leaving.delete(session);
    this.#desk.users.remove(session);
    this.#sessions.delete(connection);
    session.watchdog?.end();
    for (const [, channel] of session.channels.entries()) channel.unsubscribe(connection, isGoodbye);
  }

  #leave(connection: number, afterMs: number): void {
    const session = this.#sessions.get(connection);
    if (session !== undefined) this.#leaving.set(session, afterMs);
  }

  /** Ends a session that has all its answers. What it sent and nobody looked at has none, so its client sends it again elsewhere. */
  #letGo(session: Session, afterMs: number): void {
    if (!session.isIdle) return;
    this.#leaving.delete(session);
    session.send({ type: "reconnect", afterMs });
    session.close(closeCodes.goingAway, "The server is going away");
  }

  /** The channels that had to wait go on, those that were served last go last: a busy one does not starve the others. */
  #drained(connection: number): void {
    const session = this.#sessions.get(connection);
    if (session === undefined) return;
    session.drained();
    // A request that had to wait comes before the channels, which would take all there is for ever.
    this.#startRequests(session);
    // As they are now: the loop changes their order.
    for (const [name, channel] of session.channels.entries()) {
      if (!session.isFlowing) return;
      session.channels.delete(name);
      session.channels.set(name, channel);
      channel.drained(connection);
    }
  }

  // ---- requests

  #receive({ bytes, codec = "json", connection, data }: Extract<GatewayInput, { readonly type: "received" }>): void {
    const session = this.#sessions.get(connection);
    if (session?.isOpen !== true || this.#leaving.has(session)) return;
    const { maxMessageBytes, maxMessageBytesBeforeAuth, maxOperationsPerFrame } = this.#options.limits;
    const maxBytes = session.identity === undefined ? maxMessageBytesBeforeAuth : maxMessageBytes;
    if (bytes > maxBytes) {
      return session.strike(undefined, {
        code: "TOO_BIG",
        message: `Cannot read a message of ${bytes} bytes: the limit is ${maxBytes}`,
      });
    }
    for (const decoded of decodeClientFrame(data, { codec, maxOperationCount: maxOperationsPerFrame })) {
      if (!session.isOpen) return;
      if (decoded.type === "refused") session.strike(decoded.id, decoded.error);
      else session.accept(decoded.op);
    }
    this.#startable.add(session);
  }

  #startRequests(session: Session): void {
    this.#startable.delete(session);
    const op = session.startNext();
    if (op === undefined) return;
    const admitted = (): void => {
      session.admitted();
      this.#startable.add(session);
    };
    this.#start(session, op, { admitted, answered: () => session.answered() });
  }

  #start(session: Session, op: ClientOp, { admitted, answered }: Pick<Case<ClientOp>, "admitted" | "answered">): void {
    const { identity } = session;
    const request = { session, identity, admitted, answered };
    if (op.type === "auth") return authenticate(this.#desk, { ...request, op });
    if (identity === undefined) {
      session.refuse(op.id, {
        code: "UNAUTHENTICATED",
        message: `Cannot ${op.type}: this connection is not authenticated`,
      });
      admitted();
      return answered();
    }
    this.#serve({ ...request, identity }, op);
  }

  #serve(request: Omit<Case<ClientOp>, "op">, op: Exclude<ClientOp, { readonly type: "auth" }>): void {
    const { durability, node } = this.#options;
    switch (op.type) {
      case "refresh":
        return refresh(this.#desk, { ...request, op });
      case "subscribe":
        return subscribe(this.#desk, { ...request, op });
      case "resume":
        return resume(this.#desk, { ...request, op });
      case "unsubscribe":
        return unsubscribe({ ...request, op });
      case "publish":
        return publish(this.#desk, { ...request, op }, durability);
      case "ephemeral":
        return sendEphemeral(this.#desk, { ...request, op }, node);
      case "call":
        return call(this.#desk, { ...request, op });
      default:
        return sendHistory(this.#desk, { ...request, op: op satisfies HistoryOp });
    }
  }

  /** Whoever has these credentials is gone, and is not to come back with them. */
  #revoke({ revokedAtMs, target }: Extract<GatewayInput, { readonly type: "revoked" }>): void {
    for (const session of this.#desk.users.find(target)) {
      if ("userId" in target && (session.identity?.issuedAtMs ?? -Infinity) > revokedAtMs) continue;
      session.close(closeCodes.revoked, "The credentials were revoked");
    }
  }

  // ---- channels

  #broadcasted(channel: string, payload: string): void {
    const { connection, latest, node, presence, text } = decodeBroadcast(payload);
    const here = this.#desk.channels.find(channel);
    if (presence !== undefined) here?.presence?.hear(node, presence);
    else if (latest !== undefined) here?.renew(latest.event, { key: latest.key, text });
    else here?.broadcast(text, node === this.#options.node ? connection : undefined);
  }

  // ---- other nodes

  /** How late a beat is when the others have given this node up. */
  get #stillnessMs(): number {
    const { nodeTimeoutMs, presenceBeatMs } = this.#options.limits;
    return nodeTimeoutMs - presenceBeatMs;
  }

  /** It stood still while the world went on: what its clients asked may have been asked elsewhere since. They come back, and ask anew. */
  #fence(): void {
    for (const session of this.#sessions.values()) session.close(serviceRestart, "The server stood still");
  }

  #beatLater(): void {
    const { isShared, limits } = this.#options;
    if (isShared !== true || this.#beatAtMs < Infinity || this.#desk.channels.count === 0) return;
    this.#beatAtMs = this.#outbox.nowMs + limits.presenceBeatMs;
    this.#deadlines.at(this.#beatAtMs, () => {
      this.#beatAtMs = Infinity;
      for (const channel of this.#desk.channels.all()) channel.presence?.beat();
    });
  }
}

/** A limit as JSON can tell it: one that is switched off is infinite here. */
function told(limit: number): number {
  return Math.min(Math.floor(limit), Number.MAX_SAFE_INTEGER);
}
