import type { HistoryEvent } from "../history/event.ts";

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** Adds an event to the history, with its time. */
export type RecordEvent = (event: DistributiveOmit<HistoryEvent, "atMs">) => void;

export interface WitnessOptions {
  readonly client: string;
  readonly record: RecordEvent;
}

/** Where one client is in each channel, and what it was promised: what all recorded clients have in common. */
export class Witness {
  readonly client: string;
  readonly record: RecordEvent;
  /** Who waits for a place in a channel. */
  readonly #waiting = new Set<{ readonly channel: string; readonly offset: number; readonly go: () => void }>();
  readonly #seen = new Map<string, number>();
  readonly #acknowledged = new Map<string, number>();

  constructor({ client, record }: WitnessOptions) {
    this.client = client;
    this.record = record;
  }

  /** The highest offset at which something of this client is stored; 0 if nothing is. */
  highestAck(channel: string): number {
    return this.#acknowledged.get(channel) ?? 0;
  }

  acknowledged(channel: string, offset: number): void {
    this.#acknowledged.set(channel, Math.max(this.highestAck(channel), offset));
  }

  /** It was delivered, or told to be gone. */
  saw(channel: string, offset: number): void {
    this.#seen.set(channel, offset);
    for (const one of this.#waiting) if (one.channel === channel && one.offset <= offset) one.go();
  }

  /** Waits until the client has seen the channel up to this offset, or has been given enough time. */
  async settle(channel: string, offset: number, withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const one = { channel, offset, go };
      const enough = setTimeout(go, withinMs);
      function go(): void {
        clearTimeout(enough);
        resolve();
      }
      this.#waiting.add(one);
      if ((this.#seen.get(channel) ?? 0) >= offset) go();
    });
    this.record({ type: "quiet", client: this.client, channel });
  }
}
