import { expect, test } from "vitest";
import { benchChannels } from "../testing/gateway-bench.ts";
import { ChannelTable } from "./channel-table.ts";
import { Deadlines } from "./deadlines.ts";
import { Directory, type Route } from "./directory.ts";
import { defaultLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";

function routeTo(name: string): Route {
  const found = new Directory(benchChannels).find(name);
  if (found.type === "error") throw new Error(found.error.message);
  return found.value;
}

const tools = (): {
  readonly outbox: Outbox;
  readonly deadlines: Deadlines;
  readonly limits: typeof defaultLimits;
} => ({
  outbox: new Outbox(),
  deadlines: new Deadlines(),
  limits: defaultLimits,
});

test("[CH7] a channel is joined once, whoever opens it", () => {
  const { outbox, ...rest } = tools();
  const table = new ChannelTable({ outbox, ...rest });
  const channel = table.open(routeTo("news"));
  expect(table.open(routeTo("news"))).toBe(channel);
  expect(table.find("news")).toBe(channel);
  expect(table.find("room/a")).toBeUndefined();
  expect([...table.all()]).toEqual([channel]);
  expect(table.count).toBe(1);
  expect(outbox.take()).toEqual([{ type: "join", channel: "news", request: 1 }]);
});

test("[CH8] a channel that could not be joined is given up, and its successor is not", () => {
  const { deadlines, outbox, ...rest } = tools();
  const table = new ChannelTable({ outbox, deadlines, ...rest });
  const subscriber = {
    connection: 1,
    isFlowing: true,
    lastSentMs: 0,
    sendText: () => {},
    sendReplay: () => {},
    spend: () => {},
  };
  table.open(routeTo("news")).subscribe(subscriber, { from: "live" }, () => {});
  const error = { code: "STORAGE_UNAVAILABLE", message: "" } as const;
  outbox.settle({ type: "settled", question: "join", request: 1, result: { type: "failed", error } });
  expect(table.count).toBe(0);
  const successor = table.open(routeTo("news"));
  deadlines.run(defaultLimits.channelLingerMs);
  expect(table.find("news")).toBe(successor);
  expect(outbox.take().map(({ type }) => type)).toEqual(["join", "leave", "join"]);
});
