import { describe, expect, test } from "vitest";
import { at, Bench, hello, user } from "../../test/client-bench.ts";
import type { Effect } from "./effect.ts";
import { Subscription } from "./subscription.ts";

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
    expect(bench.statuses()).toEqual(["refused", "refused"]);
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
    expect(bench.statuses()).toEqual([]);
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

describe("delivery", () => {
  test("[CC8] each message is delivered once, in order, with its position the next to resume from", () => {
    const bench = new Bench().open();
    bench.joined();
    for (const offset of [1, 2, 1, 2, 3, 3]) bench.event(offset);
    expect(bench.offsets()).toEqual([1, 2, 3]);
    bench.reopen();
    expect(bench.last("resume")).toMatchObject({ channels: [{ position: at(3) }] });
  });

  test("[CC8] a hole is never passed over: it is reported and asked for again, and what comes meanwhile waits for that", () => {
    const bench = new Bench().open();
    bench.joined();
    bench.event(1);
    bench.seen();
    bench.event(3);
    bench.event(2);
    bench.event(4);
    const reason = "Cannot deliver chat/1 3: the last was 1 and no gap was told; asking again from there";
    expect(bench.seen("message", "error", "status")).toMatchObject([
      { type: "error", error: { code: "PROTOCOL", message: reason } },
      { type: "status", info: { status: "joining" } },
    ]);
    bench.pass();
    expect(bench.last("resume")).toMatchObject({ channels: [{ channel: "chat/1", position: at(1) }] });
    bench.event(4);
    bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(1), top: 4 }] });
    for (const offset of [2, 3, 4]) bench.event(offset);
    expect(bench.offsets()).toEqual([2, 3, 4]);
  });

  test("[CC8] holes that come again and again are asked for less and less often, until a message comes", () => {
    const bench = new Bench().open();
    bench.joined();
    const delays: number[] = [];
    for (const _ of [1, 2, 3]) {
      bench.event(9);
      delays.push(bench.core.deadlineMs - bench.nowMs);
      bench.pass();
      bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(0), top: 9 }] });
    }
    bench.event(1);
    bench.event(9);
    expect([...delays, bench.core.deadlineMs - bench.nowMs]).toEqual([250, 500, 1000, 250]);
  });

  test("[CC8] the last offset with another tag is another log: it is asked for again", () => {
    const bench = new Bench().open();
    bench.joined(5);
    bench.event(5, "chat/1", 99);
    expect(bench.seen("error")).toHaveLength(1);
  });

  test("[CC9] a gap is told once, before the next message, and delivery goes on after it", () => {
    const bench = new Bench().open();
    bench.joined(1);
    bench.reopen();
    bench.seen();
    bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(5), top: 6 }] });
    bench.say({ type: "gap", channel: "chat/1", from: at(1), to: at(5), reason: "trimmed" });
    bench.event(6);
    expect(bench.seen("gap", "message", "status", "error")).toMatchObject([
      { type: "status", info: { status: "replaying" } },
      { type: "gap", gap: { from: 1, to: 5, reason: "trimmed" } },
      { type: "message", message: { offset: 6 } },
      { type: "status", info: { status: "live" } },
    ]);
  });

  test("[CC9] a gap to the newest is told before the room is live", () => {
    const bench = new Bench().open();
    bench.joined(9);
    bench.reopen();
    bench.seen();
    const to = { ...at(0, "f".repeat(16)), tag: 0 };
    bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: to, top: 0 }] });
    bench.say({ type: "gap", channel: "chat/1", from: at(9), to, reason: "epoch" });
    expect(bench.seen("gap", "status").map((effect) => (effect as Effect).type)).toEqual(["status", "gap", "status"]);
    bench.event(1);
    expect(bench.offsets()).toEqual([1]);
  });

  test("[CC19] a log that lost its newest below a room is not waited for", () => {
    const bench = new Bench().open();
    bench.join();
    bench.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(4), top: 9 });
    bench.event(5);
    bench.say({ type: "gap", channel: "chat/1", from: at(5), to: at(3), reason: "truncated" });
    expect(bench.statuses()).toEqual(["replaying", "live"]);
    bench.event(4);
    bench.reopen();
    bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(4), top: 9 }] });
    bench.say({ type: "gap", channel: "chat/1", from: at(4), to: at(7), reason: "trimmed" });
    expect(bench.statuses().at(-1)).toBe("replaying");
  });

  test("[CC9] a server that moves the position and tells no gap is not believed", () => {
    for (const position of [at(2), { ...at(1), tag: 7 }, at(1, "f".repeat(16))]) {
      const bench = new Bench().open();
      bench.joined(1);
      bench.reopen();
      bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position, top: 3 }] });
      bench.seen();
      bench.event(position.offset + 1);
      expect([bench.offsets(), bench.seen("error").length]).toEqual([[], 1]);
    }
  });

  test("[CC16] ephemeral events are passed on while the room stands", () => {
    const bench = new Bench().open();
    const message = { type: "ephemeral", channel: "chat/1", event: "typing", user, ttlMs: 10, data: {} } as const;
    bench.say(message);
    const room = bench.joined();
    bench.say(message);
    bench.lose();
    expect(bench.seen("unstored")).toEqual([{ type: "unstored", room, message }]);
  });

  test("[CC26] newest values are passed on while the room stands", () => {
    const bench = new Bench().open();
    const message = { type: "latest", channel: "chat/1", event: "price", snapshot: true, values: [] } as const;
    bench.say(message);
    const room = bench.joined();
    bench.say(message);
    bench.lose();
    expect(bench.seen("unstored")).toEqual([{ type: "unstored", room, message }]);
  });
});

