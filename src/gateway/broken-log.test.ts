import { expect, test } from "vitest";
import { append, benchWith, story } from "../../test/channel-setup.ts";
import type { Entry } from "./ports.ts";

test("[DL10] a log whose chain is broken in the middle is followed behind the break, by each after at most two gaps", () => {
  const rings = [256, 4, 3, 2].map((maxRingCount) => ({ maxRingCount }));
  for (const limits of [...rings, { maxRingBytes: 1 }, { maxPageBytes: 1, maxRingBytes: 250 }]) {
    let readCount = 0;
    const bench = benchWith({
      count: 3,
      limits,
      answers: {
        read: () => {
          readCount += 1;
          if (readCount > 50) throw new Error("The log is read for ever");
          return undefined;
        },
      },
    });
    bench.isHinting = false;
    append(bench, 3);
    const [broken] = bench.log("news").entries.splice(3, 1);
    bench.log("news").entries.splice(3, 0, { ...(broken as Entry), previousTag: 99 });
    bench.take(1);
    bench.advance(2_000);
    bench.join(2);
    bench.send(2, { type: "subscribe", channel: "news", start: { from: "recent", count: 99 } });
    for (const connection of [1, 2]) {
      const told = story(bench.take(connection));
      expect(told.slice(-3), `${JSON.stringify(limits)}, connection ${connection}`).toEqual([4, 5, 6]);
      expect(told.filter((one) => String(one).includes("truncated")).length).toBeLessThanOrEqual(2);
    }
    bench.isHinting = true;
    append(bench, 1);
    expect([1, 2].map((connection) => story(bench.take(connection)))).toEqual([[7], [7]]);
  }
});
