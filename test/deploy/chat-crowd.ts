import { setInterval as everyMs } from "node:timers/promises";
import type { ChatGateway } from "switchboard/chat";
import { type Client, connect, type WebSocketConstructor } from "switchboard/client";

type ChatRoom = Client<ChatGateway>["chat"] extends (...args: never[]) => infer Result ? Result : never;

interface Member {
  readonly client: Client<ChatGateway>;
  readonly room: ChatRoom;
  /** The offsets it was told, as they came. */
  readonly heard: number[];
  lineCount: number;
}

/** What a crowd saw, beside what it should have seen. */
export interface Seen {
  readonly acknowledgedCount: number;
  readonly lostCount: number;
  readonly doubledCount: number;
  readonly reorderedCount: number;
  readonly gapCount: number;
  readonly reconnectCount: number;
  /** From a message that was sent to the next one's acknowledgement, the longest. */
  readonly longestMs: number;
}

export interface CrowdOptions {
  readonly WebSocket: WebSocketConstructor;
  readonly url: string;
  readonly room: string;
  readonly count: number;
}

let deviceCount = 0;

/** People in one room, who write and read all the time. They are the library's clients, and come back by themselves. */
export class ChatCrowd {
  readonly #members: readonly Member[];
  readonly #acknowledged = new Set<number>();
  #gapCount = 0;
  #longestMs = 0;

  constructor({ count, room, url, ...options }: CrowdOptions) {
    this.#members = Array.from({ length: count }, () => {
      const device = (++deviceCount).toString(16).padStart(32, "0");
      const client = connect<ChatGateway>(url, { ...options, device, backoff: { minMs: 50, maxMs: 500 } });
      const member: Member = { client, room: client.chat({ room }), heard: [], lineCount: 0 };
      client.onState(({ state }) => void (member.lineCount += state === "open" ? 1 : 0));
      member.room.message.on(({ offset }) => void member.heard.push(offset));
      member.room.onGap(() => void (this.#gapCount += 1));
      return member;
    });
  }

  /** Resolves when everybody is in the room. */
  async open(): Promise<void> {
    await Promise.all(this.#members.map(({ room }) => live(room)));
  }

  /** Everybody writes, 40 times a second in all, until the signal: a channel takes 50. Resolves when the fate of every message is known. */
  async chat(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#members.map((member) => this.#write(member, signal)));
  }

  /** Resolves when everybody has the last message, or after a while. */
  async settle(withinMs: number): Promise<void> {
    const top = Math.max(...this.#acknowledged);
    for await (const _ of everyMs(20)) {
      withinMs -= 20;
      if (withinMs <= 0 || this.#members.every(({ heard }) => heard.includes(top))) return;
    }
  }

  get seen(): Seen {
    const count = (of: (heard: readonly number[]) => number): number =>
      this.#members.reduce((sum, { heard }) => sum + of(heard), 0);
    return {
      acknowledgedCount: this.#acknowledged.size,
      lostCount: count((heard) => [...this.#acknowledged].filter((offset) => !heard.includes(offset)).length),
      doubledCount: count((heard) => heard.length - new Set(heard).size),
      reorderedCount: count((heard) => heard.filter((offset, index) => offset < (heard[index - 1] ?? 0)).length),
      gapCount: this.#gapCount,
      reconnectCount: this.#members.reduce((sum, { lineCount }) => sum + lineCount - 1, 0),
      longestMs: this.#longestMs,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ client }) => client.close()));
  }

  async #write({ room }: Member, signal: AbortSignal): Promise<void> {
    const sent: Promise<void>[] = [];
    for await (const _ of everyMs(25 * this.#members.length)) {
      if (signal.aborted) break;
      const sentMs = performance.now();
      sent.push(
        room.message.send({ text: `message ${sent.length}` }).then(({ offset }) => {
          this.#acknowledged.add(offset);
          this.#longestMs = Math.max(this.#longestMs, performance.now() - sentMs);
        }),
      );
    }
    await Promise.all(sent);
  }
}

function live(room: ChatRoom): Promise<void> {
  return new Promise((resolve) => {
    if (room.status === "live") resolve();
    room.onStatus(({ status }) => status === "live" && resolve());
  });
}
