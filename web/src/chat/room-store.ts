/** One open room: what the client tells of it, as one immutable view that components watch. */
import type { Client, Gap, Message } from "switchboard/client";
import type { Member, User } from "switchboard/wire";
import type { ChatGateway, ChatMessage } from "switchboard/chat";
import { sendProblem } from "./send-problem.ts";
import { Store } from "../store.ts";
import * as lines from "./timeline.ts";
import * as typing from "./typing.ts";

/** Where the reader is: at the end of the room and looking, further up in it, or elsewhere (another room, another window). */
export type ReadingPlace = "end" | "above" | "elsewhere";

export type ChatRoom = ReturnType<Client<ChatGateway>["chat"]>;

/** How many messages a room starts with, and how many a page of older ones has. */
export const pageCount = 50;

export interface RoomView {
  readonly status: ChatRoom["status"];
  readonly timeline: lines.Timeline;
  readonly members: readonly Member[];
  readonly typists: readonly typing.Typist[];
  /** The last offset this person has read; undefined before the room was first live. */
  readonly readOffset: number | undefined;
  readonly unreadCount: number;
  /** Where the line "New" stands: what was read when the person came. */
  readonly lineOffset: number | undefined;
  /** Loading older messages, or the newest again. */
  readonly page: "idle" | "loading" | "failed";
  /** The newest message of somebody else that came live, for screen readers. */
  readonly heard: Message<ChatMessage> | undefined;
}

export interface RoomStoreOptions {
  readonly name: string;
  readonly room: ChatRoom;
  /** Who this is, once the server has said so. */
  readonly ownUser: () => User | undefined;
  readonly readOffset: number | undefined;
  /** The status changed. */
  readonly onStatus: () => void;
  /** `readOffset` moved. */
  readonly onRead: () => void;
  /** A message was replayed or a gap told after the line came back. */
  readonly onRecovered: (what: "message" | "gap") => void;
}

