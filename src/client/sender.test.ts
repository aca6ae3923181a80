import { describe, expect, test } from "vitest";
import { at, Bench, user } from "../../test/client-bench.ts";

describe("sending", () => {
  test("[CC10] a publish waits for its room, and is settled by its ack", () => {
    const bench = new Bench();
    const room = bench.join();
    const ticket = bench.publish(room, "m1", { text: "hi" });
    bench.open();
    expect(bench.ops.some(({ type }) => type === "publish")).toBe(false);
    bench.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(0), top: 0 });
    expect(bench.last("publish")).toEqual({
      type: "publish",
      id: 3,
      channel: "chat/1",
      event: "message",
      messageId: "m1",
      data: { text: "hi" },
    });
    bench.ack(1);
    bench.ack(1);
    const ack = { id: "m1", offset: 1, durability: "fsync", duplicate: false };
    expect(bench.seen("sent", "failed")).toEqual([{ type: "sent", ticket, ack }]);
  });

  test("[CC10] one whose line broke is sent again under its id, as a retry; one that was never sent is none", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    bench.publish(room, "m1");
    bench.publish(room, "m2");
    bench.nowMs += 100;
    bench.lose();
    bench.pass();
    bench.open();
    bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(0), top: 0 }] });
    expect(bench.last("publish")).toMatchObject({ messageId: "m1", retryAfterFirstMs: bench.nowMs - 1000 });
    bench.ack(1);
    expect(bench.last("publish")).toMatchObject({ messageId: "m2" });
    expect(bench.last("publish")).not.toHaveProperty("retryAfterFirstMs");
  });

  test("[CC11] the publishes of a room go one after the other, those of two rooms side by side", () => {
    const bench = new Bench().open();
    const [one, two] = [bench.joined(0, "1"), bench.joined(0, "2")];
    bench.publish(one, "a");
    bench.publish(one, "b");
    bench.publish(two, "c");
    const ids = (): string[] => bench.ops.flatMap((op) => (op.type === "publish" ? [op.messageId] : []));
    expect(ids()).toEqual(["a", "c"]);
    bench.ack(1);
    expect(ids()).toEqual(["a", "c"]);
    bench.say({ type: "ack", id: 4, ...at(1), durability: "fsync", duplicate: false });
    expect(ids()).toEqual(["a", "c", "b"]);
  });

  test("[CC12] a rate limit or a store that is down delays a publish, before all later ones, and is no retry", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    bench.publish(room, "m1");
    bench.publish(room, "m2");
    bench.answer("publish", { type: "error", code: "RATE_LIMITED", message: "slow", retryAfterMs: 3000 });
    expect(bench.core.deadlineMs).toBe(bench.nowMs + 3000);
    bench.core.tick(bench.nowMs + 2999);
    bench.take();
    expect(bench.ops.filter(({ type }) => type === "publish")).toHaveLength(1);
    bench.pass();
    expect(bench.last("publish")).toMatchObject({ messageId: "m1" });
    expect(bench.last("publish")).not.toHaveProperty("retryAfterFirstMs");
    bench.answer("publish", { type: "error", code: "STORAGE_UNAVAILABLE", message: "down" });
    expect(bench.core.deadlineMs).toBe(bench.nowMs + 500);
    bench.pass();
    bench.ack(1);
    expect(bench.last("publish")).toMatchObject({ messageId: "m2" });
    expect(bench.seen("failed")).toEqual([]);
  });

  test("[CC12] an ack ends the count of delays", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    const delays: number[] = [];
    for (const id of ["m1", "m2"]) {
      bench.publish(room, id);
      for (const _ of [1, 2]) {
        bench.answer("publish", { type: "error", code: "STORAGE_UNAVAILABLE", message: "down" });
        delays.push(bench.core.deadlineMs - bench.nowMs);
        bench.pass();
      }
      bench.ack(1);
    }
    expect(delays).toEqual([250, 500, 250, 500]);
  });

  test("[CC10] an answer never settles a request of an earlier line", () => {
    const bench = new Bench().open();
    bench.publish(bench.joined(), "m1");
    bench.reopen();
    bench.say({ type: "ack", id: 3, ...at(1), durability: "os", duplicate: false });
    expect(bench.seen("sent", "failed")).toEqual([]);
  });

  test("[CC12] any other error is final, and the next one is sent", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    const ticket = bench.publish(room, "m1");
    bench.publish(room, "m2");
    bench.answer("publish", { type: "error", code: "FORBIDDEN", message: "read only" });
    expect(bench.seen("failed")).toMatchObject([
      { ticket, error: { name: "SendError", code: "FORBIDDEN", id: "m1", message: "read only" } },
    ]);
    bench.answer("publish", { type: "unsubscribed", channel: "chat/1" });
    expect(bench.seen("failed")).toMatchObject([{ error: { code: "PROTOCOL", id: "m2" } }]);
  });

  test("[CC13] maxPendingCount requests may wait; one more is refused, and there is room again after an answer", () => {
    const bench = new Bench({ maxPendingCount: 2 }).open();
    const room = bench.joined();
    bench.publish(room, "m1");
    bench.core.history(room, { before: 1, count: 1 }, bench.nowMs);
    bench.take();
    bench.publish(room, "m2");
    bench.core.history(room, { before: 1, count: 1 }, bench.nowMs);
    bench.take();
    expect(bench.seen("failed")).toMatchObject([
      { error: { code: "QUEUE_FULL", message: "Cannot send message: 2 requests wait for the line" } },
      { error: { code: "QUEUE_FULL", message: "Cannot read history: 2 requests wait for the line" } },
    ]);
    bench.ack(1);
    bench.publish(room, "m3");
    bench.answer("history", { type: "history", channel: "chat/1", epoch: at(0).epoch, events: [], more: false });
    bench.publish(room, "m4");
    expect(bench.seen("failed")).toEqual([]);
  });

  const cyclic: { self?: object } = {};
  cyclic.self = cyclic;
  const refused = [
    [Symbol("data"), "BAD_DATA", "it is not JSON"],
    [() => 1, "BAD_DATA", "it is not JSON"],
    [cyclic, "BAD_DATA", "it is not JSON: TypeError"],
    [1n, "BAD_DATA", "it is not JSON: TypeError"],
    ["\ud800", "BAD_DATA", "a text has half of a surrogate pair"],
    [JSON.parse("[".repeat(32) + "]".repeat(32)), "BAD_DATA", "it nests deeper than 32"],
    ["x".repeat(300), "TOO_BIG", "the limit is 300 bytes"],
  ] as const;
  test.each(refused)(
    "[CC14] data that no server would take (%#) is refused here, and does not cost the line",
    (data, code, reason) => {
      const bench = new Bench().open();
      const room = bench.joined();
      bench.publish(room, "m1", data);
      bench.publish(room, "m2");
      expect(bench.seen("failed")).toMatchObject([
        { error: { code, message: expect.stringContaining(reason), id: "m1" } },
      ]);
      expect(bench.last("publish")).toMatchObject({ messageId: "m2" });
    },
  );

  test("[CC14] 31 levels in the data are not too many", () => {
    const bench = new Bench().open();
    bench.publish(bench.joined(), "m1", JSON.parse("[".repeat(31) + "]".repeat(31)));
    expect(bench.last("publish")).toMatchObject({ messageId: "m1" });
  });

  test("[CC14] an event the channel does not have is refused, as soon as that is known", () => {
    const bench = new Bench();
    const room = bench.join();
    bench.publish(room, "m1", {}, "mesage");
    expect(bench.seen("failed")).toEqual([]);
    bench.open();
    bench.publish(room, "m2", {}, "constructor");
    expect(bench.seen("failed")).toMatchObject([
      { error: { code: "UNKNOWN_EVENT", id: "m1", message: "Cannot send mesage: chat has message, typing, price" } },
      { error: { code: "UNKNOWN_EVENT", id: "m2" } },
    ]);
  });

  test("[CC15] giving up a publish says whether it may be stored nevertheless", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    const [sent, waiting] = [bench.publish(room, "m1"), bench.publish(room, "m2")];
    bench.core.abort(waiting, bench.nowMs);
    bench.core.abort(sent, bench.nowMs);
    bench.core.abort(sent, bench.nowMs);
    bench.take();
    const next = bench.publish(room, "m3");
    bench.say({ type: "ack", id: 3, ...at(1), durability: "fsync", duplicate: false });
    expect(bench.seen("failed", "sent")).toMatchObject([
      { ticket: waiting, error: { code: "ABORTED", message: "Cannot send message: given up" } },
      {
        ticket: sent,
        error: { code: "ABORTED", message: "Cannot send message: given up; it may be stored nevertheless" },
      },
    ]);
    bench.reopen();
    bench.core.abort(next, bench.nowMs);
    bench.take();
    expect(bench.seen("failed")).toMatchObject([{ error: { message: expect.stringContaining("nevertheless") } }]);
  });

  test("[CC15] the error of one that was given up is dropped", () => {
    const bench = new Bench().open();
    const ticket = bench.publish(bench.joined(), "m1");
    bench.core.abort(ticket, bench.nowMs);
    bench.answer("publish", { type: "error", code: "FORBIDDEN", message: "no" });
    expect(bench.seen("failed")).toHaveLength(1);
  });

  test.each(["typing", "price"])(
    "[CC16] %s, which is not stored, is sent now or never, says which, and never fails",
    (event) => {
      const bench = new Bench();
      const room = bench.join();
      bench.publish(room, "x", {}, event);
      bench.open();
      bench.publish(room, "x", {}, event);
      bench.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(0), top: 0 });
      bench.publish(room, "x", { a: 1 }, event);
      expect(bench.ops.filter(({ type }) => type === "ephemeral")).toEqual([
        { type: "ephemeral", id: 3, channel: "chat/1", event, data: { a: 1 } },
      ]);
      bench.answer("ephemeral", { type: "error", code: "RATE_LIMITED", message: "slow" });
      bench.lose();
      bench.publish(room, "x", {}, event);
      const acks = [false, false, true, false];
      expect(bench.seen("sent", "failed", "error")).toEqual(
        acks.map((ack, index) => ({ type: "sent", ticket: index + 1, ack })),
      );
    },
  );

  test("[CC22] an error that answers nothing we wait for is reported", () => {
    const bench = new Bench().open();
    bench.say({ type: "error", id: 77, code: "FORBIDDEN", message: "no typing here" });
    bench.say({ type: "error", code: "BAD_MESSAGE", message: "what?" });
    expect(bench.seen("error")).toMatchObject([{ error: { code: "FORBIDDEN" } }, { error: { code: "BAD_MESSAGE" } }]);
  });
});

