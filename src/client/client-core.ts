import {
  type closeCodes,
  type DecodedServerMessage,
  type ErrorMessage,
  type HelloMessage,
  mayReconnect,
  type Position,
  type ServerMessage,
  type User,
} from "../wire/index.ts";
import { retryDelayMs } from "./backoff.ts";
import type { ClientState, ClientStateInfo } from "./client.ts";
import type { Codec } from "./codec.ts";
import type { Backoff } from "./connect-options.ts";
import type { Effect } from "./effect.ts";
import { ClientError, type ClientErrorCode } from "./errors.ts";
import { type Answer, Exchange } from "./exchange.ts";
import { type Recall, Rooms } from "./rooms.ts";
import { isPassing, type Publish } from "./sender.ts";
import type { HistorySpan, SubscriptionOptions } from "./subscription.ts";

export interface ClientCoreOptions {
  readonly device: string;
  readonly codec: Codec;
  readonly backoff: Backoff;
  readonly random: () => number;
  readonly connectTimeoutMs: number;
  readonly maxPendingCount: number;
  readonly recall?: Recall;
}

/** A line that lived this long was a good one: the next failure counts as the first. */
const goodLineMs = 5000;
/** How much later than promised a sign of life may come. */
const lateMs = 15_000;
/** The one code that is needed here: a page need not load them all. */
const badCredentials: typeof closeCodes.badCredentials = 4500;
/** Another try with the same credentials would end the same. */
const finalAuthErrors: ReadonlySet<ClientErrorCode> = new Set<ClientErrorCode>([
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "BAD_MESSAGE",
  "BAD_DATA",
]);

/**
 * The client without the world: no socket, no timer, no clock, no promise. What happens comes in with the time it happened,
 * what is to be done goes out as effects, to be taken after every call.
 */
export class ClientCore {
  readonly #options: ClientCoreOptions;
  readonly #exchange: Exchange;
  readonly #rooms: Rooms;
  #effects: Effect[] = [];
  #state: ClientState = "connecting";
  #hello: HelloMessage | undefined;
  /** Present once the token, or that there is none, is known. */
  #token: { readonly token?: string } | undefined;
  #attempt = 0;
  #openedAtMs = 0;
  #deadlineMs = Infinity;
  /** How long an open line may be silent before it counts as dead. */
  #silenceMs = Infinity;
  /** A server asked not to be dialled before. */
  #notBeforeMs = 0;
  /** A server that lets us go has said when to come back, counted from the end of the line. */
  #comeBackAfterMs: number | undefined;

  constructor(options: ClientCoreOptions) {
    this.#options = options;
    this.#exchange = new Exchange((effect) => this.#effects.push(effect));
    this.#rooms = new Rooms({ ...options, exchange: this.#exchange });
  }

  /** What is to be done, in order. */
  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** When `tick` has to be called, if nothing else happens. */
  get deadlineMs(): number {
    return this.#exchange.isOpen ? Math.min(this.#deadlineMs, this.#rooms.deadlineMs) : this.#deadlineMs;
  }

  // ---- the application

  start(nowMs: number): void {
    this.#dial(nowMs);
  }

