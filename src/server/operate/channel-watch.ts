import { decodeBroadcast, deliveryOf, type Entry } from "../../gateway/index.ts";

/** Called with what subscribers of a channel are sent, as text of the wire. */
type Watcher = (text: string) => void;

/** Lets others see what goes through a channel at this node. What nobody watches costs one look at an empty map. */
export class ChannelWatch {
  readonly #watchers = new Map<string, Set<Watcher>>();

  /** @returns how to stop. */
  watch(channel: string, watcher: Watcher): () => void {
    const watchers = this.#watchers.get(channel) ?? new Set();
    this.#watchers.set(channel, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(channel);
    };
  }

  appended(channel: string, entry: Entry): void {
    if (this.#watchers.size === 0) return;
    const watchers = this.#watchers.get(channel);
    if (watchers !== undefined) tell(watchers, deliveryOf(channel, entry).text);
  }

  broadcasted(channel: string, payload: string): void {
    if (this.#watchers.size === 0) return;
    const watchers = this.#watchers.get(channel);
    if (watchers === undefined) return;
    const { presence, text } = decodeBroadcast(payload);
    // Who is there is told to subscribers by each node in its own words.
    if (presence === undefined) tell(watchers, text);
  }
}

function tell(watchers: ReadonlySet<Watcher>, text: string): void {
  for (const watcher of watchers) watcher(text);
}
