import { afterEach, expect, test } from "vitest";
import { at } from "../../test/client-bench.ts";
import { FakeSocket, start, turn } from "../../test/client-world.ts";
import type { Room } from "../client/index.ts";
import type { MessagesView } from "./message-list.ts";
import { MessageStore } from "./message-store.ts";
import { RoomFacade } from "./room-facade.ts";

type World = ReturnType<typeof start>;
type ChatRoom = ReturnType<World["client"]["chat"]>;
interface Item {
  readonly offset: number;
}

afterEach(() => {
  FakeSocket.all = [];
});

/** An entry of the log; those below 0 are of another event. */
function entry(offset: number): object {
  const event = offset < 0 ? "note" : "message";
  const place = Math.abs(offset);
  return {
    event,
    offset: place,
    tag: place,
    messageId: `m${place}`,
    user: { id: "u2" },
    atMs: 0,
    data: { text: "hi" },
  };
}

function follow({ recent = 3, maxCount = 5 } = {}) {
  const world = start();
  const facade = new RoomFacade(world.client, { channel: "chat", params: { room: "1" }, options: {} });
  const { message } = facade.room as Room as unknown as ChatRoom;
  const list = new MessageStore(message, { recent, maxCount, maxOutgoingCount: 10 });
  const { store } = list;
  let toldCount = 0;
  const end = store.subscribe(() => (toldCount += 1));
  world.socket.open();
  return {
    ...world,
    store,
    end,
    toldCount: () => toldCount,
    view: (): MessagesView<Item> => store.get(),
    offsets: () => store.get().messages.map(({ offset }) => offset),
    asked: () =>
      world.socket.ops.filter(({ type }) => type === "history").map(({ before, count }) => [before, count] as const),
    /** Answers the page that was asked for last. */
    page: async (offsets: readonly number[], more: boolean) => {
      world.socket.answer("history", {
        type: "history",
        channel: "chat/1",
        epoch: at(0).epoch,
        events: offsets.map(entry),
        more,
      });
      await turn();
    },
  };
}

const newest = Number.MAX_SAFE_INTEGER;

test("[RE3] the newest page and what came since are one list, each message once", async () => {
  const { asked, offsets, page, socket, view } = follow();
  expect(view().isLoading).toBe(true);
  socket.stand(3);
  socket.event(4);
  expect([asked(), offsets()]).toEqual([[[newest, 3]], [4]]);
  await page([2, 3, 4], true);
  socket.event(5);
  expect(view()).toMatchObject({ isLoading: false, hasOlder: true, hasNewer: false, gaps: [] });
  expect(offsets()).toEqual([2, 3, 4, 5]);
  socket.event(6);
  socket.event(7);
  expect([offsets(), view().hasOlder]).toEqual([[3, 4, 5, 6, 7], true]);
});

test("[RE3] older ones are read before the first, and nothing twice at once", async () => {
  const { asked, offsets, page, socket, store, view } = follow();
  socket.stand(9);
  await page([7, 8, 9], true);
  store.get().loadOlder();
  store.get().loadOlder();
  expect([view().isLoading, asked().length]).toEqual([true, 2]);
  await page([4, 5, 6], false);
  expect([offsets(), asked()[1]]).toEqual([
    [4, 5, 6, 7, 8],
    [7, 100],
  ]);
  expect(view()).toMatchObject({ hasOlder: false, hasNewer: true, isLoading: false });
  store.get().loadOlder();
  expect(asked().length).toBe(2);
});

test("[RE3] a window that let the newest go takes nothing new until it is back at the end", async () => {
  const { asked, offsets, page, socket, store, toldCount, view } = follow();
  socket.stand(9);
  await page([7, 8, 9], true);
  store.get().loadOlder();
  await page([4, 5, 6], false);
  const told = toldCount();
  socket.event(10);
  expect([offsets(), toldCount()]).toEqual([[4, 5, 6, 7, 8], told]);
  store.get().showNewest();
  store.get().showNewest();
  socket.event(11);
  expect([offsets(), asked().length]).toEqual([[4, 5, 6, 7, 8], 3]);
  await page([8, 9, 10], true);
  expect([offsets(), view().hasNewer, view().hasOlder]).toEqual([[8, 9, 10, 11], false, true]);
});

test("[RE3] what a full list let go at its old end is read again", async () => {
  const { asked, page, socket, store } = follow({ maxCount: 3 });
  socket.stand(9);
  await page([7, 8, 9], true);
  socket.event(10);
  store.get().loadOlder();
  expect(asked()[1]).toEqual([8, 100]);
});

test("[RE3] what came while the newest were read may push the oldest out: those are read again", async () => {
  const { asked, offsets, page, socket, store } = follow({ maxCount: 3 });
  socket.stand(9);
  socket.event(10);
  await page([7, 8, 9], true);
  expect(offsets()).toEqual([8, 9, 10]);
  store.get().loadOlder();
  expect(asked()[1]).toEqual([8, 100]);
});

test("[RE3] other events in between are read past, a few pages for each wish", async () => {
  const { asked, offsets, page, socket, store, view } = follow({ recent: 2 });
  socket.stand(900);
  await page([-899, 900], true);
  expect(view().isLoading).toBe(true);
  await page([897, -898], true);
  expect([offsets(), asked()]).toEqual([
    [897, 900],
    [
      [newest, 2],
      [899, 2],
    ],
  ]);
  store.get().loadOlder();
  for (let read = 0; read < 8; read += 1) await page([-(890 - read)], true);
  expect([view().isLoading, view().hasOlder, asked().length]).toEqual([false, true, 10]);
  store.get().loadOlder();
  expect(asked()[10]).toEqual([883, 100]);
});

