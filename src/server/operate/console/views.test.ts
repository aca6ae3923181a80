import { expect, test } from "vitest";
import type { ChannelFacts } from "../../../gateway/index.ts";
import { subprotocol } from "../../../wire/index.ts";
import type { Shell } from "../../shell.ts";
import { ChannelRates, channelView } from "./channel-view.ts";
import { connectionView } from "./connection-view.ts";
import type { TableQuery } from "./messages.ts";
import { selectRows } from "./table.ts";

interface Line {
  readonly user?: { readonly id: string; readonly name?: string };
  readonly address?: string;
  readonly protocol?: string;
  readonly extensions?: string;
  readonly bufferedBytes?: number;
  readonly roundTripMs?: number;
  readonly channelCount?: number;
  readonly isFlowing?: boolean;
  readonly counters?: Readonly<Record<string, number>>;
}

/** A gateway with these connections, their ids counted from 1. */
function shellOf(lines: readonly Line[]): Shell {
  const facts = lines.map(({ channelCount = 0, isFlowing = true, user }) => ({ channelCount, isFlowing, user }));
  const sockets = lines.map((line, index) => {
    const { address, bufferedBytes = 0, counters, extensions = "", protocol = subprotocol, roundTripMs } = line;
    return {
      id: index + 1,
      protocol,
      extensions,
      bufferedBytes,
      roundTripMs,
      counters: { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, ...counters },
      data: { remoteAddress: address, openedAtMs: 1_000 + index },
    };
  });
  const parts = {
    core: { sessionFacts: (id: number) => facts[id - 1] },
    sockets: new Map(sockets.map((socket) => [socket.id, socket])),
  };
  // What is read of it here, and nothing else of it.
  return parts as unknown as Shell;
}

const query = { isDescending: false, filter: "", isOnlyBusy: false, from: 0, count: 50 };

test("[OP64] each column of connections sorts by itself", () => {
  const shell = shellOf([
    {
      user: { id: "z", name: "Ada" },
      address: "10.0.0.2",
      protocol: subprotocol,
      bufferedBytes: 3,
      roundTripMs: 0,
      channelCount: 2,
      counters: { messagesIn: 2, messagesOut: 3, bytesIn: 1, bytesOut: 2 },
    },
    {
      user: { id: "bob" },
      address: "10.0.0.1",
      protocol: "a",
      bufferedBytes: 1,
      channelCount: 3,
      counters: { messagesIn: 1, messagesOut: 2, bytesIn: 3, bytesOut: 3 },
    },
    {
      protocol: "b",
      bufferedBytes: 2,
      roundTripMs: 7,
      channelCount: 1,
      counters: { messagesIn: 3, messagesOut: 1, bytesIn: 2, bytesOut: 1 },
    },
  ]);
  const orderBy = (sort: TableQuery<"connections">["sort"], isDescending = false): readonly number[] =>
    selectRows(connectionView(shell), { ...query, count: 5, sort, isDescending }).rows.map(({ id }) => id);
  expect([orderBy("id", true), orderBy("address", true)]).toEqual([
    [3, 2, 1],
    [1, 2, 3],
  ]);
  expect({
    id: orderBy("id"),
    openedAtMs: orderBy("openedAtMs"),
    user: orderBy("user"),
    address: orderBy("address"),
    protocol: orderBy("protocol"),
    queuedBytes: orderBy("queuedBytes"),
    rttMs: orderBy("rttMs"),
    channelCount: orderBy("channelCount"),
    messagesIn: orderBy("messagesIn"),
    messagesOut: orderBy("messagesOut"),
    bytesIn: orderBy("bytesIn"),
    bytesOut: orderBy("bytesOut"),
  }).toEqual({
    id: [1, 2, 3],
    openedAtMs: [1, 2, 3],
    user: [3, 1, 2],
    address: [3, 2, 1],
    protocol: [2, 3, 1],
    queuedBytes: [2, 3, 1],
    rttMs: [2, 1, 3],
    channelCount: [3, 1, 2],
    messagesIn: [2, 1, 3],
    messagesOut: [3, 2, 1],
    bytesIn: [1, 3, 2],
    bytesOut: [3, 1, 2],
  });
});

