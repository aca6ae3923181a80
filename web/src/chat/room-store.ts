/** One open room: what the client tells of it, as one immutable view that components watch. */
import type { Client, Gap } from "switchboard/client";
import type { Member, User } from "switchboard/wire";
import type { ChatGateway, ChatMention, ChatTarget } from "switchboard/chat";
import { Store } from "../store.ts";
import type { Change } from "./changes.ts";
import { type ChangeEvent, incomingOf, pageOf, type SaidEvent, toldChangeOf } from "./log-events.ts";
import { createMessageId } from "./message-id.ts";
import { RoomTyping } from "./room-typing.ts";
import { sendProblem } from "./send-problem.ts";
import * as lines from "./timeline.ts";
import type { Typist } from "./typing.ts";

/** Where the reader is: at the end of the room and looking, further up in it, or elsewhere (another room, another window). */
export type ReadingPlace = "end" | "above" | "elsewhere";

export type ChatRoom = ReturnType<Client<ChatGateway>["chat"]>;

/** How many events a room starts with, and how many a page of older ones has. */
export const pageCount = 50;

/** Older pages are loaded until so many messages are new: a page may be reactions only. */
const wantedCount = 15;
const maxPagesAtOnce = 6;

/** How many pages are loaded at most to find one message. */
const maxPagesToReveal = 40;

/** Up to so many people here, those who are away say so to newcomers. */
const maxAwayToldCount = 100;

export interface RoomView extends lines.UnreadCounts {
  readonly status: ChatRoom["status"];
  readonly timeline: lines.Timeline;
  readonly members: readonly Member[];
  /** The devices of members that nobody looks at. */
  readonly away: ReadonlySet<string>;
  readonly typists: readonly Typist[];
  /** The last offset this person has read; undefined before the room was first live. */
  readonly readOffset: number | undefined;
  /** Where the line "New" stands: what was read when the person came. */
  readonly lineOffset: number | undefined;
  /** Loading older messages, or the newest again. */
  readonly page: "idle" | "loading" | "failed";
  /** The newest message of somebody else that came live, for screen readers. */
  readonly heard: lines.IncomingMessage | undefined;
  /** The message that is being answered. */
  readonly replyTo: lines.StoredMessage | undefined;
  /** Why the last change was not done, in words. */
  readonly problem: string | undefined;
}

export interface RoomStoreOptions {
  readonly name: string;
  readonly room: ChatRoom;
  /** Who this is, once the server has said so. */
  readonly ownUser: () => User | undefined;
  readonly readOffset: number | undefined;
  /** Whether nobody looks at this page, for those who come. */
  readonly isAway: () => boolean;
  /** The status changed. */
  readonly onStatus: () => void;
  /** `readOffset` moved. */
  readonly onRead: () => void;
  /** A message was replayed or a gap told after the line came back. */
  readonly onRecovered: (what: "message" | "gap") => void;
  /** Somebody else said something just now. */
  readonly onHeard: (message: lines.IncomingMessage) => void;
}

export class RoomStore {
  /** Its full name. */
  readonly name: string;
  readonly view: Store<RoomView>;
  readonly #room: ChatRoom;
  readonly #options: RoomStoreOptions;
  readonly #typing: RoomTyping;
  readonly #aborts = new Map<string, AbortController>();
  readonly #stops: readonly (() => void)[];
  #draft = "";
  #place: ReadingPlace = "elsewhere";
  #wasLive = false;

