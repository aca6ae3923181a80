import { Channel, type ChannelTools } from "./channel.ts";
import type { Counters } from "./counters.ts";
import type { Route } from "./directory.ts";
import { ReplayPages } from "./replay-pages.ts";
import { Rounds } from "./rounds.ts";

/** The channels this node has joined. */
export class ChannelTable {
  readonly counters: Counters = {
    deliveredCount: 0,
    replayedCount: 0,
    gapCounts: { trimmed: 0, truncated: 0, epoch: 0 },
    droppedEphemeralCount: 0,
  };
  readonly #channels = new Map<string, Channel>();
  readonly #tools: ChannelTools;
  readonly #rounds: Rounds;

  constructor(tools: Omit<ChannelTools, "release" | "counters" | "pages">) {
    const pages = new ReplayPages(tools.limits.maxReplayCacheBytes);
    this.#tools = { ...tools, pages, counters: this.counters, release: (channel) => this.#release(channel) };
    this.#rounds = new Rounds({ ...tools, channels: this.#channels });
  }

  get count(): number {
    return this.#channels.size;
  }

  all(): Iterable<Channel> {
    return this.#channels.values();
  }

  find(name: string): Channel | undefined {
    return this.#channels.get(name);
  }

  /** The channel, joined now if it was not. */
  open(route: Route): Channel {
    const open = this.#channels.get(route.name);
    if (open !== undefined) return open;
    const channel = new Channel(route, this.#tools);
    this.#channels.set(route.name, channel);
    this.#rounds.add(channel);
    return channel;
  }

  #release(channel: Channel): void {
    // A channel that could not be joined is given up at once, and may have a successor when its own time comes.
    if (this.#channels.get(channel.route.name) !== channel) return;
    this.#channels.delete(channel.route.name);
    this.#rounds.delete(channel);
    this.#tools.outbox.push({ type: "leave", channel: channel.route.name });
  }
}
