import { describe, expect, test } from "vitest";
import { at, Bench, user } from "../../test/client-bench.ts";
import type { Effect } from "./effect.ts";

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
