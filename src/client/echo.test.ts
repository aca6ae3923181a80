import { describe, expect, test } from "vitest";
import { at, Bench } from "../../test/client-bench.ts";
import { Subscription } from "./subscription.ts";

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
