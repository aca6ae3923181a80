/** The session and its rooms on a real line: a gateway in this process, and the client as Node has it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGateway, memoryBroker, sqliteBroker, type Broker } from "switchboard";
import { channels, type ChatGateway } from "switchboard/chat";
import { connect } from "switchboard/client";
import { afterEach, expect, test } from "vitest";
import { ChatApp } from "./chat-app.ts";
import { ChatSession } from "./chat-session.ts";
import { type KeyValueStorage, memoryStorage } from "./key-value-storage.ts";
import { enterRoom, until } from "./room-setup.ts";
import type { RoomStore } from "./room-store.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface World {
  readonly url: string;
  /** Whether people may write. */
  isOpen: boolean;
  enter(name: string, storage?: KeyValueStorage): ChatSession;
  restart(broker: Broker): Promise<void>;
}

async function startWorld(broker: Broker = memoryBroker()): Promise<World> {
  let gateway = createWorldGateway(() => world.isOpen, broker);
  const { port, url } = await gateway.listen({ port: 0 });
  cleanups.push(() => gateway.close({ graceMs: 100 }));
  let deviceCount = 0;
  const world: World = {
    url,
    isOpen: true,
    enter: (name, storage = memoryStorage()) => {
      const device = `${++deviceCount}`.padStart(32, "0");
      const token = JSON.stringify({ name });
      const client = connect<ChatGateway>(url, { token, device, random: () => 0.99 }); // It waits long: tests say when.
      const session = new ChatSession({ client, storage });
      cleanups.push(() => session.close());
      return session;
    },
    restart: async (next) => {
      await gateway.close({ graceMs: 100 });
      gateway = createWorldGateway(() => world.isOpen, next);
      await gateway.listen({ port });
    },
  };
  return world;
}

function createWorldGateway(isOpen: () => boolean, broker: Broker): ReturnType<typeof createGateway> {
  return createGateway({
    channels: { chat: { ...channels.chat, authorize: ({ action }) => action === "subscribe" || isOpen() } },
    authenticate: ({ token, device }) => ({ id: device, name: (JSON.parse(token ?? "{}") as { name: string }).name }),
    broker,
  });
}

function texts(room: RoomStore): readonly string[] {
  return room.view.get().timeline.entries.map((entry) => (entry.type === "message" ? entry.text : `(${entry.reason})`));
}

function untilTexts(room: RoomStore, count: number): Promise<unknown> {
  return until(room.view, () => texts(room).length >= count);
}

test("[WB16] what a person says waits, and then is there once for everybody", async () => {
  const world = await startWorld();
  const [ada, bob] = await Promise.all(["Ada", "Bob"].map((name) => enterRoom(world.enter(name))));
  ada?.send("hello");
  expect(ada?.view.get().timeline.outgoing).toMatchObject([{ text: "hello", state: { type: "pending" } }]);
  for (const room of [ada, bob]) {
    if (room === undefined) continue;
    await until(room.view, ({ timeline }) => timeline.entries.length === 1 && timeline.outgoing.length === 0);
    expect(texts(room)).toEqual(["hello"]);
  }
  expect(bob?.view.get().heard?.user.name).toBe("Ada");
  expect(ada?.view.get().heard).toBeUndefined();
});

test("[WB8] a refused message can be sent again as the same, and is stored once", async () => {
  const world = await startWorld();
  const room = await enterRoom(world.enter("Ada"));
  world.isOpen = false;
  room.send("let me in");
  const { timeline } = await until(room.view, (view) => view.timeline.outgoing[0]?.state.type === "failed");
  expect(timeline.outgoing).toMatchObject([{ state: { problem: "You may not write in this room", canRetry: false } }]);
  world.isOpen = true;
  room.retry(timeline.outgoing[0]?.messageId ?? "");
  await untilTexts(room, 1);
  expect(texts(room)).toEqual(["let me in"]);
  expect(room.view.get().timeline.outgoing).toEqual([]);
});

test("[WB8] a discarded message is not sent when the line comes back", async () => {
  const world = await startWorld();
  const session = world.enter("Ada");
  const room = session.rooms.get()[0];
  if (room === undefined) throw new Error("Cannot find a room");
  room.send("one"); // Before the line is there.
  room.send("two");
  expect(session.unsentCount).toBe(2);
  room.discard(room.view.get().timeline.outgoing[0]?.messageId ?? "");
  await untilTexts(room, 1);
  expect(texts(room)).toEqual(["two"]);
  expect(session.unsentCount).toBe(0);
});

test("[WB11] others hear that a person types, until the message comes", async () => {
  const world = await startWorld();
  const [ada, bob] = await Promise.all(["Ada", "Bob"].map((name) => enterRoom(world.enter(name))));
  ada?.typed();
  if (ada === undefined || bob === undefined) throw new Error("Cannot enter");
  await until(bob.view, ({ typists }) => typists[0]?.user.name === "Ada");
  ada.send("done");
  await until(bob.view, ({ timeline }) => timeline.entries.length === 1);
  expect(bob.view.get().typists).toEqual([]);
  expect(ada.view.get().typists).toEqual([]);
});

test("[WB11] a person who leaves types no more, and is not there", async () => {
  const world = await startWorld();
  const ada = world.enter("Ada");
  const [adas, bobs] = [await enterRoom(ada), await enterRoom(world.enter("Bob"))];
  adas.typed();
  await until(bobs.view, ({ typists }) => typists.length === 1);
  ada.close();
  await until(bobs.view, ({ members }) => members.length === 1);
  expect(bobs.view.get().typists).toEqual([]);
});

