import { encodeClientOp, encodeClientOpWithData, type EventKind, findDataFault } from "../wire/index.ts";
import { encodeBase64 } from "./base64.ts";
import { retryDelayMs } from "./backoff.ts";
import type { Codec, Written } from "./codec.ts";
import type { Backoff } from "./connect-options.ts";
import { ClientError, type ClientErrorCode, SendError } from "./errors.ts";
import type { Answer, Exchange } from "./exchange.ts";
import type { Outgoing } from "./outbox.ts";
import type { HistorySpan, Question, Subscription } from "./subscription.ts";

export interface SenderOptions {
  readonly exchange: Exchange;
  readonly codec: Codec;
  readonly backoff: Backoff;
  readonly random: () => number;
  readonly maxPendingCount: number;
}

export interface Publish {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
  /** Absent: it is not. */
  readonly isSilent?: boolean;
  /** When this id was first sent, if the application knows; it may be less than 0, for a page that is gone. */
  readonly sinceMs?: number;
}

interface Fault {
  readonly code: ClientErrorCode;
  readonly message: string;
}

/** Of how many ids it is known when they were first sent. */
const rememberedIdCount = 1024;

/** Errors that say: the same again, later. Nothing was done. */
export function isPassing(code: ClientErrorCode): boolean {
  return code === "RATE_LIMITED" || code === "STORAGE_UNAVAILABLE";
}