  constructor(options: RoomStoreOptions) {
    const { name, room, readOffset } = options;
    this.name = name;
    this.#room = room;
    this.#options = options;
    this.view = new Store<RoomView>({ ...emptyView, status: room.status, readOffset, lineOffset: readOffset });
    this.#typing = new RoomTyping({
      // Never rejects; a lost one is made good by the next.
      tell: () => void this.#room.typing.send({}),
      onChange: (typists) => this.view.patch({ typists }),
    });
    const hearChange = (event: ChangeEvent): void => this.#receiveChange(event);
    this.#stops = [
      room.message.on((message) => this.#receive(message)),
      room.edit.on(hearChange),
      room.remove.on(hearChange),
      room.reaction.on(hearChange),
      room.typing.on(({ user, ttlMs }) => {
        if (user.id !== options.ownUser()?.id) this.#typing.hear(user, ttlMs);
      }),
      room.away.on(({ data, member }) => this.#setAway(member, data.isAway)),
      room.presence.on(({ joined }) => this.#updateMembers(joined)),
      room.onGap((gap) => this.#receiveGap(gap)),
      room.onStatus(() => this.#updateStatus()),
    ];
  }

  /** What is written here and not sent; outlives the room's component. */
  get draft(): string {
    return this.#draft;
  }

  setDraft(text: string): void {
    this.#draft = text;
  }

  /** Says what the next message answers, or nothing. */
  setReplyTo(message: lines.StoredMessage | undefined): void {
    this.view.patch({ replyTo: message });
  }

  /** Sends a text; its fate shows in the timeline. */
  send(text: string, mentions: readonly ChatMention[] = []): void {
    const { replyTo } = this.view.get();
    const said = { text, mentions, replyTo: replyTo === undefined ? undefined : lines.targetOf(replyTo) };
    this.setReplyTo(undefined);
    this.#typing.rest();
    this.#publish({ ...said, messageId: createMessageId(), atMs: Date.now() });
  }

  /** Sends a failed message again: as the same message, so that it is stored once whatever became of the first try. */
  retry(messageId: string): void {
    const message = this.view.get().timeline.outgoing.find((one) => one.messageId === messageId);
    if (message?.state.type !== "failed") return;
    const { needsNewId } = message.state;
    if (needsNewId) this.discard(messageId);
    this.#publish({ ...message, atMs: Date.now(), messageId: needsNewId ? createMessageId() : messageId });
  }

  /** Gives up a message that is not sent. One that is on its way may still arrive. */
  discard(messageId: string): void {
    this.#aborts.get(messageId)?.abort();
    this.#setTimeline(lines.discardOutgoing(this.view.get().timeline, messageId));
  }

  /** Changes a message: it shows at once, and is taken back with a reason if the server refuses. */
  change(change: Change): void {
    const id = createMessageId();
    this.view.patch({ problem: undefined });
    this.#setTimeline(lines.addPendingChange(this.view.get().timeline, { id, change }));
    this.#sendChange(change, id).catch((error: unknown) => {
      this.#setTimeline(lines.dropPendingChange(this.view.get().timeline, id));
      this.view.patch({ problem: sendProblem(error).problem });
    });
  }

  /** The reason was read. */
  forgetProblem(): void {
    this.view.patch({ problem: undefined });
  }

  /** The person typed: tells the others, seldom. */
  typed(): void {
    if (this.view.get().status === "live") this.#typing.press();
  }

  /** Tells the others whether somebody looks at this page. */
  tellAway(): void {
    if (this.view.get().status === "live") void this.#room.away.send({ isAway: this.#options.isAway() });
  }

  async loadOlder(): Promise<void> {
    const { timeline } = this.view.get();
    const target = timeline.entries.length + wantedCount;
    await this.#loadOlderUntil(() => this.view.get().timeline.entries.length >= target, maxPagesAtOnce);
  }

  /** Loads older messages until one is held. @returns whether it is. */
  async reveal(target: ChatTarget): Promise<boolean> {
    await this.#loadOlderUntil(() => this.#isLoaded(target.offset), maxPagesToReveal);
    return lines.findMessage(this.view.get().timeline, target) !== undefined;
  }

  /** Loads older messages until the first unread one is held. */
  async revealUnread(): Promise<void> {
    const { lineOffset } = this.view.get();
    if (lineOffset !== undefined) await this.#loadOlderUntil(() => this.#isLoaded(lineOffset), maxPagesToReveal);
  }

  /** Shows the newest messages again after older ones took their place. */
  async jumpToPresent(): Promise<void> {
    if (!this.view.get().timeline.isDetached) return;
    await this.#loadPage(this.view.get().timeline.newestOffset + 1, lines.showPresent);
  }

  /** Tells where the reader is. At the end everything is read; going elsewhere puts the line "New" where they stopped. */
  setPlace(place: ReadingPlace): void {
    if (place === this.#place) return;
    this.#place = place;
    if (place === "end") this.#markRead();
    if (place === "elsewhere") this.clearLine();
  }

  /** Takes the line "New" away from what is read. */
  clearLine(): void {
    this.view.patch({ lineOffset: this.view.get().readOffset });
  }

  /** Another tab has read so far. */
  readElsewhere(offset: number): void {
    const { readOffset, timeline } = this.view.get();
    if (readOffset === undefined || offset <= readOffset || offset > timeline.newestOffset) return;
    this.view.patch({ readOffset: offset, ...lines.countUnread(timeline, offset) });
    if (this.#place === "elsewhere") this.clearLine();
  }

  leave(): void {
    for (const stop of this.#stops) stop();
    for (const abort of this.#aborts.values()) abort.abort();
    this.#typing.close();
    this.#room.leave();
  }

  #publish(message: Omit<lines.Outgoing, "state">): void {
    const { messageId, text, mentions, replyTo } = message;
    if (this.view.get().timeline.isDetached) void this.jumpToPresent();
    this.#setTimeline(lines.addOutgoing(this.view.get().timeline, message));
    const abort = new AbortController();
    this.#aborts.set(messageId, abort);
    this.#room.message
      .send({ text, ...mentionsOf(mentions), ...(replyTo && { replyTo }) }, { id: messageId, signal: abort.signal })
      .then(() => this.#settle(messageId, { type: "sent" }))
      .catch((error: unknown) => this.#settle(messageId, { type: "failed", ...sendProblem(error) }));
  }

  #settle(messageId: string, state: lines.OutgoingState): void {
    this.#aborts.delete(messageId);
    this.#setTimeline(lines.settleOutgoing(this.view.get().timeline, messageId, state));
  }

  #sendChange(change: Change, id: string): Promise<unknown> {
    switch (change.type) {
      case "edit": {
        const { target, text, mentions } = change;
        return this.#room.edit.send({ target, text, ...mentionsOf(mentions) }, { id });
      }
      case "remove":
        return this.#room.remove.send({ target: change.target }, { id });
      case "reaction": {
        const { target, emoji, isOn } = change;
        return this.#room.reaction.send({ target, emoji, isOn }, { id });
      }
      default:
        return change satisfies never;
    }
  }

  #receive(event: SaidEvent): void {
    const message = incomingOf(event, this.#options.ownUser()?.id);
    const view = this.view.get();
    if (view.status === "replaying" && this.#wasLive) this.#options.onRecovered("message");
    this.#typing.end(message.user.id);
    const isNews = !message.isMine && view.status === "live";
    if (isNews) this.view.patch({ heard: message });
    this.#setTimeline(lines.addLive(this.view.get().timeline, message, this.#place !== "above"));
    if (view.status === "live" && this.#place === "end") this.#readAtOnce(view);
    if (isNews) this.#options.onHeard(message);
  }

  #receiveChange(event: ChangeEvent): void {
    const view = this.view.get();
    this.#setTimeline(lines.addLiveChange(view.timeline, toldChangeOf(event), event.id));
    if (view.status === "live" && this.#place === "end") this.#readAtOnce(view);
  }

  /** A message is read as it comes: the line "New" moves along, unless it stands further up. */
  #readAtOnce({ lineOffset, readOffset }: RoomView): void {
    this.#markRead();
    if (lineOffset === readOffset) this.clearLine();
  }

  #receiveGap({ from, to, reason }: Gap): void {
    if (this.view.get().timeline.entries.length > 0) this.#options.onRecovered("gap");
    this.#setTimeline(lines.addGap(this.view.get().timeline, { from, to, reason }));
    // Offsets may start again below what was read: nothing there was read yet.
    const { readOffset } = this.view.get();
    if (readOffset !== undefined && readOffset > to) this.#setRead(to);
  }

  #updateStatus(): void {
    const { status } = this.#room;
    if (status !== "live") this.#typing.keep(() => false);
    this.view.patch({ status });
    if (status === "live") this.#becomeLive();
    this.#options.onStatus();
  }

  #becomeLive(): void {
    const { readOffset, timeline } = this.view.get();
    // On the first visit all is read. A room that was read further than it goes is another one now.
    const isFirstVisit = !this.#wasLive && (readOffset === undefined || readOffset > timeline.newestOffset);
    this.#wasLive = true;
    if (isFirstVisit) this.#setRead(timeline.newestOffset);
    else if (this.#place === "end") this.#markRead();
  }

  #updateMembers(joined: readonly Member[]): void {
    const { members } = this.#room.presence;
    const devices = new Set(members.map(({ member }) => member));
    const away = new Set([...this.view.get().away].filter((member) => devices.has(member)));
    this.view.patch({ members, away });
    const userIds = new Set(members.map(({ user }) => user.id));
    this.#typing.keep((userId) => userIds.has(userId));
    if (joined.length > 0 && members.length <= maxAwayToldCount && this.#options.isAway()) this.tellAway();
  }

  #setAway(member: string | undefined, isAway: boolean): void {
    const away = new Set(this.view.get().away);
    if (member === undefined || away.has(member) === isAway) return;
    if (isAway) away.add(member);
    else away.delete(member);
    this.view.patch({ away });
  }

  #setTimeline(timeline: lines.Timeline): void {
    this.view.patch({ timeline, ...lines.countUnread(timeline, this.view.get().readOffset) });
  }

  #markRead(): void {
    const { timeline, readOffset } = this.view.get();
    if (!timeline.isDetached && readOffset !== undefined && timeline.newestOffset > readOffset) {
      this.#setRead(timeline.newestOffset);
    }
  }

  #setRead(readOffset: number): void {
    const { timeline, lineOffset } = this.view.get();
    this.view.patch({
      readOffset,
      lineOffset: Math.min(lineOffset ?? readOffset, readOffset),
      ...lines.countUnread(timeline, readOffset),
    });
    this.#options.onRead();
  }

  #isLoaded(offset: number): boolean {
    return (this.view.get().timeline.oldestOffset ?? Infinity) <= offset;
  }

  async #loadOlderUntil(isEnough: () => boolean, maxPages: number): Promise<void> {
    for (let page = 0; page < maxPages; page += 1) {
      const { timeline, page: state } = this.view.get();
      if (isEnough() || (page > 0 && state === "failed") || !timeline.hasOlder) return;
      await this.#loadPage(timeline.oldestOffset ?? timeline.newestOffset + 1, lines.addOlder);
    }
  }

  async #loadPage(
    before: number,
    place: (timeline: lines.Timeline, page: lines.LogPage) => lines.Timeline,
  ): Promise<void> {
    if (this.view.get().page === "loading") return;
    this.view.patch({ page: "loading" });
    try {
      const page = pageOf(await this.#room.history({ before, count: pageCount }), this.#options.ownUser()?.id);
      this.#setTimeline(place(this.view.get().timeline, page));
      this.view.patch({ page: "idle" });
    } catch {
      this.view.patch({ page: "failed" });
    }
  }
}

const emptyView: Omit<RoomView, "status" | "readOffset" | "lineOffset"> = {
  timeline: lines.emptyTimeline,
  members: [],
  away: new Set(),
  typists: [],
  unreadCount: 0,
  mentionCount: 0,
  page: "idle",
  heard: undefined,
  replyTo: undefined,
  problem: undefined,
};

function mentionsOf(mentions: readonly ChatMention[]): { readonly mentions?: readonly ChatMention[] } {
  return mentions.length === 0 ? {} : { mentions };
}