test("[WB11] nobody is seen to type while the line is down", async () => {
  const world = await startWorld();
  const [adas, bobs] = [await enterRoom(world.enter("Ada")), await enterRoom(world.enter("Bob"))];
  adas.typed();
  await until(bobs.view, ({ typists }) => typists.length === 1);
  const isDown = until(bobs.view, ({ status }) => status !== "live");
  await world.restart(memoryBroker());
  expect((await isDown).typists).toEqual([]);
});

test("[WB17] a room starts with its newest 50 and loads older ones on demand, to the first", async () => {
  const world = await startWorld();
  const writer = await enterRoom(world.enter("Ada"));
  for (let index = 1; index <= 60; index++) writer.send(`${index}`);
  await untilTexts(writer, 60);
  const reader = await enterRoom(world.enter("Bob"));
  expect(texts(reader)).toHaveLength(50);
  expect(reader.view.get().timeline.hasOlder).toBe(true);
  await reader.loadOlder();
  expect(texts(reader)).toEqual(Array.from({ length: 60 }, (_, index) => `${index + 1}`));
  expect(reader.view.get()).toMatchObject({ page: "idle", timeline: { hasOlder: false } });
});

test("[WB9] what was read at the end of a room is read after a reload, what came elsewhere is not", async () => {
  const world = await startWorld();
  const ada = await enterRoom(world.enter("Ada"));
  const storage = memoryStorage();
  const session = world.enter("Bob", storage);
  const bob = await enterRoom(session);
  bob.setPlace("end");
  ada.send("seen");
  await untilTexts(bob, 1);
  expect(bob.view.get()).toMatchObject({ unreadCount: 0, readOffset: 1, lineOffset: 1 });
  bob.setPlace("elsewhere");
  ada.send("not seen");
  await untilTexts(bob, 2);
  expect(bob.view.get()).toMatchObject({ unreadCount: 1, readOffset: 1, lineOffset: 1 });
  session.close();
  const again = await enterRoom(world.enter("Bob", storage));
  expect(again.view.get()).toMatchObject({ unreadCount: 1, readOffset: 1, lineOffset: 1 });
  again.setPlace("end");
  expect(again.view.get()).toMatchObject({ unreadCount: 0, readOffset: 2, lineOffset: 1 });
});

test("[WB18] after the line was down a person is told what they missed, and nothing of theirs is lost or doubled", async () => {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-web-"));
  cleanups.push(() => rm(folder, { recursive: true }));
  const open = (): Broker => sqliteBroker({ file: join(folder, "log.db") });
  const world = await startWorld(open());
  const session = world.enter("Ada");
  const room = await enterRoom(session);
  room.send("before");
  await untilTexts(room, 1);
  const restarted = world.restart(open());
  await until(session.connection, ({ state }) => state === "waiting");
  room.send("meanwhile");
  await restarted;
  const bob = await enterRoom(world.enter("Bob"));
  bob.send("you missed this");
  await untilTexts(bob, 2);
  session.tryNow();
  const { recovered } = await until(session.connection, (view) => view.recovered !== undefined);
  expect(recovered).toEqual({ messageCount: 1, gapCount: 0 });
  await until(room.view, ({ timeline }) => timeline.outgoing.length === 0);
  expect(texts(room)).toEqual(["before", "you missed this", "meanwhile"]);
});

test("[WB7] a log that is another one after the line was down is told as a gap", async () => {
  const world = await startWorld();
  const session = world.enter("Ada");
  const room = await enterRoom(session);
  room.send("lost");
  await untilTexts(room, 1);
  const restarted = world.restart(memoryBroker());
  await until(session.connection, ({ state }) => state === "waiting");
  await restarted;
  session.tryNow();
  await untilTexts(room, 2);
  room.send("new");
  await untilTexts(room, 3);
  expect(texts(room)).toEqual(["lost", "(epoch)", "new"]);
  const { recovered } = await until(session.connection, (view) => view.recovered !== undefined);
  expect(recovered?.gapCount).toBe(1);
});

test("[WB4] a room opened by name is open after a reload, until it is left", async () => {
  const world = await startWorld();
  const storage = memoryStorage();
  const names = (session: ChatSession): readonly string[] => session.rooms.get().map(({ name }) => name);
  const first = world.enter("Ada", storage);
  await enterRoom(first, "late");
  const second = world.enter("Ada", storage);
  expect(names(second)).toEqual(["general", "random", "help", "late"]);
  second.leave("late");
  expect(names(world.enter("Ada", storage))).toEqual(["general", "random", "help"]);
});

test("[WB2] a person who comes back is in under the name they had, until they leave", async () => {
  const world = await startWorld();
  const storage = memoryStorage();
  const open = (): ChatApp =>
    new ChatApp(storage, ({ name, device }) => {
      const client = connect<ChatGateway>(world.url, { token: JSON.stringify({ name }), device });
      cleanups.push(() => client.close());
      return client;
    });
  const app = open();
  expect(app.presence.get()).toBeUndefined();
  app.enter("Ada");
  app.enter("Countess");
  const again = open();
  expect(again.presence.get()?.profile).toEqual(app.presence.get()?.profile);
  again.leave();
  expect(open().presence.get()).toBeUndefined();
});