  /** The number of a new room. Of a closed client's it is left already. */
  join(options: Omit<SubscriptionOptions, "id">, nowMs: number): number {
    const room = this.#rooms.join(options);
    if (this.#state === "closed") this.#rooms.leave(room);
    this.#flush(nowMs);
    return room;
  }

  leave(room: number): void {
    this.#rooms.leave(room);
  }

  publish(room: number, publish: Publish, nowMs: number): number {
    const ticket = this.#rooms.publish(room, publish);
    this.#flush(nowMs);
    return ticket;
  }

  whereIs(room: number): readonly [channel: string, position: Position] | undefined {
    return this.#rooms.whereIs(room);
  }

  history(room: number, span: HistorySpan, nowMs: number): number {
    const ticket = this.#rooms.history(room, span);
    this.#flush(nowMs);
    return ticket;
  }

  call(room: number, { method, data }: { method: string; data: unknown }, nowMs: number): number {
    const ticket = this.#rooms.call(room, method, data);
    this.#flush(nowMs);
    return ticket;
  }

  abort(ticket: number, nowMs: number): void {
    this.#rooms.abort(ticket);
    this.#flush(nowMs);
  }

  close(): void {
    if (this.#state !== "closed") this.#end(1000, "", undefined);
  }

  // ---- the world

  receiveToken(token: string | undefined, nowMs: number): void {
    if (this.#exchange.isOpen) return this.#refresh(token);
    this.#token = token === undefined ? {} : { token };
    this.#authenticate(nowMs);
  }

  failToken(reason: string, nowMs: number): void {
    this.#report("SETUP", `Cannot get a token: ${reason}`);
    if (!this.#exchange.isOpen) this.#drop("no token", nowMs);
  }

  /** A frame of the server. */
  receive(frame: unknown, nowMs: number): void {
    for (const decoded of this.#options.codec.read(frame)) {
      if (!this.#hasLine) return;
      this.#receiveDecoded(decoded, nowMs);
    }
    if (this.#state === "open") this.#deadlineMs = nowMs + this.#silenceMs;
    this.#flush(nowMs);
  }

  /** The line closed, or could not be opened. */
  loseLine(code: number, reason: string, nowMs: number): void {
    if (!this.#hasLine) return;
    if (!mayReconnect(code)) {
      const why = reason === "" ? `the server closed with ${code}` : reason;
      this.#end(code, reason, new ClientError("CLOSED", why));
      return;
    }
    if (this.#state === "open" && nowMs - this.#openedAtMs >= goodLineMs) this.#attempt = 0;
    if (this.#comeBackAfterMs !== undefined) this.#notBeforeMs = nowMs + this.#comeBackAfterMs;
    const delayMs = Math.max(
      this.#comeBackAfterMs ?? retryDelayMs({ ...this.#options, attempt: this.#attempt, code }),
      this.#notBeforeMs - nowMs,
    );
    this.#attempt += 1;
    this.#forgetLine();
    this.#deadlineMs = nowMs + delayMs;
    this.#setState({ state: "waiting", retryInMs: delayMs, code, reason });
  }

  /** The network is back, or the device woke up: a wait that no server asked for ends, and a dead line is found out. */
  wake(nowMs: number): void {
    if (this.#state === "waiting" && nowMs >= this.#notBeforeMs) this.#dial(nowMs);
    else this.tick(nowMs);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) {
      if (this.#state === "waiting") this.#dial(nowMs);
      else this.#drop(this.#state === "open" ? "the server fell silent" : "it took too long", nowMs);
    }
    this.#flush(nowMs);
  }

  get #hasLine(): boolean {
    return this.#state === "connecting" || this.#state === "open";
  }

  #receiveDecoded(decoded: DecodedServerMessage, nowMs: number): void {
    if (decoded.type === "refused") this.#report("PROTOCOL", decoded.reason);
    const message = decoded.type === "message" ? decoded.message : undefined;
    if (this.#hello === undefined && message?.type !== "hello") this.#drop("this is not a gateway", nowMs);
    else if (message !== undefined) this.#receiveMessage(message, nowMs);
  }

  #receiveMessage(message: ServerMessage, nowMs: number): void {
    switch (message.type) {
      case "hello":
        if (this.#hello !== undefined) break;
        this.#hello = message;
        this.#silenceMs = message.pingAfterMs + lateMs;
        this.#exchange.emit({ type: "server", durability: message.durability, limits: message.limits });
        this.#rooms.learn(message);
        this.#authenticate(nowMs);
        break;
      case "event":
      case "gap":
      case "presence":
      case "ephemeral":
      case "latest":
        this.#rooms.receive(message, nowMs);
        break;
      case "reconnect":
        this.#comeBackAfterMs = message.afterMs;
        break;
      case "ping":
        break;
      case "expiring":
        this.#exchange.emit({ type: "token" });
        break;
      default:
        if (!this.#exchange.receive(message, nowMs)) this.#receiveUnasked(message, nowMs);
    }
  }

  /** What answers nothing. */
  #receiveUnasked(message: Answer, nowMs: number): void {
    if (message.type === "error") this.#receiveError(message, nowMs);
    else if (message.id !== undefined) return;
    else if (message.type === "subscribed") this.#rooms.adopt(message);
    else if (message.type === "unsubscribed") this.#rooms.expel(message);
  }

  #dial(nowMs: number): void {
    this.#deadlineMs = nowMs + this.#options.connectTimeoutMs;
    this.#setState({ state: "connecting" });
    this.#exchange.emit({ type: "dial" });
  }

  /** The server's hello and our token come in any order. */
  #authenticate(nowMs: number): void {
    if (this.#hello === undefined || this.#token === undefined) return;
    const { device } = this.#options;
    this.#exchange.ask({ type: "auth", device, ...this.#token }, (answer, answeredAtMs) => {
      if (answer.type === "authenticated") this.#open(answer.user, answeredAtMs);
      else if (answer.type === "error") this.#authRefused(answer, answeredAtMs);
      else this.#drop(`the server answered auth with ${answer.type}`, answeredAtMs);
    });
    this.#flush(nowMs);
  }

  /** A newer token for the line that is open. Without one it ends when the server says, and another follows. */
  #refresh(token: string | undefined): void {
    if (token === undefined) return;
    this.#exchange.ask({ type: "refresh", token }, (answer) => {
      if (answer.type === "error") this.#report(answer.code, answer.message);
    });
  }

  #open(user: User, nowMs: number): void {
    this.#openedAtMs = nowMs;
    this.#rooms.identify(user);
    this.#exchange.open();
    this.#setState({ state: "open", user });
  }

  #authRefused(error: ErrorMessage, nowMs: number): void {
    if (finalAuthErrors.has(error.code)) {
      this.#end(badCredentials, error.message, new ClientError(error.code, error.message));
      return;
    }
    this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + (error.retryAfterMs ?? 0));
    this.#drop(error.message, nowMs);
  }

  /** An error that answers nothing. */
  #receiveError({ code, message, retryAfterMs }: ErrorMessage, nowMs: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + (retryAfterMs ?? 0));
    // One ephemeral event too many is not worth a report.
    if (!isPassing(code)) this.#report(code, message);
  }

  #drop(reason: string, nowMs: number): void {
    this.#exchange.emit({ type: "hangUp" });
    this.loseLine(1006, reason, nowMs);
  }

  #end(code: number, reason: string, error: ClientError | undefined): void {
    this.#exchange.emit(error === undefined ? { type: "hangUp", code: 1000 } : { type: "hangUp" });
    this.#rooms.end(error);
    this.#forgetLine();
    this.#deadlineMs = Infinity;
    this.#setState({ state: "closed", code, reason });
  }

  #forgetLine(): void {
    this.#comeBackAfterMs = undefined;
    this.#hello = undefined;
    this.#token = undefined;
    this.#exchange.close();
    this.#rooms.loseLine();
  }

  #flush(nowMs: number): void {
    if (this.#exchange.isOpen) this.#rooms.flush(nowMs);
  }

  #setState(info: ClientStateInfo): void {
    this.#state = info.state;
    this.#exchange.emit({ type: "state", info });
  }

  #report(code: ClientErrorCode, message: string): void {
    this.#exchange.emit({ type: "error", error: new ClientError(code, message) });
  }
}
