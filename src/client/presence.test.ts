import { describe, expect, test } from "vitest";
import { at, Bench } from "../../test/client-bench.ts";

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
