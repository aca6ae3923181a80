import { encodeServerMessage, type Member, type Position, type Start, type WireError } from "../wire/index.ts";
import type { ChannelCounts, ChannelFacts } from "./channel-facts.ts";
import type { Counters } from "./counters.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { Route } from "./directory.ts";
import type { Failed } from "./effects.ts";
import { type LatestFeed, latestFeedsOf, type LatestValue } from "./latest.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Listener } from "./listener.ts";
import { LogReader } from "./log-reader.ts";
import type { Outbox } from "./outbox.ts";
import { deliveryOf, type Page, type PageLimits, pageOf } from "./page.ts";
import type { Placed, Placement } from "./placement.ts";
import type { Entry } from "./ports.ts";
import type { Attendance } from "./presence.ts";
import { PresenceFeed } from "./presence-feed.ts";
import { type ReplayPages, ReplayShelf } from "./replay-pages.ts";
import type { Delivery } from "./ring.ts";
import type { Subscriber } from "./subscriber.ts";
import { type Absorbed, Subscription } from "./subscription.ts";

type ReadAnswer = { readonly type: "page"; readonly page: Page } | Failed;

export interface ChannelTools {
  readonly outbox: Outbox;
  readonly deadlines: Deadlines;
  readonly limits: GatewayLimits;
  readonly counters: Counters;
  readonly pages: ReplayPages;
  /** This node's name, if there may be others. */
  readonly node?: string | undefined;
  /** Called when nobody needs the channel any more. */
  readonly release: (channel: Channel) => void;
}

const aPlace: PageLimits = { maxCount: 1, maxBytes: 1 };

/** One channel on this node: its one reader of the log, its subscribers, and who is there. */
export class Channel {
  readonly route: Route;
  readonly #tools: ChannelTools;
  readonly #reader: LogReader;
  readonly #shelf: ReplayShelf;
  readonly presence: PresenceFeed | undefined;
  readonly #listeners = new Map<number, Listener>();
  /** The connections of all listeners, in their order; made when it is first needed, and shared by what goes to all of them. */
  #everybody: readonly number[] | undefined;
  /** Who waits for which read. */
  readonly #reads = new Map<string, ((answer: ReadAnswer) => void)[]>();
  /** By the names of the channel's `latest` events. */
  readonly #feeds: ReadonlyMap<string, LatestFeed<Listener>>;
  /** What is to be broadcast once the channel is joined. */
  readonly #unannounced: string[] = [];
  readonly #counts: ChannelCounts = { eventCount: 0, eventChars: 0, deliveredCount: 0, toldCount: 0 };
  #isJoined = false;
  #release: Deadline | undefined;

