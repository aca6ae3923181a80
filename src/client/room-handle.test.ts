import { afterEach, describe, expect, test } from "vitest";
import { at, user } from "../../test/client-bench.ts";
import { FakeSocket, line, start } from "../../test/client-world.ts";
import type { ClientError, Gap, Message, PresenceChange, RoomStatusInfo } from "./index.ts";

afterEach(() => {
  FakeSocket.all = [];
});

describe("a room", () => {
  test("[CC19] the same parameters give the same room, until it has ended", () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    expect(client.chat({ room: "1" })).toBe(room);
    expect(client.chat({ room: "2" })).not.toBe(room);
    expect(client.lobby()).toBe(client.lobby({}));
    expect([room.name, room.status]).toEqual([undefined, "joining"]);
    socket.open();
    room.leave();
    expect(room.status).toBe("left");
    expect(client.chat({ room: "1" })).not.toBe(room);
  });

  test("[CC1] channels, events and calls are the same each time they are read", () => {
    const { client } = start();
    const room = client.chat({ room: "1" });
    expect([client.chat, room.message]).toEqual([client.chat, room.message]);
    expect(client.chat === client.chat && room.message === room.message).toBe(true);
  });

  test("[CC19] its name and status are there when they are known", () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const infos: RoomStatusInfo[] = [];
    room.onStatus((info) => infos.push(info));
    socket.open();
    socket.ops.length = 0;
    client.chat({ room: "2" }, { recent: 7 });
    expect(socket.ops).toMatchObject([{ channel: "chat/2", start: { from: "recent", count: 7 } }]);
    socket.answer("subscribe", { type: "error", code: "FORBIDDEN", message: "no" });
    socket.say({ type: "subscribed", id: 2, channel: "chat/1", position: at(0), top: 0 });
    expect([room.name, room.status, infos]).toEqual(["chat/1", "live", [{ status: "live" }]]);
  });

  test("[CC8] listeners and loops get each message once, and know whose it is", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const heard: Message[] = [];
    const end = room.message.on((message) => heard.push(message));
    const loop = room.message[Symbol.asyncIterator]();
    socket.open().stand();
    socket.event(1, "u1");
    socket.event(1, "u1");
    end();
    socket.event(2);
    const first = {
      event: "message",
      data: { text: "hi" },
      id: "m1",
      user: { id: "u1" },
      offset: 1,
      atMs: 5,
      isMine: true,
    };
    expect(heard).toEqual([first]);
    expect([await loop.next(), await loop.next()]).toMatchObject([
      { value: first },
      { value: { id: "m2", isMine: false } },
    ]);
  });

  test("[CC22] a listener that throws keeps neither the next message nor the others away", () => {
    const { client, socket } = start();
    const errors: ClientError[] = [];
    client.onError((error) => errors.push(error));
    const room = client.chat({ room: "1" });
    room.message.on(() => {
      throw new Error("no");
    });
    const heard: number[] = [];
    room.message.on(({ offset }) => heard.push(offset));
    socket.open().stand();
    socket.event(1);
    socket.event(2);
    expect([heard, errors.map(({ code }) => code)]).toEqual([
      [1, 2],
      ["LISTENER", "LISTENER"],
    ]);
  });

  test("[CC8] what a listener asks of the client is done after what was under way", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const heard: number[] = [];
    room.message.on(({ offset }) => {
      heard.push(offset);
      if (offset === 1) room.leave();
    });
    socket.open().stand();
    socket.event(1);
    socket.event(2);
    expect([heard, room.status]).toEqual([[1], "left"]);
    await expect(room.message.send({ text: "late" }, { id: "x" })).rejects.toMatchObject({ code: "CLOSED", id: "x" });
  });

  test("[CC9] a gap is told between the messages it lies between", () => {
    const { client, clock, socket } = start();
    const room = client.chat({ room: "1" });
    const heard: (number | Gap)[] = [];
    room.message.on(({ offset }) => heard.push(offset));
    room.onGap((gap) => heard.push(gap));
    socket.open().stand();
    socket.event(1);
    socket.lose();
    clock.pass(250);
    line()
      .open()
      .answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(4), top: 5 }] });
    line().say({ type: "gap", channel: "chat/1", from: at(1), to: at(4), reason: "trimmed" });
    line().event(5);
    expect(heard).toEqual([1, { from: 1, to: 4, reason: "trimmed" }, 5]);
  });

  test("[CC17] history gives messages as they would have come, and asks for the newest 50 by itself", async () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const reading = room.history();
    const failing = room.history({ before: 7, count: 2 });
    socket.open().stand();
    const [first, second] = socket.ops.filter(({ type }) => type === "history");
    expect([first, second]).toMatchObject([
      { before: Number.MAX_SAFE_INTEGER, count: 50 },
      { before: 7, count: 2 },
    ]);
    const entry = { event: "message", offset: 3, tag: 3, messageId: "m3", user, atMs: 5, data: { text: "x" } };
    socket.answer("history", { type: "error", code: "INTERNAL", message: "no" });
    socket.say({
      type: "history",
      id: first?.["id"],
      channel: "chat/1",
      epoch: at(0).epoch,
      events: [entry],
      more: true,
    });
    const message = { event: "message", data: { text: "x" }, id: "m3", user, offset: 3, atMs: 5, isMine: true };
    expect(await reading).toEqual({ messages: [message], more: true });
    await expect(failing).rejects.toMatchObject({ code: "INTERNAL" });
  });

  test("[CC18] presence is who is here, and what changed", () => {
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    const ada = { member: "d1", user: { id: "ada" } };
    const changes: PresenceChange[] = [];
    room.presence.on((change) => changes.push(change));
    expect(room.presence.members).toEqual([]);
    socket.open().stand(0, { members: [ada] });
    socket.say({ type: "presence", channel: "chat/1", joined: [], left: ["d1"] });
    expect(changes).toEqual([
      { members: [ada], count: 1, joined: [ada], left: [] },
      { members: [], count: 0, joined: [], left: [ada] },
    ]);
    expect([room.presence.members, room.presence.count]).toEqual([[], 0]);
  });
});
