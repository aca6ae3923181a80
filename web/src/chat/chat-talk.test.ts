/** What people do with messages and servers, on a real line: a gateway in this process, and the client as Node has it. */
import { createGateway, memoryBroker } from "switchboard";
import { channels, type ChatGateway } from "switchboard/chat";
import { connect } from "switchboard/client";
import { afterEach, expect, test } from "vitest";
import { contentOf, keyOf, type MessageContent } from "./changes.ts";
import { ChatSession } from "./chat-session.ts";
import { memoryStorage } from "./key-value-storage.ts";
import { peopleOf } from "./people.ts";
import { enterRoom, until } from "./room-setup.ts";
import type { RoomStore } from "./room-store.ts";
import { type StoredMessage, targetOf } from "./timeline.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Enter = (name: string, storage?: ReturnType<typeof memoryStorage>) => ChatSession;

async function startWorld(): Promise<Enter> {
  const gateway = createGateway({
    channels,
    broker: memoryBroker(),
    authenticate: ({ token = "" }) => ({ id: token.toLowerCase(), name: token }),
  });
  const { url } = await gateway.listen({ port: 0 });
  cleanups.push(() => gateway.close({ graceMs: 100 }));
  let deviceCount = 0;
  return (name, storage = memoryStorage()) => {
    const client = connect<ChatGateway>(url, { token: name, device: `${++deviceCount}`.padStart(32, "0") });
    const session = new ChatSession({ client, storage });
    cleanups.push(() => session.close());
    return session;
  };
}

function messagesOf(room: RoomStore): readonly StoredMessage[] {
  return room.view.get().timeline.entries.filter((entry) => entry.type === "message");
}

/** A message as it reads in a room now. */
function read(room: RoomStore, index = 0): MessageContent | undefined {
  const message = messagesOf(room)[index];
  const { changes } = room.view.get().timeline;
  if (message === undefined) return undefined;
  return contentOf(message, { amendment: changes.get(keyOf(targetOf(message))), pending: [], me: undefined });
}

async function said(room: RoomStore, count = 1): Promise<StoredMessage> {
  await until(room.view, () => messagesOf(room).length >= count);
  const message = messagesOf(room)[count - 1];
  if (message === undefined) throw new Error("Cannot find what was said");
  return message;
}

test("[WB26] one's own words can be changed and taken back, and everybody sees it, those who come later too", async () => {
  const enter = await startWorld();
  const [ada, bob] = [await enterRoom(enter("Ada")), await enterRoom(enter("Bob"))];
  ada.send("helo");
  const message = await said(ada);
  ada.change({ type: "edit", target: targetOf(message), text: "hello @Bob", mentions: [{ id: "bob", name: "Bob" }] });
  await until(bob.view, () => read(bob)?.isEdited === true);
  expect(read(bob)).toMatchObject({ text: "hello @Bob", mentions: [{ id: "bob" }] });
  bob.change({ type: "reaction", target: targetOf(message), emoji: "👍", isOn: true });
  await until(ada.view, () => read(ada)?.reactions.length === 1);
  ada.change({ type: "remove", target: targetOf(message) });
  await until(bob.view, () => read(bob)?.isRemoved === true);
  const grace = await enterRoom(enter("Grace"));
  expect(read(grace)).toMatchObject({ text: "hello @Bob", isRemoved: true, reactions: [{ users: [{ id: "bob" }] }] });
  expect(ada.view.get().timeline.pendingChanges).toEqual([]);
});

test("[WB26] a change of another's words shows only until the server refuses it, which is told in words", async () => {
  const enter = await startWorld();
  const [ada, bob] = [await enterRoom(enter("Ada")), await enterRoom(enter("Bob"))];
  ada.send("mine");
  const message = await said(bob);
  bob.change({ type: "edit", target: targetOf(message), text: "yours", mentions: [] });
  expect(bob.view.get().timeline.pendingChanges).toHaveLength(1);
  const { problem, timeline } = await until(bob.view, (view) => view.problem !== undefined);
  expect([problem, timeline.pendingChanges]).toEqual(["Only who wrote a message can change it", []]);
  bob.forgetProblem();
  expect([bob.view.get().problem, read(ada)?.text]).toEqual([undefined, "mine"]);
});