  constructor(route: Route, tools: ChannelTools) {
    const { limits } = tools;
    this.route = route;
    this.#tools = tools;
    this.#shelf = new ReplayShelf(tools.pages, limits);
    this.#reader = new LogReader({
      page: { maxCount: limits.maxPageCount, maxBytes: limits.maxPageBytes },
      ring: { maxCount: limits.maxRingCount, maxBytes: limits.maxRingBytes },
    });
    this.presence = route.settings.presence
      ? new PresenceFeed({
          ...tools,
          channel: route.name,
          tell: (text) => this.#tell(text),
          announce: (payload) => this.announce(payload),
          changed: () => this.#releaseIfIdle(),
        })
      : undefined;
    this.#feeds = latestFeedsOf(route, limits);
    tools.outbox.ask("join", { channel: route.name }, (result) => {
      if (result.type === "failed") {
        this.#failUnplaced(result.error);
        return tools.release(this);
      }
      this.#isJoined = true;
      this.presence?.ask();
      for (const payload of this.#unannounced.splice(0)) this.announce(payload);
      this.#drive();
    });
  }

  get subscriberCount(): number {
    return this.#listeners.size;
  }

  get facts(): ChannelFacts {
    const position = this.#reader.isReady ? this.#reader.position : undefined;
    return { name: this.route.name, subscriberCount: this.#listeners.size, position, ...this.#counts };
  }

  /** Adds a subscription. Nothing is sent for it before `follow`. */
  subscribe(subscriber: Subscriber, start: Start, placed: (placed: Placed) => void): void {
    this.#tools.deadlines.cancel(this.#release);
    const listener: Listener = {
      subscriber,
      subscription: new Subscription(start),
      placed,
      member: undefined,
      isFollowing: false,
      isReading: false,
    };
    this.#listeners.set(subscriber.connection, listener);
    this.#everybody = undefined;
    this.#drive();
    this.#serve(listener);
  }

  /** @param isGoodbye - whether the device left on purpose and not because its line was cut. */
  unsubscribe(connection: number, isGoodbye: boolean): void {
    const listener = this.#listeners.get(connection);
    if (listener === undefined) return;
    this.#drop(listener, this.#endedError());
    if (listener.member !== undefined) this.presence?.leave(listener.member, isGoodbye);
  }

  /** The subscriber may be sent entries again. */
  drained(connection: number): void {
    const listener = this.#listeners.get(connection);
    if (listener === undefined) return;
    this.#catchUp(listener);
    this.#serve(listener);
  }

  /** Who is there; nobody, where the channel does not tell. */
  get attendance(): Attendance {
    return this.presence?.attendance ?? { members: [] };
  }

  /** A hint of the store. */
  receive(epoch: string, entry: Entry): void {
    const delivery = deliveryOf(this.route.name, entry);
    if (this.#reader.receive(epoch, delivery)) this.#fanOut(delivery);
    this.#drive();
  }

  /** Looks for what the store may have forgotten to tell; there is nothing, if the log was seen to end where this node is by now. */
  probe(top?: Position): void {
    this.#reader.probe(top);
    this.#drive();
  }

  /** How far the log is known, for the store to compare; if it is not, it is read now. Whose own read failed before tries again. */
  look(): Position | undefined {
    const { isReady, position } = this.#reader;
    if (!isReady) {
      this.probe();
      return undefined;
    }
    for (const listener of this.#listeners.values()) if (!listener.subscription.isAt(position)) this.#serve(listener);
    return position;
  }

  /** Sends an ephemeral event to everybody here but its sender. Those whose queue is full go without. */
  broadcast(text: string, sender: number | undefined): void {
    const others = [...this.#listeners.values()].filter(
      ({ isFollowing, subscriber }) => isFollowing && subscriber.connection !== sender,
    );
    const ready = others.filter(({ subscriber }) => subscriber.isFlowing);
    this.#tools.counters.droppedEphemeralCount += others.length - ready.length;
    this.#counts.toldCount += ready.length;
    this.#send(ready, text);
  }

  // ---- what is not stored

  /** Tells every node, this one too. What comes before the store tells this one waits, the newest of it. */
  announce(payload: string): void {
    const { limits, outbox } = this.#tools;
    if (this.#isJoined) outbox.push({ type: "broadcast", channel: this.route.name, payload });
    else if (this.#unannounced.push(payload) > limits.maxLatestCount) this.#unannounced.shift();
    this.#releaseIfIdle();
  }

  /** Takes the newest value of a key of a `latest` event. */
  renew(event: string, value: LatestValue): void {
    const feed = this.#feeds.get(event);
    if (feed === undefined) return; // A node of the next version has an event that this one has not.
    const isArmed = feed.dueMs < Infinity;
    feed.renew(value);
    if (!isArmed) this.#tools.deadlines.at(feed.dueMs, (nowMs) => this.#flush(feed, nowMs));
    this.#releaseIfIdle();
  }

  #flush(feed: LatestFeed<Listener>, nowMs: number): void {
    const ready = [...this.#listeners.values()].filter((listener) => this.#isReady(listener));
    for (const { text, to } of feed.flush(ready, nowMs)) {
      this.#counts.toldCount += to.length;
      this.#send(to, text);
    }
  }

  /** Sends the values that a subscriber did not get when the others got them. */
  #catchUp(listener: Listener): void {
    for (const feed of this.#feeds.values()) {
      const text = this.#isReady(listener) ? feed.catchUp(listener) : undefined;
      if (text === undefined) continue;
      listener.subscriber.sendText(text);
      listener.subscriber.spend(text.length);
    }
  }

  #isReady({ isFollowing, subscriber }: Listener): boolean {
    return isFollowing && subscriber.isFlowing;
  }

  // ---- the log

  /** Makes the read the reader wants, and all that follow from it. */
  #drive(): void {
    // What was kept is of a log that may have become another one.
    if (!this.#reader.isReady) this.#shelf.renew();
    const wanted = this.#isJoined ? this.#reader.want() : undefined;
    if (wanted === undefined) return;
    this.#read(wanted.after, wanted, (answer) => {
      if (answer.type === "failed") {
        this.#reader.abandon();
        return this.#failUnplaced(answer.error);
      }
      for (const delivery of this.#reader.absorb(answer.page)) this.#fanOut(delivery);
      this.#drive();
      for (const listener of this.#listeners.values()) this.#serve(listener);
    });
  }

  /** One read of the store for all who want the same. */
  #read(after: number, { maxBytes, maxCount }: PageLimits, then: (answer: ReadAnswer) => void): void {
    const key = `${after} ${maxCount} ${maxBytes}`;
    const waiting = this.#reads.get(key);
    if (waiting !== undefined) return void waiting.push(then);
    const all = [then];
    this.#reads.set(key, all);
    const channel = this.route.name;
    this.#tools.outbox.ask("read", { read: { channel, after, maxCount, maxBytes } }, (answer) => {
      this.#reads.delete(key);
      const read: ReadAnswer =
        answer.type === "failed" ? answer : { type: "page", page: pageOf(channel, answer.result) };
      for (const one of all) one(read);
    });
  }

  #fanOut(delivery: Delivery): void {
    const { epoch } = this.#reader.position;
    this.#counts.eventCount += 1;
    this.#counts.eventChars += delivery.text.length;
    const everybody = (this.#everybody ??= [...this.#listeners.keys()]);
    let some: number[] | undefined; // those before the first who is left out, and whoever is not
    let index = 0;
    for (const { isFollowing, isReading, subscriber, subscription } of this.#listeners.values()) {
      if (isFollowing && !isReading && subscriber.isFlowing && subscription.isNext(epoch, delivery)) {
        subscription.advance(delivery);
        subscriber.lastSentMs = this.#tools.outbox.nowMs;
        some?.push(subscriber.connection);
      } else some ??= everybody.slice(0, index);
      index += 1;
    }
    const to = some ?? everybody;
    this.#counts.deliveredCount += to.length;
    this.#tools.counters.deliveredCount += to.length;
    if (to.length > 0) this.#tools.outbox.push({ type: "send", to, text: delivery.text });
  }

  #send(to: readonly Listener[], text: string): void {
    if (to.length === 0) return;
    for (const { subscriber } of to) subscriber.lastSentMs = this.#tools.outbox.nowMs;
    this.#tools.outbox.push({ type: "send", to: to.map(({ subscriber }) => subscriber.connection), text });
  }

  // ---- one subscription

  /** Brings a subscription as far as can be done without waiting: to its start, or, once answered, along the log. */
  #serve(listener: Listener): void {
    const { subscription } = listener;
    while (this.#reader.isReady && this.#isServable(listener)) {
      subscription.place(this.#reader.position);
      const { after } = subscription;
      const limits = listener.placed === undefined ? this.#shelf.limitsBehind(after) : aPlace;
      const page = this.#reader.read(after, limits) ?? this.#shelf.find(after, this.#reader.position);
      if (page === undefined) return this.#readFor(listener, limits);
      if (!this.#advance(listener, page)) return;
    }
  }

  #isServable(listener: Listener): boolean {
    const { isFollowing, isReading, placed, subscriber } = listener;
    return this.#isHere(listener) && !isReading && (placed !== undefined || (isFollowing && subscriber.isFlowing));
  }

  /** The ring does not reach back to this subscriber, or not yet up to it: the store does. */
  #readFor(listener: Listener, limits: PageLimits): void {
    const { after } = listener.subscription;
    listener.isReading = true;
    this.#read(after, limits, (answer) => {
      listener.isReading = false;
      if (!this.#isHere(listener)) return;
      if (answer.type === "failed") {
        if (listener.placed !== undefined) this.#drop(listener, answer.error);
        return;
      }
      if (limits !== aPlace) this.#shelf.keep(after, answer.page, this.#reader);
      this.#reader.hint(answer.page.top.offset);
      this.#drive();
      // While the page was on its way the subscriber's queue may have filled up: then it is read again later.
      if (this.#isServable(listener) && this.#advance(listener, answer.page)) this.#serve(listener);
    });
  }

  /** Takes a page. @returns whether another one is needed now. */
  #advance(listener: Listener, page: Page): boolean {
    const { placed, subscription } = listener;
    const absorbed = subscription.absorb(page, (position) => this.#reader.findFork(position));
    if (absorbed === undefined) return true;
    if (placed === undefined) {
      this.#sendPage(listener, absorbed);
      return absorbed.deliveries.length > 0;
    }
    listener.placed = undefined;
    placed(this.#placementOf(listener, absorbed.position, page.top));
    return false;
  }

  #placementOf(listener: Listener, position: Position, top: Position): Placement {
    const { epoch, offset } = this.#reader.position;
    return {
      type: "placed",
      position,
      // A log that has become another one may be seen by this read first: how far the old one reached says nothing of it.
      top: epoch === top.epoch ? Math.max(top.offset, offset) : top.offset,
      ended: () => (this.#isHere(listener) ? undefined : this.#endedError()),
      enter: (member) => this.#enter(listener, member),
      follow: () => {
        listener.isFollowing = this.#isHere(listener);
        this.#catchUp(listener);
        this.#serve(listener);
      },
    };
  }

  #enter(listener: Listener, member: Member): Attendance | undefined {
    if (this.presence === undefined) return undefined;
    listener.member = member.member;
    return this.presence.enter(member);
  }

  #endedError(): WireError {
    const message = `Cannot subscribe to "${this.route.name}": a later request ended the subscription`;
    return { code: "NOT_SUBSCRIBED", message };
  }

  #isHere(listener: Listener): boolean {
    return this.#listeners.get(listener.subscriber.connection) === listener;
  }

  #sendPage({ subscriber, subscription }: Listener, { deliveries, position }: Absorbed): void {
    const gap = subscription.takeGap(position);
    if (gap !== undefined) {
      this.#tools.counters.gapCounts[gap.reason] += 1;
      subscriber.sendText(encodeServerMessage({ type: "gap", channel: this.route.name, ...gap }));
    }
    const last = deliveries.at(-1);
    if (last === undefined) return;
    subscriber.sendReplay(deliveries);
    this.#counts.deliveredCount += deliveries.length;
    this.#tools.counters.replayedCount += deliveries.length;
    subscription.advance(last);
    subscriber.spend(deliveries.reduce((sum, { text }) => sum + text.length, 0));
  }

  #drop(listener: Listener, error: WireError): void {
    this.#listeners.delete(listener.subscriber.connection);
    this.#everybody = undefined;
    this.#releaseIfIdle();
    listener.placed?.({ type: "failed", error });
  }

  #failUnplaced(error: WireError): void {
    for (const listener of this.#listeners.values()) if (listener.placed !== undefined) this.#drop(listener, error);
  }

  /** Sends to all who follow, whatever their queues. */
  #tell(text: string): void {
    const following = [...this.#listeners.values()].filter(({ isFollowing }) => isFollowing);
    this.#send(following, text);
  }

  #releaseIfIdle(): void {
    if (this.#listeners.size > 0 || this.presence?.isEmpty === false) return;
    const { deadlines, limits, outbox, release } = this.#tools;
    const isHolding = [...this.#feeds.values()].some(({ isEmpty }) => !isEmpty);
    const lingerMs = isHolding ? Math.max(limits.latestLingerMs, limits.channelLingerMs) : limits.channelLingerMs;
    deadlines.cancel(this.#release);
    this.#release = deadlines.at(outbox.nowMs + lingerMs, () => release(this));
  }
}
