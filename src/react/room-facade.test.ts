import { afterEach, expect, test, vi } from "vitest";
import { at } from "../../test/client-bench.ts";
import { FakeSocket, start, turn } from "../../test/client-world.ts";
import type { Room } from "../client/index.ts";
import { RoomFacade, sourceOf } from "./room-facade.ts";

type World = ReturnType<typeof start>;
type ChatRoom = ReturnType<World["client"]["chat"]>;

afterEach(() => {
  FakeSocket.all = [];
});

function facadeOf(world: World | undefined, room = "1"): { readonly facade: RoomFacade; readonly room: ChatRoom } {
  const facade = new RoomFacade(world?.client, { channel: "chat", params: { room }, options: {} });
  return { facade, room: facade.room as Room as unknown as ChatRoom };
}

function ops(world: World): string[] {
  return world.socket.ops.map(({ type }) => String(type)).slice(1);
}

test("[RE2] looking opens nothing; holding does, once, until the last lets go", async () => {
  const world = start();
  world.socket.open();
  const [one, two] = [facadeOf(world), facadeOf(world)];
  expect([one.room.status, one.room.name, one.room.presence.count, one.room.price.values.size]).toEqual([
    "joining",
    undefined,
    0,
    0,
  ]);
  expect(ops(world)).toEqual([]);
  const letGo = [one.facade.hold(), two.facade.hold()];
  world.socket.stand();
  expect([one.room.status, two.room.name, ops(world)]).toEqual(["live", "chat/1", ["subscribe"]]);
  letGo[0]?.();
  await turn();
  expect(two.room.status).toBe("live");
  letGo[1]?.();
  await turn();
  expect([two.room.status, ops(world)]).toEqual(["joining", ["subscribe", "unsubscribe"]]);
  one.facade.hold();
  expect(ops(world)).toEqual(["subscribe", "unsubscribe", "subscribe"]);
});

test("[RE2] a listener holds the room for as long as it listens", async () => {
  const world = start();
  world.socket.open();
  const { room } = facadeOf(world);
  const heard = vi.fn<(message: unknown) => void>();
  const ends = [
    room.message.on(heard),
    room.typing.on(heard),
    room.onGap(heard),
    room.onStatus(heard),
    room.presence.on(heard),
  ];
  world.socket.stand(0, { members: [{ member: "d1", user: { id: "u2" } }] });
  world.socket.event(1);
  world.socket.say({ type: "ephemeral", channel: "chat/1", event: "typing", user: { id: "u2" }, ttlMs: 9, data: {} });
  world.socket.say({ type: "gap", channel: "chat/1", from: at(1), to: at(4), reason: "trimmed" });
  expect(heard.mock.calls).toMatchObject([
    [{ status: "live" }],
    [{ count: 1 }],
    [{ offset: 1 }],
    [{ ttlMs: 9 }],
    [{ from: 1, to: 4 }],
  ]);
  expect([room.presence.members.length, room.presence.count]).toEqual([1, 1]);
  for (const end of ends.slice(1)) end();
  await turn();
  expect(ops(world)).toEqual(["subscribe"]);
  ends[0]?.();
  ends[0]?.();
  await turn();
  expect(ops(world)).toEqual(["subscribe", "unsubscribe"]);
});

test("[RE2] a listener that has ended hears nothing, though the room is open for others", () => {
  const world = start();
  world.socket.open();
  const { room } = facadeOf(world);
  const heard: string[] = [];
  const end = room.message.on(() => heard.push("ended"));
  room.message.on(() => heard.push("other"));
  world.socket.stand();
  end();
  world.socket.event(1);
  expect(heard).toEqual(["other"]);
});

test("[RE2] a room that was left is opened anew as the next component wishes", async () => {
  const world = start();
  world.socket.open();
  facadeOf(world).facade.hold()();
  await turn();
  const address = { channel: "chat", params: { room: "1" }, options: { recent: 7 } };
  new RoomFacade(world.client, address).hold();
  expect(world.socket.ops.at(-1)).toMatchObject({ type: "subscribe", start: { from: "recent", count: 7 } });
});

test("[RE9] what was sent by a component that is gone is stored, and the room left after that", async () => {
  const world = start();
  world.socket.open();
  const { facade, room } = facadeOf(world);
  const letGo = facade.hold();
  world.socket.stand();
  const sending = room.message.send({ text: "hi" }, { id: "m1" });
  letGo();
  await turn();
  expect(ops(world)).toEqual(["subscribe", "publish"]);
  world.socket.answer("publish", { type: "ack", ...at(1), durability: "os", duplicate: false });
  expect(await sending).toMatchObject({ id: "m1", offset: 1 });
  await turn();
  expect(ops(world)).toEqual(["subscribe", "publish", "unsubscribe"]);
});

test("[RE9] history and calls open the room until they are answered, refused or not", async () => {
  const world = start();
  world.socket.open();
  const { room } = facadeOf(world);
  const reading = room.history({ before: 9, count: 1 });
  world.socket.stand();
  const calling = (room.message as unknown as { call(data: unknown): Promise<unknown> }).call({});
  await turn();
  world.socket.answer("history", { type: "error", code: "FORBIDDEN", message: "no" });
  await expect(reading).rejects.toMatchObject({ code: "FORBIDDEN" });
  world.socket.answer("call", { type: "result", data: 4 });
  expect(await calling).toBe(4);
  await turn();
  expect(ops(world)).toEqual(["subscribe", "history", "call", "unsubscribe"]);
});

test("[RE9] a loop holds the room until it is left", async () => {
  const world = start();
  world.socket.open();
  const { room } = facadeOf(world);
  const loop = room.message[Symbol.asyncIterator]();
  const first = loop.next();
  world.socket.stand();
  world.socket.event(1);
  expect(await first).toMatchObject({ value: { offset: 1 } });
  await turn();
  expect(ops(world)).toEqual(["subscribe"]);
  await loop.return?.();
  await turn();
  expect(ops(world)).toEqual(["subscribe", "unsubscribe"]);
});

test("[RE7] events are the same each time they are read; it is no promise and has no JSON of its own", async () => {
  const { room, facade } = facadeOf(start());
  expect(room.message).toBe(room.message);
  expect(await Promise.resolve(room)).toBe(room);
  expect(() => JSON.stringify(room)).not.toThrow();
  expect(sourceOf(room.message)).toEqual({ facade, event: "message" });
  expect(() => sourceOf(start().client.chat({ room: "1" }).message)).toThrow(
    "Cannot follow an event that is not from useRoom",
  );
});

test("[RE8] without a client listening is nothing, and asking is refused", async () => {
  const { facade, room } = facadeOf(undefined);
  facade.hold()();
  room.message.on(() => {})();
  room.leave();
  expect(facade.hasClient).toBe(false);
  await expect(room.message.send({ text: "hi" })).rejects.toMatchObject({
    code: "CLOSED",
    message: "Cannot use chat: there is no client yet",
  });
  expect(await room.message[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
});

test("[RE2] leaving leaves it for every component", async () => {
  const world = start();
  world.socket.open();
  const { facade, room } = facadeOf(world);
  facade.hold();
  world.socket.stand();
  room.leave();
  expect([room.status, ops(world)]).toEqual(["left", ["subscribe", "unsubscribe"]]);
});