describe("echo", () => {
  /** A room with a send that its application does not want to hear, under the id of the bench's next event. */
  function silent(): Bench {
    const bench = new Bench().open();
    const room = bench.joined();
    bench.core.publish(room, { event: "message", id: "m1", data: {}, isSilent: true }, bench.nowMs);
    bench.take();
    return bench;
  }

  test("[CC29] an own message that is not to be heard moves the position and is not told, before or after its ack", () => {
    const early = silent();
    early.event(1);
    early.ack(1);
    early.event(2);
    const late = silent();
    late.ack(1);
    late.event(1);
    late.event(2);
    expect([early.offsets(), late.offsets()]).toEqual([[2], [2]]);
  });

  test("[CC29] not when it is replayed either, stored before the line broke or by the retry", () => {
    for (const isAcked of [true, false]) {
      const bench = silent();
      if (isAcked) bench.ack(1);
      bench.reopen();
      bench.answer("resume", {
        type: "resumed",
        channels: [{ channel: "chat/1", position: at(0), top: 1 }],
      });
      bench.event(1);
      bench.event(2);
      expect(bench.offsets()).toEqual([2]);
    }
  });

  test("[CC29] another's message under that id is told, and so is every own that is to be heard", () => {
    const bench = silent();
    const other = { type: "event", channel: "chat/1", event: "message", tag: 1, user: { id: "u2" }, atMs: 0, data: 1 };
    bench.say({ ...other, offset: 1, messageId: "m1" });
    bench.event(2);
    bench.ack(3);
    expect(bench.offsets()).toEqual([1, 2]);
  });

  test("[CC29] after a gap everything is told, and what came before its ack is not waited for", () => {
    const bench = silent();
    bench.ack(1);
    bench.say({
      type: "gap",
      channel: "chat/1",
      from: at(0),
      to: { ...at(0), epoch: "f".repeat(16) },
      reason: "epoch",
    });
    bench.event(1);
    const again = silent();
    again.event(1);
    again.ack(1);
    again.say({ type: "gap", channel: "chat/1", from: at(1), to: at(0), reason: "truncated" });
    again.event(1);
    expect([bench.offsets(), again.offsets()]).toEqual([[1], [1]]);
  });

  test("[CC29] an own message that is to be heard is told, before or after its ack", () => {
    for (const isEarly of [true, false]) {
      const bench = new Bench().open();
      bench.publish(bench.joined(), "m1");
      if (!isEarly) bench.ack(1);
      bench.event(1);
      expect(bench.offsets()).toEqual([1]);
    }
  });

  test("[CC29] what came before its ack is not kept in mind", () => {
    const room = new Subscription({ id: 1, channel: "chat", params: {}, recentCount: 0 });
    room.stand({ channel: "chat", position: at(1), top: 1 });
    room.silence("m1", 1);
    room.silence("m2", 2);
    expect([room.isSilent("m1"), room.isSilent("m2"), room.isSilent("m2")]).toEqual([false, true, false]);
  });

  test("[CC29] a send that was refused is forgotten", () => {
    const bench = silent();
    bench.answer("publish", { type: "error", code: "FORBIDDEN", message: "no" });
    bench.event(1);
    expect(bench.offsets()).toEqual([1]);
  });
});

