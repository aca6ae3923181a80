import { describe, expect, test } from "vitest";
import { at, Bench } from "../../test/client-bench.ts";

describe("calling", () => {
  test("[CC30] a call waits for its room, and is settled by its result", () => {
    const bench = new Bench();
    const room = bench.join();
    const ticket = bench.call(room, "roll", { sides: 6 });
    bench.open();
    expect(bench.ops.some(({ type }) => type === "call")).toBe(false);
    bench.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(0), top: 0 });
    expect(bench.last("call")).toEqual({ type: "call", id: 3, channel: "chat/1", method: "roll", data: { sides: 6 } });
    bench.answer("call", { type: "result", data: { value: 4 } });
    bench.answer("call", { type: "result", data: { value: 5 } });
    expect(bench.seen("result", "failed")).toEqual([{ type: "result", ticket, data: { value: 4 } }]);
  });

  test("[CC30] an error, and an answer of another kind, reject it", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    bench.call(room, "roll");
    bench.answer("call", { type: "error", code: "FORBIDDEN", message: "You may not" });
    bench.call(room, "roll");
    bench.answer("call", { type: "unsubscribed", channel: "chat/1" });
    expect(bench.seen("failed")).toMatchObject([
      { error: { code: "FORBIDDEN", message: "You may not" } },
      { error: { code: "PROTOCOL" } },
    ]);
  });

  test("[CC31] a call that is on its way when the line breaks is rejected, one that is not is made on the next", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    const ticket = bench.call(room, "roll");
    bench.lose();
    const waiting = bench.call(room, "spin");
    expect(bench.seen("failed")).toMatchObject([
      {
        ticket,
        error: {
          code: "DISCONNECTED",
          message: "Cannot call roll: the line broke; it may have been done nevertheless",
        },
      },
    ]);
    bench.pass();
    bench.ops.length = 0;
    bench.open();
    bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(0), top: 0 }] });
    expect(bench.ops.filter(({ type }) => type === "call")).toMatchObject([{ method: "spin" }]);
    bench.answer("call", { type: "result" });
    expect(bench.seen("result")).toEqual([{ type: "result", ticket: waiting, data: undefined }]);
  });

  test("[CC31] a call that waits for its room while the line breaks was not sent, and is not rejected", () => {
    const bench = new Bench().open();
    bench.call(bench.join(), "roll");
    bench.lose();
    expect(bench.seen("failed")).toEqual([]);
  });

  test("[CC31] a rate limit delays a call: it was not begun", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    bench.call(room, "roll");
    bench.answer("call", { type: "error", code: "RATE_LIMITED", message: "slow", retryAfterMs: 900 });
    expect(bench.core.deadlineMs).toBe(bench.nowMs + 900);
    bench.ops.length = 0;
    bench.pass();
    expect(bench.ops).toMatchObject([{ type: "call", method: "roll" }]);
  });

  test("[CC32] what cannot be sent is rejected at once, and so is a call of a room that ended", () => {
    const bench = new Bench({ maxPendingCount: 1 }).open();
    const room = bench.joined();
    bench.call(room, "roll", "x".repeat(300));
    bench.call(room, "roll", Symbol("no JSON"));
    bench.call(99, "roll");
    bench.call(room, "roll");
    bench.call(room, "roll");
    bench.core.leave(room);
    bench.take();
    expect(bench.seen("failed")).toMatchObject([
      { error: { code: "TOO_BIG", message: expect.stringContaining("Cannot call roll: it is ") as unknown } },
      { error: { code: "BAD_DATA", message: "Cannot call roll: it is not JSON" } },
      { error: { code: "CLOSED", message: "Cannot call roll: the room is closed" } },
      { error: { code: "QUEUE_FULL" } },
      { error: { code: "CLOSED" } },
    ]);
  });
});