/** What the application asked of its rooms and waits for: publishes, calls and pages of history. Each is settled exactly once. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #exchange: Exchange;
  /** When ids that may be stored were first sent, by channel and id, the newest last: sent again, they are retries. */
  readonly #sentAtMs: Map<string, number> = new Map();
  #maxMessageBytes = Infinity;
  #lastTicket = 0;
  #pendingCount = 0;
  /** The server asked for patience. */
  #pausedUntilMs = 0;
  #pauseAttempt = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#exchange = options.exchange;
  }

  /** The ticket of what was asked; its end is an effect with that ticket. */
  publish(room: Subscription | undefined, publish: Publish): number {
    const ticket = this.#ticket();
    const fault = room === undefined ? closedFault : this.#add(room, ticket, publish);
    if (fault !== undefined) this.#fail({ ...publish, ticket }, fault);
    return ticket;
  }

  history(room: Subscription | undefined, span: HistorySpan): number {
    const encode = (id: number): string => encodeClientOp({ type: "history", id, channel: room?.name ?? "", ...span });
    return this.#question(room, { answer: "history", act: "read history", encode });
  }

  call(room: Subscription | undefined, method: string, data: unknown): number {
    const json = toJson(data);
    const encode = (id: number): string =>
      encodeClientOpWithData({ type: "call", id, channel: room?.name ?? "", method, data: json.text });
    return this.#question(room, { answer: "result", act: `call ${method}`, encode }, json.fault);
  }

  #question(
    room: Subscription | undefined,
    asked: Omit<Question, "ticket" | "isInFlight">,
    fault: Fault | undefined = room === undefined ? closedFault : this.#fullFault(),
  ): number {
    const question = { ...asked, ticket: this.#ticket(), isInFlight: false };
    if (fault !== undefined) this.#failQuestion(question, fault);
    else {
      this.#pendingCount += 1;
      room?.questions.add(question);
    }
    return question.ticket;
  }

  /** Gives up waiting for a publish. */
  abort(rooms: Iterable<Subscription>, ticket: number): void {
    for (const room of rooms) {
      for (const outgoing of room.outbox) {
        if (outgoing.ticket !== ticket) continue;
        this.#remove(room, outgoing);
        const wasSent = isUncertain(outgoing);
        this.#fail(outgoing, {
          code: "ABORTED",
          message: wasSent ? "given up; it may be stored nevertheless" : "given up",
        });
      }
    }
  }

  limit(maxMessageBytes: number): void {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** The server told what kinds of events the room has: what was handed over before can be judged now. */
  judge(room: Subscription): void {
    for (const outgoing of room.outbox) {
      const fault = kindFault(room, outgoing.event);
      if (fault === undefined && !isUnstored(room.info?.events[outgoing.event])) continue;
      this.#remove(room, outgoing);
      if (fault !== undefined) this.#fail(outgoing, fault);
      // It is too late to tell those who were there when it was handed over.
      else this.#exchange.emit({ type: "sent", ticket: outgoing.ticket, ack: false });
    }
  }

  /** The room ended: nothing of it will be answered. */
  end(room: Subscription, fault: Fault = closedFault): void {
    for (const outgoing of room.outbox) {
      this.#remove(room, outgoing);
      this.#fail(outgoing, fault);
    }
    for (const question of room.questions) this.#endQuestion(room, question, fault);
  }

  /** What is in flight will not be answered; it is asked again on the next line, but for calls: nobody knows what those did. */
  loseLine(room: Subscription): void {
    room.outbox.loseLine();
    for (const question of room.questions) {
      if (question.isInFlight && question.answer === "result") this.#endQuestion(room, question, brokenFault);
      question.isInFlight = false;
    }
  }

  flush(rooms: Iterable<Subscription>, nowMs: number): void {
    if (nowMs < this.#pausedUntilMs) return;
    this.#pausedUntilMs = 0;
    for (const room of rooms) {
      if (room.phase !== "standing") continue;
      for (const question of room.questions) this.#ask(room, question);
      for (let next = room.outbox.take(nowMs); next !== undefined; next = room.outbox.take(nowMs)) {
        this.#send({ room, channel: room.name, outgoing: next, nowMs });
      }
    }
  }

  /** When to flush again, if nothing else happens. */
  get deadlineMs(): number {
    return this.#pausedUntilMs > 0 && this.#pendingCount > 0 ? this.#pausedUntilMs : Infinity;
  }

  #send({
    room,
    channel,
    outgoing,
    nowMs,
  }: {
    room: Subscription;
    channel: string;
    outgoing: Outgoing;
    nowMs: number;
  }): void {
    const { event, id: messageId, data, hasBytes } = outgoing;
    const uncertainSinceMs = (outgoing.uncertainSinceMs ??= this.#sentAtMs.get(keyOf(room, outgoing)));
    const retry = uncertainSinceMs === undefined ? {} : { retryAfterFirstMs: Math.ceil(nowMs - uncertainSinceMs) };
    function encode(id: number): string {
      return encodeClientOpWithData({ type: "publish", id, channel, event, messageId, ...retry, data });
    }
    const fault = this.#sizeFault(encode, hasBytes);
    if (fault !== undefined) {
      // Sent, it would cost the line, and again on the next one.
      room.outbox.putBack(outgoing);
      this.#remove(room, outgoing);
      this.#fail(outgoing, fault);
      return;
    }
    const answered = (answer: Answer, answeredAtMs: number): void =>
      this.#publishAnswered(room, outgoing, answer, answeredAtMs);
    this.#exchange.askText(encode, answered, hasBytes);
  }

  #publishAnswered(room: Subscription, outgoing: Outgoing, answer: Answer, nowMs: number): void {
    // But for a failed server's, an error says that nothing was stored.
    if (answer.type === "error" && answer.code !== "INTERNAL") room.outbox.putBack(outgoing);
    if (answer.type === "error" && isPassing(answer.code)) {
      this.#pause(nowMs, answer.retryAfterMs);
      return;
    }
    if (!this.#remove(room, outgoing)) return;
    if (answer.type !== "ack") return this.#reject(outgoing, faultOf(answer));
    const { ticket, id } = outgoing;
    const { offset, durability, duplicate } = answer;
    this.#pauseAttempt = 0;
    if (outgoing.isSilent) room.silence(id, offset);
    this.#exchange.emit({ type: "sent", ticket, ack: { id, offset, durability, duplicate } });
  }

  #ask(room: Subscription, question: Question): void {
    if (question.isInFlight) return;
    const fault = this.#sizeFault((id) => question.encode(id));
    if (fault !== undefined) return this.#endQuestion(room, question, fault);
    question.isInFlight = true;
    const { ticket } = question;
    this.#exchange.askText(
      (id) => question.encode(id),
      (answer, nowMs) => {
        if (answer.type === "error" && isPassing(answer.code)) {
          question.isInFlight = false;
          this.#pause(nowMs, answer.retryAfterMs);
        } else if (this.#removeQuestion(room, question)) {
          if (answer.type !== question.answer) this.#rejectQuestion(ticket, faultOf(answer));
          else if (answer.type === "history") {
            const events = answer.events.map((event) => room.withData(event.event, event));
            this.#exchange.emit({ type: "page", ticket, events, more: answer.more });
          } else if (answer.type === "result") this.#exchange.emit({ type: "result", ticket, data: answer.data });
        }
      },
    );
  }

  #add(room: Subscription, ticket: number, { event, id, data, isSilent = false, sinceMs }: Publish): Fault | undefined {
    const json = toJson(data);
    const fault = json.fault ?? kindFault(room, event);
    if (fault !== undefined) return fault;
    if (isUnstored(room.info?.events[event])) {
      // Now or never: what is not stored is worth no waiting, and if it is not heard that is no fault.
      const isHeard = room.phase === "standing";
      if (isHeard) this.#tell(room, event, json);
      this.#exchange.emit({ type: "sent", ticket, ack: isHeard });
      return undefined;
    }
    const fullFault = this.#fullFault();
    if (fullFault !== undefined) return fullFault;
    this.#pendingCount += 1;
    room.outbox.add({
      ticket,
      event,
      id,
      data: json.text,
      hasBytes: json.hasBytes,
      isSilent,
      uncertainSinceMs: sinceMs,
    });
    return undefined;
  }

  #tell({ name: channel }: Subscription, event: string, { hasBytes, text: data }: Json): void {
    this.#exchange.tellText((id) => encodeClientOpWithData({ type: "ephemeral", id, channel, event, data }), hasBytes);
  }

  #pause(nowMs: number, atLeastMs = 0): void {
    const delayMs = retryDelayMs({ ...this.#options, attempt: this.#pauseAttempt });
    this.#pauseAttempt += 1;
    this.#pausedUntilMs = nowMs + Math.max(delayMs, atLeastMs);
  }

  #ticket(): number {
    this.#lastTicket += 1;
    return this.#lastTicket;
  }

  #remove(room: Subscription, outgoing: Outgoing): boolean {
    const isRemoved = room.outbox.remove(outgoing);
    if (isRemoved) this.#pendingCount -= 1;
    if (isRemoved && isUncertain(outgoing)) this.#remember(room, outgoing);
    return isRemoved;
  }

  #remember(room: Subscription, outgoing: Outgoing): void {
    const key = keyOf(room, outgoing);
    this.#sentAtMs.delete(key);
    this.#sentAtMs.set(key, outgoing.uncertainSinceMs ?? outgoing.firstSentAtMs);
    for (const oldest of this.#sentAtMs.keys()) {
      if (this.#sentAtMs.size <= rememberedIdCount) break;
      this.#sentAtMs.delete(oldest);
    }
  }

  #removeQuestion(room: Subscription, question: Question): boolean {
    const isRemoved = room.questions.delete(question);
    if (isRemoved) this.#pendingCount -= 1;
    return isRemoved;
  }

  #endQuestion(room: Subscription, question: Question, fault: Fault): void {
    this.#removeQuestion(room, question);
    this.#failQuestion(question, fault);
  }

  #sizeFault(encode: (id: number) => string, hasBytes = false): Fault | undefined {
    const bytes = this.#options.codec.sizeOf({ text: encode(Number.MAX_SAFE_INTEGER), hasBytes });
    const limit = this.#maxMessageBytes;
    return bytes > limit
      ? { code: "TOO_BIG", message: `it is ${bytes} bytes, the limit is ${limit} bytes` }
      : undefined;
  }

  #fullFault(): Fault | undefined {
    const { maxPendingCount } = this.#options;
    if (this.#pendingCount < maxPendingCount) return undefined;
    return { code: "QUEUE_FULL", message: `${maxPendingCount} requests wait for the line` };
  }

  #fail(outgoing: Pick<Outgoing, "ticket" | "id" | "event">, { code, message }: Fault): void {
    this.#reject(outgoing, { code, message: `Cannot send ${outgoing.event}: ${message}` });
  }

  #reject({ ticket, id }: Pick<Outgoing, "ticket" | "id">, { code, message }: Fault): void {
    this.#exchange.emit({ type: "failed", ticket, error: new SendError(code, message, id) });
  }

  #failQuestion({ act, ticket }: Question, { code, message }: Fault): void {
    this.#rejectQuestion(ticket, { code, message: `Cannot ${act}: ${message}` });
  }

  #rejectQuestion(ticket: number, { code, message }: Fault): void {
    this.#exchange.emit({ type: "failed", ticket, error: new ClientError(code, message) });
  }
}