test("[RE3] history that cannot be read is told, what is told meanwhile is there, and it can be read again", async () => {
  const { asked, offsets, page, socket, store, view } = follow();
  socket.stand(3);
  socket.event(4);
  socket.answer("history", { type: "error", code: "INTERNAL", message: "no" });
  await turn();
  expect(view()).toMatchObject({ error: { code: "INTERNAL" }, isLoading: false, hasOlder: true });
  expect(offsets()).toEqual([4]);
  socket.event(5);
  store.get().loadOlder();
  expect([asked()[1], view().error]).toEqual([[4, 100], undefined]);
  await page([2, 3], false);
  expect([offsets(), view().hasOlder]).toEqual([[2, 3, 4, 5], false]);
});

test("[RE3] who comes back later begins with the newest: there is no hole meanwhile", async () => {
  const { end, offsets, page, socket, store, view } = follow();
  socket.stand(3);
  await page([1, 2, 3], false);
  end();
  await turn();
  store.subscribe(() => {});
  socket.stand(9);
  socket.event(10);
  expect([offsets(), view().hasNewer]).toEqual([[1, 2, 3], true]);
  await page([8, 9, 10], true);
  expect([offsets(), view().hasNewer]).toEqual([[8, 9, 10], false]);
});

test("[RE3] what was asked for by those who are gone is not taken", async () => {
  const { end, offsets, socket, store, view } = follow();
  socket.stand(3);
  const { id } = socket.ops.findLast(({ type }) => type === "history")!;
  end();
  await turn();
  store.subscribe(() => {});
  const late = { type: "history", id, channel: "chat/1", epoch: at(0).epoch, events: [entry(3)], more: false };
  socket.say(late);
  await turn();
  expect([offsets(), view().isLoading]).toEqual([[], true]);
});

test("[RE4] of another log everything is new; what the store took back is gone", async () => {
  const { asked, offsets, page, socket, view } = follow();
  socket.stand(3);
  await page([1, 2, 3], true);
  const truncated = { type: "gap", channel: "chat/1", from: at(3), to: at(2), reason: "truncated" };
  socket.say(truncated);
  expect([offsets(), view().gaps]).toEqual([[1, 2], [{ from: 3, to: 2, reason: "truncated" }]]);
  socket.say({ ...truncated, to: at(6, "f".repeat(16)), reason: "epoch" });
  expect([offsets(), view().isLoading, asked().length]).toEqual([[], true, 2]);
  socket.event(7);
  await page([4, 5, 6], true);
  expect([offsets(), view().hasOlder]).toEqual([[4, 5, 6, 7], true]);
});

test("[RE4] a page of the log that was is not taken, nor what the store took back while the newest was read", async () => {
  const { offsets, page, socket } = follow();
  socket.stand(3);
  socket.event(4);
  socket.event(5);
  socket.say({ type: "gap", channel: "chat/1", from: at(5), to: at(4), reason: "truncated" });
  await page([2, 3, 4], true);
  expect(offsets()).toEqual([2, 3, 4]);
});

test("[RE5] an own message is in the list of outgoing ones until it is in the other", async () => {
  const { page, socket, store, view, offsets } = follow();
  socket.stand(0);
  await page([], false);
  void store.get().send({ text: "hi" }, { id: "m1" });
  expect(view().outgoing).toMatchObject([{ id: "m1", state: "pending", data: { text: "hi" } }]);
  socket.answer("publish", { type: "ack", ...at(1), durability: "os", duplicate: false });
  await turn();
  expect(view().outgoing).toMatchObject([{ id: "m1", state: "sent" }]);
  socket.event(1, "u1");
  expect([view().outgoing, offsets()]).toEqual([[], [1]]);
});

test("[RE5] one that was stored before the newest page was read is in it, or of no list", async () => {
  const { page, socket, store, view } = follow();
  socket.stand(5);
  for (const [id, offset] of [
    ["m5", 5],
    ["m2", 2],
    ["m9", 9],
  ] as const) {
    void store.get().send({ text: "hi" }, { id });
    await turn();
    socket.answer("publish", { type: "ack", ...at(offset), durability: "os", duplicate: offset < 6 });
    await turn();
  }
  expect(view().outgoing.length).toBe(3);
  await page([3, 4, 5], true);
  expect(view().outgoing).toMatchObject([{ id: "m9", state: "sent" }]);
});

test("[RE7] a view is the same until it changes, and its functions always are", async () => {
  const { page, socket, store } = follow();
  const { loadOlder, send, showNewest } = store.get();
  socket.stand(0);
  await page([], false);
  const view = store.get();
  socket.say({ type: "ping" });
  expect(store.get()).toBe(view);
  expect([view.loadOlder, view.send, view.showNewest]).toEqual([loadOlder, send, showNewest]);
  expect(view.loadOlder === loadOlder && view.send === send && view.showNewest === showNewest).toBe(true);
});

test("[RE8] without a client nothing is read, and nothing fails", async () => {
  const facade = new RoomFacade(undefined, { channel: "chat", params: { room: "1" }, options: {} });
  const { message } = facade.room as Room as unknown as ChatRoom;
  const { store } = new MessageStore(message, { recent: 3, maxCount: 5, maxOutgoingCount: 1 });
  const initial = store.get();
  store.subscribe(() => {})();
  store.get().showNewest();
  await turn();
  expect([store.get(), store.getInitial()]).toEqual([initial, initial]);
});
