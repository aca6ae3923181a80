import { describe, expect, test } from "vitest";
import { at, Bench, hello, user } from "../../test/client-bench.ts";

describe("subscriptions", () => {
  test("[CC3] a room opened before the line asks when the line is there, with what it wants first", () => {
    const bench = new Bench();
    bench.join("1", 50);
    bench.join("2");
    bench.open();
    expect(bench.ops.slice(1)).toEqual([
      { type: "subscribe", id: 2, channel: "chat/1", start: { from: "recent", count: 50 } },
      { type: "subscribe", id: 3, channel: "chat/2", start: { from: "live" } },
    ]);
  });

  test("[CC3] all rooms with a position come back in one frame, new ones are asked for", () => {
    const bench = new Bench().open();
    bench.joined(7, "1");
    bench.joined(9, "2");
    bench.lose();
    bench.join("3");
    bench.pass();
    bench.ops.length = 0;
    bench.open();
    expect(bench.ops.slice(1)).toEqual([
      {
        type: "resume",
        id: 2,
        channels: [
          { channel: "chat/1", position: at(7) },
          { channel: "chat/2", position: at(9) },
        ],
      },
      { type: "subscribe", id: 3, channel: "chat/3", start: { from: "live" } },
    ]);
  });

  test("[CC3] more than 256 rooms come back in more than one frame", () => {
    const bench = new Bench().open();
    for (let room = 0; room < 257; room += 1) bench.joined(1, String(room));
    bench.ops.length = 0;
    bench.reopen();
    const sizes = bench.ops.map((op) => (op.type === "resume" ? op.channels.length : 0));
    expect(sizes).toEqual([0, 256, 1]);
  });

  test("[CC19] a room is joining, replaying up to the top, live, joining again", () => {
    const bench = new Bench().open();
    bench.join();
    bench.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(0), top: 2 });
    bench.event(1);
    expect(bench.statuses()).toEqual(["replaying"]);
    bench.event(2);
    bench.lose();
    expect(bench.statuses()).toEqual(["replaying", "live", "joining"]);
    const names = bench.done.flatMap((effect) => (effect.type === "status" ? [effect.name] : []));
    expect(names).toEqual(["chat/1", "chat/1", "chat/1"]);
  });

  test("[CC19] what a message did is told before the status that follows from it", () => {
    const bench = new Bench().open();
    bench.join();
    bench.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(0), top: 1 });
    bench.seen();
    bench.event(1);
    expect(bench.done.map(({ type }) => type)).toEqual(["message", "status"]);
  });

  test("[CC19] a refusal ends the room with its reason, and what it had to send", () => {
    const bench = new Bench().open();
    const room = bench.join();
    const ticket = bench.publish(room, "m1");
    const page = bench.core.history(room, { before: 9, count: 5 }, bench.nowMs);
    bench.answer("subscribe", { type: "error", code: "FORBIDDEN", message: "not a member" });
    expect(bench.seen("status", "failed")).toMatchObject([
      { info: { status: "refused", error: { code: "FORBIDDEN", message: "not a member" } } },
      {
        ticket,
        error: { name: "SendError", code: "FORBIDDEN", id: "m1", message: "Cannot send message: not a member" },
      },
      { ticket: page, error: { name: "ClientError", code: "FORBIDDEN", message: "Cannot read history: not a member" } },
    ]);
  });

  test("[CC19] a room that is refused when it comes back ends too, and the others come back", () => {
    const bench = new Bench().open();
    bench.joined(1, "1");
    bench.joined(1, "2");
    bench.joined(1, "3");
    bench.reopen();
    bench.seen();
    bench.answer("resume", {
      type: "resumed",
      channels: [
        { channel: "chat/1", error: { code: "FORBIDDEN", message: "no more" } },
        { channel: "chat/2", position: at(1), top: 1 },
      ],
    });
    const seen = bench.seen("status");
    expect(seen).toMatchObject([
      { name: "chat/1", info: { status: "refused", error: { message: "no more" } } },
      { name: "chat/2", info: { status: "live" } },
      { name: "chat/3", info: { status: "refused", error: { code: "PROTOCOL" } } },
    ]);
  });

  test("[CC19] a resume that is refused as a whole is refused for each of its rooms", () => {
    const bench = new Bench().open();
    bench.joined(1, "1");
    bench.joined(1, "2");
    bench.reopen();
    bench.seen();
    bench.answer("resume", { type: "error", code: "RATE_LIMITED", message: "slow", retryAfterMs: 900 });
    expect(bench.core.deadlineMs).toBe(bench.nowMs + 900);
    bench.pass();
    bench.answer("resume", { type: "error", code: "FORBIDDEN", message: "no" });
    expect(bench.statuses()).toEqual(["joining", "joining", "refused", "refused"]);
  });

  test.each(["subscribe", "resume"] as const)(
    "[CC19] a server that fails at %s is asked again, later each time, and why is told",
    (type) => {
      const bench = new Bench().open();
      const room = type === "subscribe" ? bench.join() : bench.joined();
      if (type === "resume") bench.reopen();
      bench.seen();
      const delays: number[] = [];
      for (const _ of [1, 2, 3]) {
        bench.answer(type, { type: "error", code: "INTERNAL", message: "The server failed" });
        delays.push(bench.core.deadlineMs - bench.nowMs);
        bench.pass();
      }
      expect(delays).toEqual([250, 500, 1000]);
      const told = { status: "joining", error: { code: "INTERNAL", message: "The server failed" } };
      expect(bench.seen("status")).toMatchObject([{ room, info: told }, { info: told }, { info: told }]);
      const subscribed = { channel: "chat/1", position: at(0), top: 0 };
      bench.answer(
        type,
        type === "resume" ? { type: "resumed", channels: [subscribed] } : { type: "subscribed", ...subscribed },
      );
      expect(bench.seen("status")).toMatchObject([{ info: { status: "live" } }]);
      expect(bench.core.deadlineMs).toBe(bench.nowMs + 40_000);
    },
  );

  test("[CC19] a room of which a resume says that the server failed is asked for again, the others stand", () => {
    const bench = new Bench().open();
    bench.joined(1, "1");
    bench.joined(1, "2");
    bench.reopen();
    bench.seen();
    const error = { code: "INTERNAL", message: "The server failed" } as const;
    bench.answer("resume", {
      type: "resumed",
      channels: [
        { channel: "chat/1", error },
        { channel: "chat/2", position: at(1), top: 1 },
      ],
    });
    bench.pass();
    expect(bench.last("resume")).toMatchObject({ channels: [{ channel: "chat/1", position: at(1) }] });
    bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(1), top: 1 }] });
    expect(bench.statuses()).toEqual(["joining", "live", "live"]);
  });

  test("[CC19] a refusal that passes is asked again later", () => {
    const bench = new Bench().open();
    bench.join();
    bench.answer("subscribe", { type: "error", code: "RATE_LIMITED", message: "slow", retryAfterMs: 700 });
    expect(bench.core.deadlineMs).toBe(bench.nowMs + 700);
    bench.ops.length = 0;
    bench.pass();
    expect(bench.ops).toMatchObject([{ type: "subscribe", channel: "chat/1" }]);
    bench.answer("subscribe", { type: "error", code: "STORAGE_UNAVAILABLE", message: "down" });
    expect(bench.core.deadlineMs).toBe(bench.nowMs + 500);
    expect(bench.statuses()).toEqual(["joining", "joining"]);
  });

  test("[CC3] on a new line nothing is waited for that the old one asked to wait for", () => {
    const bench = new Bench().open();
    bench.join();
    bench.answer("subscribe", { type: "error", code: "RATE_LIMITED", message: "slow", retryAfterMs: 60_000 });
    bench.lose();
    bench.pass();
    bench.ops.length = 0;
    bench.open();
    expect(bench.ops).toMatchObject([{ type: "auth" }, { type: "subscribe", channel: "chat/1" }]);
  });

  test("[CC3] a server that names a channel anew is asked by the new name, and heard by no other", () => {
    const bench = new Bench().open();
    bench.joined();
    bench.lose();
    bench.pass();
    bench.core.receiveToken(undefined, bench.nowMs);
    bench.say({ ...hello, channels: { chat: { ...hello.channels["chat"], pattern: "talk/:room" } } });
    bench.answer("auth", { type: "authenticated", user });
    bench.answer("resume", { type: "resumed", channels: [{ channel: "talk/1", position: at(0), top: 0 }] });
    bench.event(1, "chat/1");
    expect(bench.offsets()).toEqual([]);
    bench.event(1, "talk/1");
    expect(bench.offsets()).toEqual([1]);
  });

  test("[CC19] an answer of a kind that answers nothing ends the room, and says so", () => {
    const bench = new Bench().open();
    bench.join();
    bench.answer("subscribe", { type: "unsubscribed", channel: "chat/1" });
    expect(bench.seen("status")).toMatchObject([{ info: { status: "refused", error: { code: "PROTOCOL" } } }]);
  });

  test("[CC19] a channel the gateway does not have, or parameters its pattern does not take, are refused at hello", () => {
    const bench = new Bench();
    bench.core.join({ channel: "chats", params: {}, recentCount: 0 }, 0);
    bench.core.join({ channel: "constructor", params: {}, recentCount: 0 }, 0);
    bench.join("a/b");
    bench.open();
    bench.core.join({ channel: "lobby", params: { x: "1" }, recentCount: 0 }, 0);
    bench.take();
    expect(bench.seen("status")).toMatchObject([
      {
        info: {
          status: "refused",
          error: { code: "UNKNOWN_CHANNEL", message: "Cannot open chats: the gateway has chat, board, lobby" },
        },
      },
      { info: { status: "refused", error: { code: "UNKNOWN_CHANNEL" } } },
      { info: { status: "refused", error: { code: "BAD_CHANNEL" } } },
      { info: { status: "refused", error: { code: "BAD_CHANNEL" } } },
    ]);
  });

  test("[CC19] leaving tells the server, once, and nothing of the room is heard any more", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    bench.core.leave(room);
    bench.core.leave(room);
    bench.take();
    bench.event(1);
    expect(bench.ops.filter(({ type }) => type === "unsubscribe")).toEqual([
      { type: "unsubscribe", id: 3, channel: "chat/1" },
    ]);
    expect([bench.offsets(), bench.statuses().at(-1)]).toEqual([[], "left"]);
    const asked = bench.join("2");
    bench.core.leave(asked);
    bench.answer("subscribe", { type: "subscribed", channel: "chat/2", position: at(0), top: 0 });
    bench.lose();
    bench.core.leave(bench.join("3"));
    bench.take();
    expect(bench.statuses()).toEqual(["live", "left", "left", "left"]);
    expect(bench.ops.filter(({ type }) => type === "unsubscribe")).toHaveLength(2);
  });

  test("[CC19] an answer that comes after the room was left is dropped", () => {
    const bench = new Bench().open();
    bench.core.leave(bench.join());
    bench.answer("subscribe", { type: "error", code: "FORBIDDEN", message: "no" });
    expect(bench.statuses()).toEqual(["left"]);
  });
});
