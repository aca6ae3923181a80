import { describe, expect, test } from "vitest";
import { at, Bench, user } from "../../test/client-bench.ts";

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