describe("history", () => {
  test("[CC17] a page is read once the room stands, and asked for again on the next line", () => {
    const bench = new Bench().open();
    const room = bench.join();
    const ticket = bench.core.history(room, { before: 7, count: 3 }, bench.nowMs);
    bench.answer("subscribe", { type: "subscribed", channel: "chat/1", position: at(9), top: 9 });
    expect(bench.last("history")).toEqual({ type: "history", id: 3, channel: "chat/1", before: 7, count: 3 });
    bench.core.tick(bench.nowMs);
    bench.reopen();
    bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(9), top: 9 }] });
    const event = { event: "message", offset: 6, tag: 6, messageId: "m6", user, atMs: 0, data: {} };
    bench.answer("history", { type: "history", channel: "chat/1", epoch: at(0).epoch, events: [event], more: true });
    expect(bench.ops.filter(({ type }) => type === "history")).toHaveLength(2);
    expect(bench.seen("page", "failed")).toEqual([{ type: "page", ticket, events: [event], more: true }]);
  });

  test("[CC17] a page is delayed by a rate limit and fails by any other error", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    const ticket = bench.core.history(room, { before: 7, count: 3 }, bench.nowMs);
    bench.take();
    bench.answer("history", { type: "error", code: "RATE_LIMITED", message: "slow", retryAfterMs: 800 });
    expect(bench.core.deadlineMs).toBe(bench.nowMs + 800);
    bench.pass();
    bench.answer("history", { type: "error", code: "INTERNAL", message: "failed" });
    expect(bench.seen("failed")).toMatchObject([{ ticket, error: { code: "INTERNAL", message: "failed" } }]);
    bench.core.history(room, { before: 7, count: 3 }, bench.nowMs);
    bench.take();
    bench.answer("history", { type: "unsubscribed", channel: "chat/1" });
    expect(bench.seen("failed")).toMatchObject([{ error: { code: "PROTOCOL" } }]);
  });

  test("[CC17] a page that comes after the room was left is dropped", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    bench.core.history(room, { before: 7, count: 3 }, bench.nowMs);
    bench.core.leave(room);
    bench.take();
    bench.answer("history", { type: "history", channel: "chat/1", epoch: at(0).epoch, events: [], more: false });
    expect(bench.seen("page", "failed")).toMatchObject([{ type: "failed", error: { code: "CLOSED" } }]);
  });
});
