import { describe, expect, test } from "vitest";
import { at, Bench } from "../../test/client-bench.ts";

const params = { room: "1" };
const subscribed = { type: "subscribed", channel: "chat/1", position: at(3), top: 4, definition: "chat", params };

describe("rooms that the server opens", () => {
  test("[CC33] one is told first, then what comes in it, and it comes back with the others", () => {
    const bench = new Bench().open();
    bench.done.length = 0;
    bench.say(subscribed);
    bench.event(4);
    expect(bench.done).toMatchObject([
      { type: "room", channel: "chat", params },
      { type: "status", name: "chat/1", info: { status: "replaying" } },
      { type: "message", message: { offset: 4 } },
      { type: "status", info: { status: "live" } },
    ]);
    bench.reopen();
    expect(bench.last("resume")).toMatchObject({ channels: [{ channel: "chat/1", position: at(4) }] });
  });

  test("[CC33] a room that was asked for, or stands already, is not opened again", () => {
    const bench = new Bench().open();
    bench.join();
    bench.say(subscribed);
    expect(bench.statuses()).toEqual([]);
    bench.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(5), top: 5 });
    bench.say(subscribed);
    bench.event(6);
    expect([bench.statuses(), bench.offsets(), bench.seen("room")]).toEqual([["live"], [6], []]);
  });

  test("[CC33] one of a channel that is not known is none", () => {
    const bench = new Bench().open();
    bench.say({ ...subscribed, definition: "chats" });
    bench.say({ type: "subscribed", channel: "chat/2", position: at(3), top: 3 });
    bench.event(4);
    expect(bench.seen("room", "message")).toEqual([]);
  });

  test("[CC34] a room that the server ends is left, with the reason, and what waits in it is rejected", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    bench.publish(room, "m1");
    bench.done.length = 0;
    bench.say({ type: "unsubscribed", channel: "chat/1", error: { code: "FORBIDDEN", message: "You were removed" } });
    bench.say({ type: "unsubscribed", channel: "chat/1" });
    expect(bench.seen("status", "failed")).toMatchObject([
      { info: { status: "left", error: { code: "FORBIDDEN", message: "You were removed" } } },
      { error: { code: "FORBIDDEN", message: "Cannot send message: You were removed" } },
    ]);
    const other = bench.joined(0, "2");
    bench.say({ type: "unsubscribed", channel: "chat/2" });
    expect(bench.seen("status").at(-1)).toMatchObject({ room: other, info: { status: "left" } });
  });

  test("[CC33] an answer to a request that nobody waits for opens nothing", () => {
    const bench = new Bench().open();
    bench.say({ ...subscribed, id: 99 });
    bench.say({ type: "unsubscribed", id: 99, channel: "chat/1" });
    expect(bench.seen("room", "error")).toEqual([]);
  });
});

describe("a crowd", () => {
  const ada = { member: "d1", user: { id: "u1" } };
  const bob = { member: "d2", user: { id: "u2" } };
  const presence = { type: "presence", channel: "chat/1", joined: [], left: [] };

  test("[CC35] past a list its number is told, and then the list again, in which all have joined", () => {
    const bench = new Bench().open();
    bench.join();
    const stands = { type: "subscribed", channel: "chat/1", position: at(0), top: 0, members: [ada] } as const;
    bench.answer("subscribe", stands);
    bench.say({ ...presence, memberCount: 1001 });
    bench.say({ ...presence, memberCount: 1001 });
    bench.say({ ...presence, memberCount: 1002 });
    bench.say({ ...presence, members: [ada, bob] });
    bench.say({ ...presence, left: ["d1"] });
    expect(bench.seen("presence")).toMatchObject([
      { change: { members: [ada], count: 1, joined: [ada] } },
      { change: { members: [], count: 1001, joined: [], left: [] } },
      { change: { members: [], count: 1002, joined: [], left: [] } },
      { change: { members: [ada, bob], count: 2, joined: [ada, bob], left: [] } },
      { change: { members: [bob], count: 1, joined: [], left: [ada] } },
    ]);
  });

  test("[CC35] who comes into a crowd is told its number", () => {
    const bench = new Bench().open();
    bench.join();
    bench.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(0), top: 0, memberCount: 5000 });
    expect(bench.seen("presence")).toMatchObject([{ change: { members: [], count: 5000, joined: [], left: [] } }]);
  });
});

test("[CC36] history is read the other way when it is asked for what is after an offset", () => {
  const bench = new Bench().open();
  const room = bench.joined();
  bench.core.history(room, { after: 3, count: 5 }, bench.nowMs);
  bench.take();
  const { id, ...asked } = bench.last("history");
  expect([typeof id, asked]).toEqual(["number", { type: "history", channel: "chat/1", after: 3, count: 5 }]);
});