test("[OP64] a row of a connection says who it is, and how it is; the filter looks in its name, too", () => {
  const view = connectionView(
    shellOf([
      {
        user: { id: "u1", name: "Ada" },
        address: "10.0.0.1",
        extensions: "permessage-deflate",
        bufferedBytes: 9,
        roundTripMs: 1.26,
        channelCount: 2,
        isFlowing: false,
        counters: { messagesIn: 1, messagesOut: 2, bytesIn: 3, bytesOut: 4 },
      },
      {},
    ]),
  );
  const { rows } = selectRows(view, { ...query, sort: "id" });
  expect(rows[0]).toEqual({
    id: 1,
    userId: "u1",
    userName: "Ada",
    address: "10.0.0.1",
    protocol: "json, compressed",
    openedAtMs: 1_000,
    messagesIn: 1,
    messagesOut: 2,
    bytesIn: 3,
    bytesOut: 4,
    queuedBytes: 9,
    rttMs: 1.3,
    isSlow: true,
    channelCount: 2,
  });
  expect(rows[1]).toMatchObject({ address: "", protocol: "json", isSlow: false });
  expect(rows[1]).not.toHaveProperty("rttMs");
  const idsOf = (change: Partial<TableQuery<"connections">>): readonly number[] =>
    selectRows(view, { ...query, sort: "id", ...change }).rows.map(({ id }) => id);
  expect([idsOf({ filter: "ada" }), idsOf({ filter: "u1" }), idsOf({ filter: "10.0" })]).toEqual([[1], [1], [1]]);
  expect([idsOf({ isOnlyBusy: true }), idsOf({ filter: "2" })]).toEqual([[1], [2]]);
});

function facts(name: string, changes: Partial<ChannelFacts>): ChannelFacts {
  return {
    name,
    subscriberCount: 0,
    position: undefined,
    eventCount: 0,
    eventChars: 0,
    deliveredCount: 0,
    toldCount: 0,
    ...changes,
  };
}

test("[OP64] each column of channels sorts by itself; what is not known comes before 0", () => {
  const rates = new ChannelRates();
  rates.look([facts("a", {}), facts("b", {}), facts("c", {})], 1_000);
  const epoch = "0".repeat(16);
  const now = [
    facts("a", { eventCount: 3, eventChars: 1, deliveredCount: 2, position: { epoch, offset: 0, tag: 0 } }),
    facts("b", { eventCount: 1, eventChars: 3, toldCount: 3, subscriberCount: 1 }),
    facts("c", {
      eventCount: 2,
      eventChars: 2,
      deliveredCount: 1,
      position: { epoch: `1${epoch.slice(1)}`, offset: 5, tag: 0 },
    }),
  ];
  rates.look(now, 2_000);
  const orderBy = (sort: TableQuery<"channels">["sort"]): string =>
    selectRows(channelView(rates.channels), { ...query, sort })
      .rows.map(({ id }) => id)
      .join("");
  expect({
    name: orderBy("name"),
    subscriberCount: orderBy("subscriberCount"),
    offset: orderBy("offset"),
    epoch: orderBy("epoch"),
    eventsPerSecond: orderBy("eventsPerSecond"),
    bytesPerSecond: orderBy("bytesPerSecond"),
    deliveriesPerSecond: orderBy("deliveriesPerSecond"),
  }).toEqual({
    name: "abc",
    subscriberCount: "acb",
    offset: "bac",
    epoch: "bac",
    eventsPerSecond: "bca",
    bytesPerSecond: "acb",
    deliveriesPerSecond: "cab",
  });
});
