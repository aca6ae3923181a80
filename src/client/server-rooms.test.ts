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
