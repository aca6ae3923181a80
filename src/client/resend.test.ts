import { afterEach, describe, expect, test, vi } from "vitest";
import { at, Bench } from "../../test/client-bench.ts";
import { FakeSocket, start } from "../../test/client-world.ts";

const dayMs = 86_400_000;

/** What the newest publish says of its first try. */
function retry(bench: Bench): unknown {
  const op = bench.last("publish");
  return op.type === "publish" ? op.retryAfterFirstMs : undefined;
}

afterEach(() => {
  FakeSocket.all = [];
  vi.useRealTimers();
});

describe("an id that is sent again", () => {
  const ends = {
    "was acknowledged": (bench: Bench) => bench.ack(1),
    "was given up on its way": (bench: Bench, ticket: number) => bench.core.abort(ticket, bench.nowMs),
    "failed the server": (bench: Bench) =>
      bench.answer("publish", { type: "error", code: "INTERNAL", message: "failed" }),
    "was given up between two lines": (bench: Bench, ticket: number) => {
      bench.lose();
      bench.core.abort(ticket, bench.nowMs);
      bench.pass();
      bench.open();
      bench.answer("resume", { type: "resumed", channels: [{ channel: "chat/1", position: at(0), top: 0 }] });
    },
  };

  test.each(Object.entries(ends))("[CC37] is a retry, counted from its first try, if it %s", (_, end) => {
    const bench = new Bench().open();
    const room = bench.joined();
    const firstMs = bench.nowMs;
    end(bench, bench.publish(room, "m1"));
    bench.nowMs += dayMs + 1;
    bench.publish(room, "m1");
    expect(retry(bench)).toBe(bench.nowMs - firstMs);
    bench.answer("publish", { type: "error", code: "FORBIDDEN", message: "no" });
    bench.nowMs += 1000;
    bench.publish(room, "m1");
    expect(retry(bench)).toBe(bench.nowMs - firstMs);
  });

  test("[CC37] is a retry in a room that was left and opened again, and none in another", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    bench.publish(room, "m1");
    bench.core.leave(room);
    bench.nowMs += 5;
    bench.publish(bench.joined(0, "2"), "m1");
    expect(retry(bench)).toBeUndefined();
    bench.publish(bench.joined(0, "1"), "m1");
    expect(retry(bench)).toBe(5);
  });

  const harmless = {
    "was never sent": (bench: Bench, room: number) => {
      const first = bench.publish(room, "m0");
      bench.core.abort(bench.publish(room, "m1"), bench.nowMs);
      bench.core.abort(first, bench.nowMs);
    },
    "was refused": (bench: Bench, room: number) => {
      bench.publish(room, "m1");
      bench.answer("publish", { type: "error", code: "FORBIDDEN", message: "no" });
    },
    "was too big": (bench: Bench, room: number) => void bench.publish(room, "m1", "x".repeat(300)),
  };

  test.each(Object.entries(harmless))("[CC37] is no retry if it %s: nothing was stored", (_, end) => {
    const bench = new Bench().open();
    const room = bench.joined();
    end(bench, room);
    bench.nowMs += 5;
    bench.publish(room, "m1");
    expect(bench.last("publish")).toMatchObject({ messageId: "m1" });
    expect(retry(bench)).toBeUndefined();
  });

  test("[CC37] is known among the last 1024, and no longer behind one more", () => {
    for (const [others, isKnown] of [
      [1023, true],
      [1024, false],
    ] as const) {
      const bench = new Bench().open();
      const room = bench.joined();
      for (let index = 0; index <= others; index += 1) {
        bench.publish(room, `m${index}`);
        bench.ack(index + 1);
      }
      bench.nowMs += 7;
      bench.publish(room, "m0");
      expect(retry(bench)).toBe(isKnown ? 7 : undefined);
    }
  });

  test("[CC37] is as old as the application says, by the wall clock, and never younger than now", () => {
    vi.useFakeTimers({ now: 1_000_000_000_000, toFake: ["Date"] });
    const { client, socket } = start();
    const room = client.chat({ room: "1" });
    socket.open().stand();
    void room.message.send({ text: "old" }, { id: "a", firstSentAtMs: Date.now() - dayMs });
    expect(socket.ops.at(-1)).toMatchObject({ messageId: "a", retryAfterFirstMs: dayMs });
    socket.answer("publish", { type: "ack", ...at(1), durability: "os", duplicate: true });
    void room.message.send({ text: "ahead" }, { id: "b", firstSentAtMs: Date.now() + 5000 });
    expect(socket.ops.at(-1)).toMatchObject({ messageId: "b", retryAfterFirstMs: 0 });
  });
});