export class RoomStore {
  readonly name: string;
  readonly view: Store<RoomView>;
  readonly #room: ChatRoom;
  readonly #options: RoomStoreOptions;
  readonly #aborts = new Map<string, AbortController>();
  readonly #stops: readonly (() => void)[];
  #draft = "";
  #place: ReadingPlace = "elsewhere";
  #wasLive = false;
  #typingToldMs: number | undefined;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RoomStoreOptions) {
    const { name, room } = options;
    this.name = name;
    this.#room = room;
    this.#options = options;
    this.view = new Store<RoomView>({
      status: room.status,
      timeline: lines.emptyTimeline,
      members: room.presence.members,
      typists: [],
      readOffset: options.readOffset,
      unreadCount: 0,
      lineOffset: options.readOffset,
      page: "idle",
      heard: undefined,
    });
    this.#stops = [
      room.message.on((message) => this.#receive(message)),
      room.typing.on(({ user, ttlMs }) => this.#hearTyping(user, ttlMs)),
      room.presence.on(() => this.#updateMembers()),
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

  /** Sends a text; its fate shows in the timeline. */
  send(text: string): void {
    const messageId = createMessageId();
    this.#publish({ messageId, text, atMs: Date.now() });
    this.#setTypists(this.view.get().typists);
    this.#typingToldMs = undefined;
  }

  /** Sends a failed message again: as the same message, so that it is stored once whatever became of the first try. */
  retry(messageId: string): void {
    const message = this.view.get().timeline.outgoing.find((one) => one.messageId === messageId);
    if (message?.state.type !== "failed") return;
    if (!message.state.needsNewId) return this.#publish({ ...message, atMs: Date.now() });
    this.discard(messageId);
    this.send(message.text);
  }

  /** Gives up a message that is not sent. One that is on its way may still arrive. */
  discard(messageId: string): void {
    this.#aborts.get(messageId)?.abort();
    this.#setTimeline(lines.discardOutgoing(this.view.get().timeline, messageId));
  }

  /** The person typed: tells the others, seldom. */
  typed(): void {
    const nowMs = Date.now();
    if (this.view.get().status !== "live" || !typing.isTypingDue(this.#typingToldMs, nowMs)) return;
    this.#typingToldMs = nowMs;
    void this.#room.typing.send({}); // Never rejects; a lost one is made good by the next.
  }

  async loadOlder(): Promise<void> {
    const { timeline } = this.view.get();
    const before = lines.firstOffset(timeline) ?? timeline.newestOffset + 1;
    await this.#loadPage(before, lines.addOlder);
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
    if (place === "elsewhere") this.view.patch({ lineOffset: this.view.get().readOffset });
  }

  leave(): void {
    for (const stop of this.#stops) stop();
    for (const abort of this.#aborts.values()) abort.abort();
    clearTimeout(this.#typingTimer);
    this.#room.leave();
  }

  #publish(message: Omit<lines.Outgoing, "state">): void {
    const { messageId, text } = message;
    if (this.view.get().timeline.isDetached) void this.jumpToPresent();
    this.#setTimeline(lines.addOutgoing(this.view.get().timeline, message));
    const abort = new AbortController();
    this.#aborts.set(messageId, abort);
    this.#room.message
      .send({ text }, { id: messageId, signal: abort.signal })
      .then(() => this.#settle(messageId, { type: "sent" }))
      .catch((error: unknown) => this.#settle(messageId, { type: "failed", ...sendProblem(error) }));
  }

  #settle(messageId: string, state: lines.OutgoingState): void {
    this.#aborts.delete(messageId);
    this.#setTimeline(lines.settleOutgoing(this.view.get().timeline, messageId, state));
  }

  #receive(message: Message<ChatMessage>): void {
    const { user, isMine } = message;
    const view = this.view.get();
    if (view.status === "replaying" && this.#wasLive) this.#options.onRecovered("message");
    this.#setTypists(typing.removeTypist(view.typists, user.id));
    if (!isMine && view.status === "live") this.view.patch({ heard: message });
    this.#setTimeline(lines.addLive(this.view.get().timeline, incomingOf(message), this.#place !== "above"));
    if (view.status === "live" && this.#place === "end") this.#readAtOnce(view);
  }

  /** A message is read as it comes: the line "New" moves along, unless it stands further up. */
  #readAtOnce({ lineOffset, readOffset }: RoomView): void {
    this.#markRead();
    if (lineOffset === readOffset) this.view.patch({ lineOffset: this.view.get().readOffset });
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
    if (status !== "live") this.#setTypists([]);
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

  #updateMembers(): void {
    const { members } = this.#room.presence;
    const isHere = (userId: string): boolean => members.some(({ user }) => user.id === userId);
    this.view.patch({ members });
    this.#setTypists(this.view.get().typists.filter(({ user }) => isHere(user.id)));
  }

  #hearTyping(user: User, ttlMs: number): void {
    if (user.id === this.#options.ownUser()?.id) return;
    this.#setTypists(typing.addTypist(this.view.get().typists, user, Date.now() + ttlMs));
  }

  #setTypists(typists: readonly typing.Typist[]): void {
    const nowMs = Date.now();
    const current = typing.expireTypists(typists, nowMs);
    if (current !== this.view.get().typists) this.view.patch({ typists: current });
    clearTimeout(this.#typingTimer);
    const nextMs = typing.nextExpiryMs(current);
    if (nextMs === undefined) return;
    this.#typingTimer = setTimeout(() => this.#setTypists(this.view.get().typists), nextMs - nowMs);
  }

  #setTimeline(timeline: lines.Timeline): void {
    this.view.patch({ timeline, unreadCount: this.#countUnread(timeline, this.view.get().readOffset) });
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
      unreadCount: this.#countUnread(timeline, readOffset),
    });
    this.#options.onRead();
  }

  #countUnread(timeline: lines.Timeline, readOffset: number | undefined): number {
    return readOffset === undefined ? 0 : lines.countUnread(timeline, readOffset);
  }

  async #loadPage(
    before: number,
    place: (timeline: lines.Timeline, page: readonly lines.IncomingMessage[], hasOlder: boolean) => lines.Timeline,
  ): Promise<void> {
    if (this.view.get().page === "loading") return;
    this.view.patch({ page: "loading" });
    try {
      const { messages, more } = await this.#room.history({ before, count: pageCount });
      this.#setTimeline(
        place(
          this.view.get().timeline,
          messages.flatMap((one) => (one.event === "message" ? [incomingOf(one)] : [])),
          more,
        ),
      );
      this.view.patch({ page: "idle" });
    } catch {
      this.view.patch({ page: "failed" });
    }
  }
}

function incomingOf({ id, user, isMine, data, offset, atMs }: Message<ChatMessage>): lines.IncomingMessage {
  return { messageId: id, user, isMine, text: data.text, offset, atMs };
}

/** 128 random bits: unique for this person in this room, as the gateway wants it. */
function createMessageId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
