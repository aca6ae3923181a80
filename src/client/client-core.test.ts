import { describe, expect, test } from "vitest";
import { Bench, device, hello, user } from "../../test/client-bench.ts";

describe("a line", () => {
  test("[CC2] it is dialled at once, and auth follows when both the hello and the token are there", () => {
    const bench = new Bench();
    expect(bench.seen("dial", "state")).toEqual([{ type: "state", info: { state: "connecting" } }, { type: "dial" }]);
    bench.core.receiveToken("secret", 1000);
    bench.take();
    expect(bench.ops).toEqual([]);
    bench.say(hello);
    expect(bench.ops).toEqual([{ type: "auth", id: 1, device, token: "secret" }]);
    bench.answer("auth", { type: "authenticated", user });
    expect(bench.seen("state", "server")).toEqual([
      { type: "server", durability: "fsync", limits: hello.limits },
      { type: "state", info: { state: "open", user } },
    ]);
  });

  test("[CC2] a token that comes late, or none, does as well", () => {
    const bench = new Bench();
    bench.say(hello);
    expect(bench.ops).toEqual([]);
    bench.core.receiveToken(undefined, 1000);
    bench.take();
    expect(bench.ops).toEqual([{ type: "auth", id: 1, device }]);
  });

  test("[CC2] a token that cannot be had costs this line only", () => {
    const bench = new Bench();
    bench.core.failToken("offline", 1000);
    bench.take();
    expect(bench.seen("error", "hangUp", "state").slice(1)).toMatchObject([
      { type: "error", error: { code: "SETUP", message: "Cannot get a token: offline" } },
      { type: "hangUp" },
      { type: "state", info: { state: "waiting", reason: "no token" } },
    ]);
  });

  test("[AU10] a line whose credentials expire gets newer ones, and goes on", () => {
    const bench = new Bench().open();
    bench.seen();
    bench.say({ type: "expiring", expiresInMs: 60_000 });
    expect(bench.seen("token")).toEqual([{ type: "token" }]);
    bench.core.receiveToken("newer", bench.nowMs);
    bench.take();
    expect(bench.last("refresh")).toMatchObject({ type: "refresh", token: "newer" });
    bench.answer("refresh", { type: "refreshed", expiresInMs: 3_600_000 });
    expect(bench.seen("error", "state", "hangUp")).toEqual([]);
  });

  test("[AU10] a newer token that is refused, cannot be had or is none is reported, and the line stays until it ends", () => {
    const bench = new Bench().open();
    bench.seen();
    bench.core.receiveToken("other", bench.nowMs);
    bench.take();
    bench.answer("refresh", { type: "error", code: "FORBIDDEN", message: "no" });
    bench.core.failToken("offline", bench.nowMs);
    bench.core.receiveToken(undefined, bench.nowMs);
    bench.take();
    expect(bench.ops.filter(({ type }) => type === "refresh")).toHaveLength(1);
    expect(bench.seen("error", "hangUp")).toMatchObject([
      { error: { code: "FORBIDDEN" } },
      { error: { code: "SETUP" } },
    ]);
    bench.lose(4001);
    expect(bench.seen("state")).toMatchObject([{ info: { state: "waiting", code: 4001 } }]);
  });

  test("[CC2] each line waits for its own hello", () => {
    const bench = new Bench().open();
    bench.lose();
    bench.pass();
    bench.ops.length = 0;
    bench.core.receiveToken(undefined, bench.nowMs);
    bench.take();
    expect(bench.ops).toEqual([]);
  });

  test("[CC2] a second hello on a line is ignored", () => {
    const bench = new Bench().open();
    bench.say(hello);
    expect(bench.ops.filter(({ type }) => type === "auth")).toHaveLength(1);
  });

  test("[CC25] who does not begin with hello is no gateway", () => {
    for (const text of ['{"type":"ping"}', '{"type":"welcome"}', "hi", "[]"]) {
      const bench = new Bench();
      bench.core.receive(text, 1000);
      bench.take();
      expect(bench.done.at(-1)).toMatchObject({ info: { state: "waiting", reason: "this is not a gateway" } });
      expect(bench.done.at(-2)).toEqual({ type: "hangUp" });
    }
  });

  test("[CC25] what a newer server says is ignored; what cannot be read is reported; the line stays", () => {
    const bench = new Bench().open();
    bench.seen();
    bench.say({ type: "poll" });
    bench.say({ type: "event" });
    bench.say({ type: "ping" });
    bench.say({ type: "unsubscribed", id: 99, channel: "chat/1" });
    expect(bench.seen("error", "hangUp", "state")).toMatchObject([
      { error: { code: "PROTOCOL", message: "Cannot read event: channel must be a text, got nothing" } },
    ]);
  });

  test("[CC4] a line that broke is followed by another, later each time", () => {
    const bench = new Bench();
    const delays: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      bench.lose();
      delays.push(bench.core.deadlineMs - bench.nowMs);
      bench.pass();
    }
    expect(delays).toEqual([250, 500, 1000, 2000]);
    expect(bench.states().slice(0, 3)).toEqual(["connecting", "waiting", "connecting"]);
  });

  test("[CC4] a line that lived 5 s starts the count anew, a shorter one does not", () => {
    function delayAfter(livedMs: number): number {
      const bench = new Bench();
      bench.lose();
      bench.pass();
      bench.open();
      bench.nowMs += livedMs;
      bench.lose();
      return bench.core.deadlineMs - bench.nowMs;
    }
    expect([delayAfter(5000), delayAfter(4999)]).toEqual([250, 500]);
  });

  test("[CC4] a server that goes away says when to come back, counted from the end of the line and once", () => {
    const bench = new Bench().open();
    bench.say({ type: "reconnect", afterMs: 700 });
    bench.nowMs += 10;
    bench.lose(1001, "The server is going away");
    expect(bench.core.deadlineMs - bench.nowMs).toBe(700);
    bench.pass();
    bench.lose();
    expect(bench.core.deadlineMs - bench.nowMs).toBe(500);
  });

  test("[CC4] after a restart the first try is spread over 5 s", () => {
    const bench = new Bench().open();
    bench.lose(1012, "restarting");
    expect(bench.core.deadlineMs - bench.nowMs).toBe(2500);
    expect(bench.done.at(-1)).toEqual({
      type: "state",
      info: { state: "waiting", retryInMs: 2500, code: 1012, reason: "restarting" },
    });
  });

  test("[CC4] the server's retryAfterMs is the least that is waited", () => {
    const bench = new Bench().open();
    bench.say({ type: "error", code: "RATE_LIMITED", message: "slow down", retryAfterMs: 60_000 });
    bench.lose(4002);
    expect(bench.core.deadlineMs - bench.nowMs).toBe(60_000);
    expect(bench.seen("error")).toEqual([]);
  });

  test("[CC4] an error that asks for less, or for nothing, does not shorten a wait that was asked for", () => {
    const bench = new Bench().open();
    bench.say({ type: "error", code: "RATE_LIMITED", message: "slow down", retryAfterMs: 60_000 });
    bench.say({ type: "error", code: "RATE_LIMITED", message: "slow down", retryAfterMs: 10 });
    bench.say({ type: "error", code: "RATE_LIMITED", message: "slow down" });
    bench.lose(4002);
    expect(bench.core.deadlineMs - bench.nowMs).toBe(60_000);
    expect(bench.seen("error")).toEqual([]);
  });

  test("[CC7] waking up ends no wait that a server asked for, before its end", () => {
    const bench = new Bench().open();
    bench.say({ type: "error", code: "RATE_LIMITED", message: "slow down", retryAfterMs: 60_000 });
    bench.lose(4002);
    bench.seen();
    bench.core.wake(bench.nowMs + 59_999);
    bench.take();
    expect([bench.seen("dial"), bench.core.deadlineMs]).toEqual([[], bench.nowMs + 60_000]);
    bench.core.wake(bench.nowMs + 60_000);
    bench.take();
    expect(bench.seen("dial")).toHaveLength(1);
  });

  test("[CC7] nor one that a server asked for when it went away", () => {
    const bench = new Bench().open();
    bench.say({ type: "reconnect", afterMs: 700 });
    bench.lose(1001);
    bench.seen();
    bench.core.wake(bench.nowMs + 699);
    bench.take();
    expect(bench.seen("dial")).toEqual([]);
    bench.pass();
    expect(bench.seen("dial")).toHaveLength(1);
  });

  test("[CC5] a close in 4500-4999 is final", () => {
    for (const [code, reason] of [
      [4500, "bad token"],
      [4999, ""],
    ] as const) {
      const bench = new Bench().open();
      bench.joined();
      bench.lose(code, reason);
      expect(bench.done.at(-1)).toEqual({ type: "state", info: { state: "closed", code, reason } });
      expect(bench.done.at(-2)).toMatchObject({ type: "status", info: { status: "left", error: { code: "CLOSED" } } });
      expect(bench.core.deadlineMs).toBe(Infinity);
    }
    const bench = new Bench().open();
    bench.lose(4499);
    expect(bench.states().at(-1)).toBe("waiting");
  });

  test("[CC5] credentials that are refused are final, an auth that fails otherwise is tried again", () => {
    const refused = new Bench();
    refused.core.receiveToken("bad", 1000);
    refused.say(hello);
    refused.answer("auth", { type: "error", code: "UNAUTHENTICATED", message: "no such token" });
    expect(refused.done.at(-1)).toEqual({
      type: "state",
      info: { state: "closed", code: 4500, reason: "no such token" },
    });
    const limited = new Bench();
    limited.core.receiveToken("good", 1000);
    limited.say(hello);
    limited.answer("auth", { type: "error", code: "RATE_LIMITED", message: "busy", retryAfterMs: 9000 });
    expect(limited.done.at(-1)).toMatchObject({ info: { state: "waiting", retryInMs: 9000 } });
    const failed = new Bench();
    failed.core.receiveToken("good", 1000);
    failed.say(hello);
    failed.answer("auth", { type: "error", code: "INTERNAL", message: "failed" });
    expect(failed.done.at(-1)).toMatchObject({ info: { state: "waiting", retryInMs: 250 } });
  });

  test("[CC5] an answer to auth that is none costs the line", () => {
    const bench = new Bench();
    bench.core.receiveToken("x", 1000);
    bench.say(hello);
    bench.answer("auth", { type: "unsubscribed", channel: "chat/1" });
    expect(bench.done.at(-1)).toMatchObject({
      info: { state: "waiting", reason: "the server answered auth with unsubscribed" },
    });
  });

  test("[CC6] a line that is not accepted within connectTimeoutMs is given up, whatever was said", () => {
    const bench = new Bench();
    bench.nowMs = 10_999;
    bench.say(hello);
    bench.core.tick(10_999);
    bench.take();
    expect(bench.seen("hangUp")).toEqual([]);
    bench.pass();
    expect([bench.nowMs, bench.seen("hangUp", "state")]).toMatchObject([
      11_000,
      [{ type: "hangUp" }, { info: { state: "waiting", reason: "it took too long" } }],
    ]);
  });

  test("[CC6] a server that is silent for pingAfterMs and 15 s is given up; any message counts as a sign of life", () => {
    const bench = new Bench().open();
    bench.nowMs += 39_999;
    bench.core.tick(bench.nowMs);
    bench.say({ type: "ping" });
    expect(bench.core.deadlineMs).toBe(bench.nowMs + 40_000);
    bench.seen();
    bench.pass();
    expect(bench.seen("hangUp", "state")).toMatchObject([
      { type: "hangUp" },
      { info: { state: "waiting", code: 1006, reason: "the server fell silent" } },
    ]);
  });

  test("[CC7] being back online ends a wait, and finds out a dead line", () => {
    const bench = new Bench().open();
    bench.lose();
    bench.seen();
    bench.core.wake(bench.nowMs);
    bench.take();
    expect(bench.seen("dial", "state")).toEqual([{ type: "state", info: { state: "connecting" } }, { type: "dial" }]);
    bench.open();
    bench.core.wake(bench.nowMs + 39_999);
    bench.take();
    expect(bench.seen("hangUp")).toEqual([]);
    bench.core.wake(bench.nowMs + 40_000);
    bench.take();
    expect(bench.seen("hangUp")).toEqual([{ type: "hangUp" }]);
  });
});

describe("closing", () => {
  test("[CC21] it hangs up with 1000, ends every room, rejects what is pending, and stays closed", () => {
    const bench = new Bench().open();
    const room = bench.joined();
    const ticket = bench.publish(room, "m1");
    bench.seen();
    bench.core.close();
    bench.core.close();
    bench.take();
    expect(bench.seen("hangUp", "status", "failed", "state")).toMatchObject([
      { type: "hangUp", code: 1000 },
      { type: "status", info: { status: "left" } },
      { type: "failed", ticket, error: { code: "CLOSED", message: "Cannot send message: the room is closed" } },
      { type: "state", info: { state: "closed", code: 1000, reason: "" } },
    ]);
    bench.lose();
    bench.core.wake(bench.nowMs);
    bench.core.tick(Number.MAX_SAFE_INTEGER);
    bench.join("2");
    bench.publish(room, "m2");
    bench.core.history(room, { before: 1, count: 1 }, 0);
    bench.take();
    expect(bench.seen("dial", "state", "status", "failed")).toMatchObject([
      { type: "status", info: { status: "left" } },
      { type: "failed", error: { code: "CLOSED", id: "m2" } },
      { type: "failed", error: { code: "CLOSED" } },
    ]);
  });
});