const closedFault: Fault = { code: "CLOSED", message: "the room is closed" };

const brokenFault: Fault = { code: "DISCONNECTED", message: "the line broke; it may have been done nevertheless" };

/** A server's error is a whole sentence already. */
function faultOf(answer: Answer): Fault {
  if (answer.type === "error") return answer;
  return { code: "PROTOCOL", message: `Cannot make sense of the server's answer: ${answer.type}` };
}

/** Whether an event is of a kind whose sends are answered by nobody; no if the kind is not known. */
export function isUnstored(kind: EventKind | undefined): boolean {
  return kind === "ephemeral" || kind === "latest";
}

/** Whether it may be stored. */
function isUncertain({ isInFlight, uncertainSinceMs }: Outgoing): boolean {
  return isInFlight || uncertainSinceMs !== undefined;
}

/** An id is one of its channel's. */
function keyOf({ name }: Subscription, { id }: Outgoing): string {
  return `${name} ${id}`;
}

function kindFault(room: Subscription, event: string): Fault | undefined {
  if (room.info === undefined || Object.hasOwn(room.info.events, event)) return undefined;
  const names = Object.keys(room.info.events).join(", ");
  return { code: "UNKNOWN_EVENT", message: `${room.channel} has ${names}` };
}

interface Json extends Written {
  readonly fault?: Fault;
}

/** The data as JSON, or why no server would take it. */
function toJson(data: unknown): Json {
  const hasBytes = data instanceof Uint8Array;
  let text: string | undefined;
  let message: string | undefined;
  try {
    // Despite its type it gives nothing for `undefined` and functions.
    text = JSON.stringify(hasBytes ? encodeBase64(data) : data) as string | undefined;
    message = text === undefined ? "it is not JSON" : findDataFault(text);
  } catch (error) {
    message = `it is not JSON: ${String(error)}`;
  }
  const json = { text: text ?? "", hasBytes };
  return message === undefined ? json : { ...json, fault: { code: "BAD_DATA", message } };
}
