import type { ChannelFacts } from "../../../gateway/index.ts";
import type { ChannelRow, TableQuery } from "./messages.ts";
import type { TableView } from "./table.ts";

/** A channel, and how busy it is. */
interface RatedChannel {
  readonly facts: ChannelFacts;
  readonly rates: Rates | undefined;
}

interface Rates {
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly deliveriesPerSecond: number;
}

/** What channels count, as rates: made while somebody looks at them. */
export class ChannelRates {
  #before: ReadonlyMap<string, ChannelFacts> = new Map();
  #beforeMs = 0;
  #channels: readonly RatedChannel[] = [];

  /** The channels as they were last looked at. */
  get channels(): readonly RatedChannel[] {
    return this.#channels;
  }

  look(all: Iterable<ChannelFacts>, nowMs: number): void {
    const seconds = (nowMs - this.#beforeMs) / 1_000;
    const facts = [...all];
    this.#channels = facts.map((now) => ({ facts: now, rates: ratesOf(this.#before.get(now.name), now, seconds) }));
    this.#before = new Map(facts.map((one) => [one.name, one]));
    this.#beforeMs = nowMs;
  }

  /** Nobody looks any more: what was counted says nothing of the next second that somebody does. */
  forget(): void {
    this.#before = new Map();
    this.#channels = [];
  }
}

function ratesOf(before: ChannelFacts | undefined, now: ChannelFacts, seconds: number): Rates | undefined {
  // One that was released and opened anew in between counts from nothing.
  if (before === undefined || now.eventCount < before.eventCount || now.toldCount < before.toldCount) return undefined;
  const rate = (later: number, earlier: number): number => Math.round(((later - earlier) / seconds) * 10) / 10;
  return {
    eventsPerSecond: rate(now.eventCount, before.eventCount),
    bytesPerSecond: Math.round(rate(now.eventChars, before.eventChars)),
    deliveriesPerSecond: rate(now.deliveredCount + now.toldCount, before.deliveredCount + before.toldCount),
  };
}

/** The channels of a gateway, as a table. */
export function channelView(items: readonly RatedChannel[]): TableView<"channels", RatedChannel> {
  return {
    name: "channels",
    items,
    natural: undefined,
    row: rowOf,
    key: ({ facts, rates }, column) => keyOf(facts, rates, column),
    isBusy: ({ facts }) => facts.subscriberCount > 0,
    text: ({ facts }) => facts.name,
  };
}

function rowOf({ facts, rates }: RatedChannel): ChannelRow {
  const { name, position, subscriberCount } = facts;
  return {
    id: name,
    subscriberCount,
    ...(position !== undefined && { offset: position.offset, epoch: position.epoch }),
    ...rates,
  };
}

function keyOf(
  { name, position, subscriberCount }: ChannelFacts,
  rates: Rates | undefined,
  column: TableQuery<"channels">["sort"],
): number | string {
  switch (column) {
    case "name":
      return name;
    case "subscriberCount":
      return subscriberCount;
    case "offset":
      return position?.offset ?? -1;
    case "epoch":
      return position?.epoch ?? "";
    default:
      return rates?.[column] ?? 0;
  }
}
