/** A gateway on a bench, for its channels. */
import { Directory, type Route } from "../src/gateway/directory.ts";
import { benchChannels, GatewayBench, type GatewayBenchOptions } from "../src/testing/gateway-bench.ts";
import type { Position, ServerMessage, Start } from "../src/wire/index.ts";

export function routeTo(name: string): Route {
  const found = new Directory(benchChannels).find(name);
  if (found.type === "error") throw new Error(found.error.message);
  return found.value;
}

export const epoch = "0000000000000001";
export const live = { from: "live" } as const;
export const at = (offset: number, tag = offset): Position => ({ epoch, offset, tag });
export const from = (position: Position): Start => ({ from: "position", position });

/** A bench with so many entries in "news", and these connections subscribed to it. */
export function benchWith({
  connections = [1],
  count = 0,
  start = live as Start,
  ...options
}: GatewayBenchOptions & {
  readonly connections?: readonly number[];
  readonly count?: number;
  readonly start?: Start;
} = {}): GatewayBench {
  const bench = new GatewayBench(options);
  append(bench, count);
  for (const connection of connections) subscribe(bench, connection, start);
  return bench;
}

export function subscribe(bench: GatewayBench, connection: number, start: Start, channel = "news"): void {
  bench.join(connection);
  bench.send(connection, { type: "subscribe", channel, start });
}

export function append(bench: GatewayBench, count: number): void {
  const { offset, tag } = bench.log("news").top;
  for (let index = 1; index <= count; index += 1) bench.append("news", `m${offset + index}-${tag}`);
}

/** What a connection was sent of the log, in short: offsets, and gaps as "from>to reason". */
export function story(messages: readonly ServerMessage[]): (number | string)[] {
  return messages.flatMap((message): (number | string)[] => {
    if (message.type === "event") return [message.offset];
    if (message.type === "gap") return [`${message.from.offset}>${message.to.offset} ${message.reason}`];
    return [];
  });
}
