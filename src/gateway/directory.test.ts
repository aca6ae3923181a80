import { expect, test } from "vitest";
import { benchChannels } from "../testing/gateway-bench.ts";
import { Directory, findEvent, type Route } from "./directory.ts";

const history = { maxCount: 10, maxAgeMs: 1_000 };
const directory = new Directory({
  room: { pattern: "room/:id", events: {}, presence: false, history },
  lobby: { pattern: "room/lobby", events: {}, presence: false, history },
  other: { pattern: "room/:name", events: {}, presence: false, history },
});

function routeOf(name: string): Route | undefined {
  const found = new Directory(benchChannels).find(name);
  return found.type === "found" ? found.value : undefined;
}

test("[CH1] a name belongs to the pattern without parameters, then to the one declared first", () => {
  expect(directory.find("room/lobby")).toMatchObject({ type: "found", value: { definition: "lobby", params: {} } });
  expect(directory.find("room/42")).toMatchObject({
    type: "found",
    value: { definition: "room", params: { id: "42" } },
  });
});

test("[CH2] a name that cannot be, or that no pattern matches, is an error that names it", () => {
  expect(directory.find("room/a b")).toEqual({
    type: "error",
    error: {
      code: "BAD_CHANNEL",
      message: 'Cannot use channel name "room/a b": it has a character or a length that is not allowed',
    },
  });
  expect(directory.find("hall/1")).toEqual({
    type: "error",
    error: { code: "UNKNOWN_CHANNEL", message: 'Cannot find channel "hall/1": no pattern of this gateway matches it' },
  });
});

test.for([
  ["nothing", "event", 'Cannot send event "nothing" to channel "room/1": it has none of that name'],
  ["constructor", "event", 'Cannot send event "constructor" to channel "room/1": it has none of that name'],
  ["typing", "event", 'Cannot send event "typing" to channel "room/1": its kind is ephemeral'],
  ["said", "ephemeral", 'Cannot send ephemeral "said" to channel "room/1": its kind is event'],
] as const)("[CH2] the event %s as %s is refused", ([event, kind, message]) => {
  const route = routeOf("room/1");
  expect(route && findEvent(route, event, [kind])).toEqual({
    type: "error",
    error: { code: "UNKNOWN_EVENT", message },
  });
});

test("[CH2] an event of the right kind is found", () => {
  const route = routeOf("room/1");
  expect(route && findEvent(route, "typing", ["latest", "ephemeral"])).toEqual({
    type: "found",
    value: { kind: "ephemeral", ttlMs: 10_000 },
  });
});

test("[SE1] the description has every channel with its events by kind", () => {
  expect(new Directory(benchChannels).describe()).toEqual({
    room: { pattern: "room/:id", events: { said: "event", typing: "ephemeral" }, presence: true },
    news: { pattern: "news", events: { item: "event", mood: "ephemeral" }, presence: false },
    ticker: { pattern: "ticker/:market", events: { quote: "latest", news: "latest" }, presence: false },
  });
});

test("[WR19] the description names the events whose data is bytes", () => {
  const board = { ...benchChannels["news"], pattern: "board", events: {}, presence: false, binary: ["update"] };
  const described = new Directory({ board: { history: { maxCount: 1, maxAgeMs: 1 }, ...board } }).describe();
  expect(described).toEqual({ board: { pattern: "board", events: {}, presence: false, binary: ["update"] } });
});
