import type { Ack, ClientError, DurableEvent, Gap, Message, SendOptions } from "../client/index.ts";
import {
  addGap,
  addLive,
  addOlder,
  emptyWindow,
  merge,
  type MessagesView,
  showNewest,
  type Window,
} from "./message-list.ts";
import { OutboxView } from "./outbox-view.ts";
import { sourceOf } from "./room-facade.ts";
import { Store } from "./store.ts";

export interface MessageStoreOptions {
  readonly recent: number;
  readonly maxCount: number;
  readonly maxOutgoingCount: number;
}

/** A view and what can be done with it. */
export interface MessageActions<Input> {
  readonly send: (data: Input, options?: SendOptions) => Promise<Ack>;
  readonly loadOlder: () => void;
  readonly showNewest: () => void;
}

/** What was read of the history. */
interface Page<Item> {
  /** Those of the event, oldest first. */
  readonly messages: readonly Item[];
  readonly more: boolean;
  /** The newest offset of any event, if the newest were asked for. */
  readonly top: number;
  /** The oldest offset of any event: where to read on. */
  readonly before: number | undefined;
}

type View<Item, Input> = MessagesView<Item, Input> & MessageActions<Input>;

/** How many messages are asked for at once, of whatever event. */
const pageCount = 100;
/** How many pages are read for one wish, where other events are in between. */
const maxPageCount = 8;

/** Keeps the messages of one event for the components that show them. */
export class MessageStore<Input, Item extends Message> {
  readonly store: Store<View<Item, Input>>;
  readonly #event: DurableEvent<Input, Item["data"], Item["event"]>;
  readonly #options: MessageStoreOptions;
  readonly #outbox: OutboxView<Input>;
  readonly #actions: MessageActions<Input>;
  #window: Window<Item> = emptyWindow;
  /** What came while the newest page is under way. */
  #collected: readonly Item[] | undefined;
  #reading: "older" | "newest" | undefined;
  /** How far back was read, past what is of other events: before which offset, while that is the first message. */
  #older: { readonly first: number | undefined; readonly before: number | undefined } | undefined;
  #error: ClientError | undefined;
  /** Counts beginnings and other logs: what an earlier one asked for is not taken. */
  #round = 0;

  constructor(event: DurableEvent<Input, Item["data"], Item["event"]>, options: MessageStoreOptions) {
    this.#event = event;
    this.#options = options;
    this.#outbox = new OutboxView({
      maxCount: options.maxOutgoingCount,
      send: (data, sendOptions) => event.send(data, sendOptions),
      changed: () => this.#tell(),
    });
    this.#actions = {
      send: (data, sendOptions = {}) => this.#outbox.send(data, sendOptions),
      loadOlder: () => this.#loadOlder(),
      showNewest: () => this.#loadNewest(),
    };
    this.store = new Store(this.#view(), () => this.#begin());
  }

  #begin(): () => void {
    const { facade } = sourceOf(this.#event);
    if (!facade.hasClient) return () => {};
    const ends = [
      this.#event.on((message) => this.#receive(message as Item)), // the event's own
      facade.room.onGap((gap) => this.#receiveGap(gap)),
    ];
    // What came while nobody listened is missing at the end of what is held.
    if (this.#window.messages.length > 0) this.#window = { ...this.#window, hasNewer: true };
    this.#loadNewest();
    return () => {
      this.#round += 1;
      this.#reading = undefined;
      this.#collected = undefined;
      for (const end of ends) end();
    };
  }

  #receive(message: Item): void {
    this.#outbox.receive(message.id, message.offset);
    if (this.#collected !== undefined) this.#collected = [...this.#collected, message].slice(-this.#options.maxCount);
    const before = this.#window;
    this.#window = addLive(before, message, this.#options.maxCount);
    if (this.#window !== before) this.#tell();
  }

  #receiveGap(gap: Gap): void {
    this.#outbox.receiveGap(gap);
    this.#window = addGap(this.#window, gap);
    if (gap.to < gap.from) this.#collected = this.#collected?.filter(({ offset }) => offset <= gap.to);
    if (gap.reason === "epoch") {
      // What is being read is of the log that was.
      this.#round += 1;
      this.#reading = undefined;
      this.#loadNewest();
    }
    this.#tell();
  }

  #loadNewest(): void {
    if (this.#reading === "newest" || !sourceOf(this.#event).facade.hasClient) return;
    this.#collected = [];
    this.#read("newest", undefined, this.#options.recent, (page) => {
      const collected = this.#collected ?? [];
      this.#collected = undefined;
      const messages = merge(page.messages, collected);
      this.#window = showNewest(this.#window, { messages, more: page.more }, this.#options.maxCount);
      this.#outbox.reach(messages, page.top);
    });
  }

  #loadOlder(): void {
    if (this.#reading !== undefined || !this.#window.hasOlder) return;
    const first = this.#window.messages[0]?.offset;
    const before = this.#older !== undefined && this.#older.first === first ? this.#older.before : first;
    this.#read("older", before, pageCount, (page) => {
      this.#window = addOlder(this.#window, page, this.#options.maxCount);
    });
  }

  #read(what: "older" | "newest", before: number | undefined, count: number, take: (page: Page<Item>) => void): void {
    this.#round += 1;
    const round = this.#round;
    this.#reading = what;
    this.#error = undefined;
    this.#tell();
    const end = (act: () => void): void => {
      if (round !== this.#round) return;
      this.#reading = undefined;
      act();
      this.#tell();
    };
    this.#pages(before, count).then(
      (page) =>
        end(() => {
          take(page);
          this.#older = { first: this.#window.messages[0]?.offset, before: page.before };
          const isCut = page.messages[0] !== undefined && page.messages[0].offset !== this.#older.first;
          if (isCut) this.#older = undefined;
        }),
      (error: ClientError) =>
        end(() => {
          this.#collected = undefined;
          this.#error = error;
          // What was told since is there; what was before it can still be asked for.
          if (!this.#window.hasNewer) this.#window = { ...this.#window, hasOlder: true };
        }),
    );
  }

  /** As many messages of the event as are wished for, if there are so many in a few pages. */
  async #pages(before: number | undefined, count: number): Promise<Page<Item>> {
    const { facade, event } = sourceOf(this.#event);
    const messages: Item[] = [];
    let more = true;
    let at = before;
    let top = 0;
    for (let page = 0; more && messages.length < count && page < maxPageCount; page += 1) {
      const asked = at === undefined ? {} : { before: at };
      const read = await facade.room.history({ count: Math.min(pageCount, Math.max(count, 1)), ...asked });
      messages.unshift(...(read.messages.filter((message) => message.event === event) as unknown as Item[]));
      more = read.more;
      if (at === undefined) top = read.messages.at(-1)?.offset ?? 0;
      at = read.messages[0]?.offset ?? at;
    }
    return { messages, more, top, before: at };
  }

  #view(): View<Item, Input> {
    const isLoading = this.#reading !== undefined;
    const error = this.#error === undefined ? {} : { error: this.#error };
    return { ...this.#window, outgoing: this.#outbox.list, isLoading, ...error, ...this.#actions };
  }

  #tell(): void {
    this.store.set(this.#view());
  }
}
