import {
  type ClientOp,
  encodeClientOp,
  type ErrorMessage,
  type ServerMessage,
  type SubscribedMessage,
  type UnsubscribedMessage,
} from "../wire/index.ts";
import type { Effect } from "./effect.ts";

/** What answers a request: the message with its id, `error` included. */
export type Answer =
  | Extract<ServerMessage, { readonly id: number }>
  | ErrorMessage
  | SubscribedMessage
  | UnsubscribedMessage;

/** A request without its id. */
export type Ask<Op> = Op extends ClientOp ? Omit<Op, "id"> : never;

/** Writes a request with its id. */
type Encode = (id: number) => string;

/** Requests and their answers, on one line after the other: an answer never reaches a request of an earlier line. */
export class Exchange {
  readonly emit: (effect: Effect) => void;
  readonly #waiting: Map<number, (answer: Answer, nowMs: number) => void> = new Map();
  #isOpen = false;
  #lastId = 0;

  constructor(emit: (effect: Effect) => void) {
    this.emit = emit;
  }

  /** Whether a server listens that has accepted this client. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(): void {
    this.#isOpen = true;
  }

  close(): void {
    this.#isOpen = false;
    this.#waiting.clear();
    this.#lastId = 0;
  }

  /** Sends a request; `answer` is called at most once. */
  ask(op: Ask<ClientOp>, answer: (answer: Answer, nowMs: number) => void): void {
    this.askText((id) => encodeClientOp({ ...op, id }), answer);
  }

  askText(encode: Encode, answer: (answer: Answer, nowMs: number) => void, hasBytes?: boolean): void {
    this.#waiting.set(this.#lastId + 1, answer);
    this.tellText(encode, hasBytes);
  }

  /** Sends a request whose answer is of no interest. */
  tell(op: Ask<ClientOp>): void {
    this.tellText((id) => encodeClientOp({ ...op, id }));
  }

  tellText(encode: Encode, hasBytes = false): void {
    this.#lastId += 1;
    this.emit({ type: "write", text: encode(this.#lastId), hasBytes });
  }

  /** Whether the answer was waited for. */
  receive(answer: Answer, nowMs: number): boolean {
    const waiting = answer.id === undefined ? undefined : this.#waiting.get(answer.id);
    if (answer.id !== undefined) this.#waiting.delete(answer.id);
    waiting?.(answer, nowMs);
    return waiting !== undefined;
  }
}