test("[WB22] who is called or answered is told so, and it is counted beside the unread", async () => {
  const enter = await startWorld();
  const [ada, bob] = [await enterRoom(enter("Ada")), await enterRoom(enter("Bob"))];
  bob.send("one", [{ id: "ada", name: "Ada" }]);
  bob.send("two");
  await said(ada, 2);
  expect(messagesOf(ada).map(({ callsMe }) => callsMe)).toEqual([true, false]);
  expect(ada.view.get()).toMatchObject({ unreadCount: 2, mentionCount: 1 });
  ada.setReplyTo(messagesOf(ada)[1]);
  ada.send("three");
  const answer = await said(bob, 3);
  expect(answer.replyTo).toEqual(targetOf(messagesOf(bob)[1] ?? answer));
  expect(ada.view.get().replyTo).toBeUndefined();
});

test("[WB17] a page of nothing but reactions is passed over, and a message further up is found", async () => {
  const enter = await startWorld();
  const ada = await enterRoom(enter("Ada"));
  ada.send("first");
  ada.send("second");
  const first = await said(ada);
  const second = await said(ada, 2);
  for (let index = 0; index < 60; index += 1) {
    ada.change({ type: "reaction", target: targetOf(second), emoji: "👍", isOn: index % 2 === 0 });
  }
  await until(ada.view, ({ timeline }) => timeline.newestOffset === 62);
  const bob = await enterRoom(enter("Bob"));
  expect(messagesOf(bob)).toHaveLength(0);
  expect(await bob.reveal(targetOf(first))).toBe(true);
  expect(messagesOf(bob).map(({ text }) => text)).toEqual(["first", "second"]);
  expect(read(bob, 1)?.reactions).toEqual([]);
  expect(await bob.reveal({ offset: 1, id: "other" })).toBe(false);
});

test("[WB23] a room that is opened for all is there for everybody on the server, and its address brings others there", async () => {
  const enter = await startWorld();
  const storage = memoryStorage();
  const [ada, bob] = [enter("Ada"), enter("Bob", storage)];
  await Promise.all([enterRoom(ada, "acme.general"), enterRoom(bob, "acme.general")]);
  const names = (session: ChatSession): readonly string[] => session.rooms.get().map(({ name }) => name);
  expect(names(ada)).toEqual(["general", "random", "help", "acme.general"]);
  ada.openForAll("acme.late");
  await until(bob.rooms, () => names(bob).includes("acme.late"));
  bob.open("acme.secret");
  expect([bob.isForAll("acme.late"), bob.isForAll("acme.secret"), bob.isForAll("random")]).toEqual([true, false, true]);
  expect(names(bob)).toEqual([...names(ada), "acme.secret"]);
  const late = enter("Grace");
  late.open("acme.general");
  await until(late.rooms, () => names(late).includes("acme.late"));
  bob.close();
  const again = enter("Bob", storage);
  await until(again.rooms, () => names(again).includes("acme.late"));
  expect(again.servers.get().map(({ name }) => name)).toEqual(["home", "acme"]);
  again.visit("acme.late");
  expect([again.lastRoomOf("acme"), again.lastRoomOf("home")]).toEqual(["acme.late", "general"]);
  again.leaveServer("acme");
  again.leaveServer("home");
  expect(names(again)).toEqual(["general", "random", "help"]);
  expect(names(enter("Bob", storage))).toEqual(["general", "random", "help"]);
});

test("[WB19] who looks elsewhere is seen to be away, by those who come later too, until they are back", async () => {
  const enter = await startWorld();
  const ada = enter("Ada");
  const bob = enter("Bob");
  const [, bobs] = [await enterRoom(ada), await enterRoom(bob)];
  const isAway = (room: RoomStore): boolean | undefined => {
    const { members, away } = room.view.get();
    return peopleOf(members, { me: undefined, away }).people.find(({ user }) => user.id === "ada")?.isAway;
  };
  ada.setAway(true);
  await until(bobs.view, () => isAway(bobs) === true);
  const graces = await enterRoom(enter("Grace"));
  await until(graces.view, () => isAway(graces) === true);
  const late = await enterRoom(ada, "late"); // A room that is opened while one is away.
  const there = await enterRoom(bob, "late");
  await until(there.view, () => isAway(there) === true);
  late.leave();
  ada.setAway(false);
  await until(graces.view, () => isAway(graces) === false);
  expect(graces.view.get().away.size).toBe(0);
});

test("[WB9] what one tab has read is read in the other", async () => {
  const enter = await startWorld();
  const storage = memoryStorage();
  const ada = await enterRoom(enter("Ada"));
  const [one, other] = [enter("Bob", storage), enter("Bob", storage)];
  const [here, there] = [await enterRoom(one), await enterRoom(other)];
  ada.send("news");
  await Promise.all([said(here), said(there)]);
  expect(there.view.get().unreadCount).toBe(1);
  here.setPlace("end");
  other.readElsewhere();
  expect(there.view.get()).toMatchObject({ unreadCount: 0, readOffset: 1, lineOffset: 1 });
});