describe("bytes", () => {
  const bytes = new Uint8Array([1, 255, 0]);
  const base64 = "Af8A";
  const entry = { offset: 1, tag: 1, messageId: "m", user, atMs: 0 };

  function board(): { readonly bench: Bench; readonly room: number } {
    const bench = new Bench().open();
    const room = bench.core.join({ channel: "board", params: {}, recentCount: 0 }, bench.nowMs);
    bench.take();
    bench.answer("subscribe", { type: "subscribed", channel: "board", position: at(0), top: 0 });
    bench.seen();
    return { bench, room };
  }

  test("[CC28] the data of an event of bytes is bytes for the application, that of another is what it was", () => {
    const { bench } = board();
    bench.say({ type: "event", channel: "board", event: "update", ...entry, data: base64 });
    bench.say({ type: "event", channel: "board", event: "name", ...entry, offset: 2, data: base64 });
    bench.say({ type: "ephemeral", channel: "board", event: "pointer", user, ttlMs: 1, data: base64 });
    const values = [{ key: "", user, data: base64 }];
    bench.say({ type: "latest", channel: "board", event: "at", snapshot: true, values });
    expect(bench.seen("message", "unstored")).toMatchObject([
      { message: { data: bytes } },
      { message: { data: base64 } },
      { message: { data: bytes } },
      { message: { values: [{ key: "", data: bytes }] } },
    ]);
  });

  test("[CC28] in a page of history too", () => {
    const { bench, room } = board();
    bench.core.history(room, { before: 9, count: 9 }, bench.nowMs);
    bench.take();
    const events = ["update", "name"].map((event) => ({ event, ...entry, data: base64 }));
    bench.answer("history", { type: "history", channel: "board", epoch: at(0).epoch, events, more: false });
    expect(bench.seen("page")).toMatchObject([{ events: [{ data: bytes }, { data: base64 }] }]);
  });

  test("[CC28] bytes are sent as base64", () => {
    const { bench, room } = board();
    bench.publish(room, "m1", bytes, "update");
    bench.publish(room, "m2", bytes, "pointer");
    expect([bench.last("publish"), bench.last("ephemeral")]).toMatchObject([{ data: base64 }, { data: base64 }]);
  });
});

describe("presence", () => {
  const ada = { member: "d1", user: { id: "ada" } };
  const bob = { member: "d2", user: { id: "bob" } };

  test("[CC18] who is here is told as it changes, over lines too", () => {
    const bench = new Bench().open();
    const room = bench.join();
    bench.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(0), top: 0, members: [ada] });
    bench.say({ type: "presence", channel: "chat/1", joined: [bob], left: [] });
    bench.say({ type: "presence", channel: "chat/1", joined: [bob], left: ["d9"] });
    bench.say({ type: "presence", channel: "chat/1", joined: [], left: ["d1"] });
    bench.reopen();
    bench.answer("resume", {
      type: "resumed",
      channels: [{ channel: "chat/1", position: at(0), top: 0, members: [ada] }],
    });
    expect(bench.seen("presence")).toEqual([
      { type: "presence", room, change: { members: [ada], count: 1, joined: [ada], left: [] } },
      { type: "presence", room, change: { members: [ada, bob], count: 2, joined: [bob], left: [] } },
      { type: "presence", room, change: { members: [bob], count: 1, joined: [], left: [ada] } },
      { type: "presence", room, change: { members: [ada], count: 1, joined: [ada], left: [bob] } },
    ]);
  });
});
