import { type Ack, type ClientError, type Gap, SendError, type SendOptions } from "../client/index.ts";
import type { OutgoingMessage } from "./message-list.ts";

export interface OutboxViewOptions<Input> {
  /** Pending, sent and failed together. */
  readonly maxCount: number;
  readonly send: (data: Input, options: SendOptions) => Promise<Ack>;
  /** The list is another now. */
  readonly changed: () => void;
}

interface Entry<Input> {
  readonly view: OutgoingMessage<Input>;
  readonly options: SendOptions;
  /** Where it is stored, for `sent`. */
  readonly offset?: number;
}

/** One's own messages from `send` until they come back from the log, or are given up. */
export class OutboxView<Input> {
  readonly #options: OutboxViewOptions<Input>;
  readonly #aborts: Map<string, AbortController> = new Map();
  #entries: readonly Entry<Input>[] = [];
  #list: readonly OutgoingMessage<Input>[] = [];
  /** How far the log has come. */
  #top = 0;

  constructor(options: OutboxViewOptions<Input>) {
    this.#options = options;
  }

  get list(): readonly OutgoingMessage<Input>[] {
    return this.#list;
  }

  /** Rejects as `send` does; who looks at the list need not catch it. */
  send(data: Input, options: SendOptions): Promise<Ack> {
    const { id = newId() } = options;
    const { maxCount } = this.#options;
    const isKnown = this.#entries.some(({ view }) => view.id === id);
    if (!isKnown && this.#entries.length >= maxCount) {
      const reason = `Cannot send: ${maxCount} messages wait or have failed; retry or discard one`;
      return handled(Promise.reject(new SendError("QUEUE_FULL", reason, id)));
    }
    const abort = new AbortController();
    const signal = options.signal === undefined ? abort.signal : AbortSignal.any([abort.signal, options.signal]);
    this.#aborts.set(id, abort);
    const retry = (): void => void this.send(data, options.id === undefined ? { ...options, id } : options);
    const discard = (): void => this.#discard(id);
    this.#put({ view: { id, data, state: "pending", retry, discard }, options });
    const sent = this.#options.send(data, { ...options, id, signal });
    sent.then(
      ({ offset }) => this.#stored(id, offset, options.echo === false),
      (error: ClientError) => this.#settle(id, abort, (view) => ({ ...view, state: "failed", error })),
    );
    return handled(sent);
  }

  /** A message of the log came. */
  receive(id: string, offset: number): void {
    this.#top = Math.max(this.#top, offset);
    this.#remove((entry) => entry.view.id === id);
  }

  /** History was read up to the newest: what is stored below that has come, or is of no list. */
  reach(messages: readonly { readonly id: string }[], top: number): void {
    this.#top = Math.max(this.#top, top);
    const ids = new Set(messages.map(({ id }) => id));
    this.#remove(({ view, offset }) => ids.has(view.id) || (offset !== undefined && offset <= top));
  }

  /** What is lost will not come; what the store took back is not stored any more, and can be sent again. */
  receiveGap({ from, to, reason }: Gap): void {
    this.#top = to;
    const isTakenBack = reason === "epoch" || to < from;
    this.#entries = this.#entries.map((entry) =>
      isTakenBack && entry.offset !== undefined && (reason === "epoch" || entry.offset > to) ? takenBack(entry) : entry,
    );
    this.#remove(({ offset }) => offset !== undefined && offset <= to);
    this.#tell();
  }

  #stored(id: string, offset: number, isSilent: boolean): void {
    // Its event may have come before its answer; a duplicate's came long ago, and a silent one's will not come.
    if (isSilent || offset <= this.#top) return this.#remove(({ view }) => view.id === id);
    this.#entries = this.#entries.map((entry) =>
      entry.view.id === id ? { ...entry, view: { ...entry.view, state: "sent" }, offset } : entry,
    );
    this.#tell();
  }

  /** @param abort - that of the try that ended: a later one under the same id is not over. */
  #settle(id: string, abort: AbortController, change: (view: OutgoingMessage<Input>) => OutgoingMessage<Input>): void {
    if (this.#aborts.get(id) !== abort) return;
    this.#entries = this.#entries.map((entry) =>
      entry.view.id === id ? { ...entry, view: change(entry.view) } : entry,
    );
    this.#tell();
  }

  #put(entry: Entry<Input>): void {
    const others = this.#entries.filter(({ view }) => view.id !== entry.view.id);
    this.#entries = [...others, entry];
    this.#tell();
  }

  #discard(id: string): void {
    const abort = this.#aborts.get(id);
    this.#remove(({ view }) => view.id === id);
    abort?.abort();
  }

  #remove(isGone: (entry: Entry<Input>) => boolean): void {
    const gone = this.#entries.filter(isGone);
    if (gone.length === 0) return;
    for (const { view } of gone) this.#aborts.delete(view.id);
    this.#entries = this.#entries.filter((entry) => !gone.includes(entry));
    this.#tell();
  }

  #tell(): void {
    this.#list = this.#entries.map(({ view }) => view);
    this.#options.changed();
  }
}

function takenBack<Input>({ view, options }: Entry<Input>): Entry<Input> {
  const error = new SendError("INTERNAL", "The store lost the message after it had been stored", view.id);
  return { view: { ...view, state: "failed", error }, options };
}

/** Its failure is in the list. */
function handled(sent: Promise<Ack>): Promise<Ack> {
  sent.catch(() => {});
  return sent;
}

/** 128 random bits: a message's id. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
