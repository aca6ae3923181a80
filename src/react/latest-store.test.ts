import { afterEach, expect, test, vi } from "vitest";
import { FakeSocket, start, turn } from "../../test/client-world.ts";
import type { Room } from "../client/index.ts";
import { latestStore, latestValuesStore } from "./latest-store.ts";
import { RoomFacade } from "./room-facade.ts";

afterEach(() => {
  FakeSocket.all = [];
});

function follow() {
  const world = start();
  const facade = new RoomFacade(world.client, { channel: "chat", params: { room: "1" }, options: {} });
  const { price } = facade.room as Room as unknown as ReturnType<typeof world.client.chat>;
  world.socket.open();
  return {
    ...world,
    price,
    ops: () => world.socket.ops.map(({ type }) => String(type)).slice(1),
    say: (values: Readonly<Record<string, number>>, snapshot = false) => {
      const told = Object.entries(values).map(([key, data]) => ({ key, data, user: { id: "u2" } }));
      world.socket.say({ type: "latest", channel: "chat/1", event: "price", snapshot, values: told });
    },
  };
}

test("[RE11] the value of one key is told when it changes, and not with the others", () => {
  const { price, say, socket } = follow();
  const [a, b] = [latestStore(price, "A"), latestStore(price, "B")];
  const [toldA, toldB] = [vi.fn<() => void>(), vi.fn<() => void>()];
  a.subscribe(toldA);
  b.subscribe(toldB);
  socket.stand();
  say({ A: 1 }, true);
  say({ A: 2 });
  expect([a.get()?.data, b.get(), toldA.mock.calls.length, toldB.mock.calls.length]).toEqual([2, undefined, 2, 0]);
  const get = vi.spyOn(price.values, "get");
  say({ B: 7 });
  expect(get.mock.calls).toEqual([["B"]]);
  expect([a.get()?.data, b.get()?.data, toldA.mock.calls.length, toldB.mock.calls.length]).toEqual([2, 7, 2, 1]);
});

test("[RE11] however many keys are looked at, the event has one listener, which the last one takes along", async () => {
  const { price, say, socket, ops } = follow();
  const on = vi.spyOn(price, "on");
  const ends = ["A", "B", "A"].map((key) => latestStore(price, key).subscribe(() => {}));
  socket.stand();
  say({ A: 1 }, true);
  expect(on).toHaveBeenCalledTimes(1);
  for (const end of ends) end();
  await turn();
  expect(ops()).toEqual(["subscribe", "unsubscribe"]);
  const again = latestStore(price, "A");
  const told = vi.fn<() => void>();
  const end = again.subscribe(told);
  socket.stand();
  say({ A: 3 }, true);
  expect([on.mock.calls.length, again.get()?.data, told.mock.calls.length]).toEqual([2, 3, 1]);
  end();
  await turn();
  expect(ops()).toEqual(["subscribe", "unsubscribe", "subscribe", "unsubscribe"]);
});

test("[RE11] one that looks away takes nothing from another that looks at the same key", async () => {
  const { price, say, socket } = follow();
  const [one, other] = [latestStore(price, "A"), latestStore(price, "A")];
  const told = vi.fn<() => void>();
  const end = one.subscribe(() => {});
  other.subscribe(told);
  socket.stand();
  say({ A: 1 }, true);
  end();
  await turn();
  say({ A: 2 });
  expect([other.get()?.data, told.mock.calls.length]).toEqual([2, 2]);
});

test("[RE11] a value that is there already is there at once", () => {
  const { price, say, socket } = follow();
  latestStore(price, "A").subscribe(() => {});
  socket.stand();
  say({ A: 1 }, true);
  const [late, all] = [latestStore(price, "A"), latestValuesStore(price)];
  expect([late.get(), all.get().size]).toEqual([undefined, 0]);
  late.subscribe(() => {});
  all.subscribe(() => {});
  expect([late.get()?.data, all.get().get("A")?.data]).toEqual([1, 1]);
});

test("[RE11] all values are one new map for all that come together", async () => {
  const { price, say, socket } = follow();
  const all = latestValuesStore(price);
  const told = vi.fn<() => void>();
  all.subscribe(told);
  socket.stand();
  say({ A: 1, B: 2, C: 3 }, true);
  expect(told).not.toHaveBeenCalled();
  await turn();
  const first = all.get();
  expect([[...first].map(([key, { data }]) => [key, data]), told.mock.calls.length]).toEqual([
    [
      ["A", 1],
      ["B", 2],
      ["C", 3],
    ],
    1,
  ]);
  say({ A: 4 });
  await turn();
  expect([first.get("A")?.data, all.get().get("A")?.data, told.mock.calls.length]).toEqual([1, 4, 2]);
});
