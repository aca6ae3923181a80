import { expect, test } from "vitest";
import { GatewayBench } from "../testing/gateway-bench.ts";
import type { KnownLog } from "./index.ts";

const live = { from: "live" } as const;
const down = { type: "failed", error: { code: "STORAGE_UNAVAILABLE", message: "" } } as const;

/** A bench whose connection has so many channels, and what is asked about them from then on. */
function following(
  count: number,
  { answers, limits }: Pick<NonNullable<ConstructorParameters<typeof GatewayBench>[0]>, "answers" | "limits"> = {},
): { readonly bench: GatewayBench; readonly looks: KnownLog[][] } {
  const looks: KnownLog[][] = [];
  const bench = new GatewayBench({
    limits: {
      maxChannelsPerConnection: count,
      maxOverrunsPerMinute: Infinity,
      requestsPerSecond: Infinity,
      requestBurstCount: Infinity,
      maxPendingRequestCount: Infinity,
      ...limits,
    },
    answers: {
      ...answers,
      compare: (question) => {
        looks.push([...question.known]);
        return answers?.compare?.(question);
      },
    },
  });
  bench.join(1);
  for (let index = 0; index < count; index += 1) {
    bench.send(1, { type: "subscribe", channel: `room/${index}`, start: live });
  }
  bench.take(1);
  return { bench, looks };
}

test("[DL3] a few channels are looked at together, each as it is known, once in tailProbeMs", () => {
  const { bench, looks } = following(3);
  bench.append("room/1", "m1");
  bench.advance(1_999);
  expect(looks).toEqual([]);
  bench.advance(1);
  const known = ["room/0", "room/1", "room/2"].map((channel) => ({ channel, position: positionOf(bench, channel) }));
  expect(looks).toEqual([known]);
  bench.advance(1_999);
  expect(looks).toHaveLength(1);
  bench.advance(1);
  expect(looks).toEqual([known, known]);
});

test("[DL12] many channels are looked at in rounds of the same size that are evenly apart, each once in tailProbeMs", () => {
  const { bench, looks } = following(2_000);
  for (let round = 0; round < 20; round += 1) bench.advance(100);
  expect(looks.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, () => 100));
  expect(new Set(looks.flat().map(({ channel }) => channel)).size).toBe(2_000);
});

test("[DL12] up to 64 channels are one round; a 65th begins another", () => {
  const { bench, looks } = following(65);
  bench.advance(2_000);
  expect(looks.map(({ length }) => length)).toEqual([1, 64]);
});

test("[DL12] a log that is as known is not read", () => {
  let readCount = 0;
  const { bench } = following(3, { answers: { read: () => void (readCount += 1) } });
  const before = readCount;
  bench.append("room/1", "m1");
  bench.advance(10_000);
  expect(readCount).toBe(before);
});

test("[DL12] nor is one that was as the store says by the time that it said so", () => {
  let readCount = 0;
  const { bench } = following(1, { answers: { read: () => void (readCount += 1) } });
  bench.isHolding = ({ type }) => type === "compare";
  bench.advance(2_000);
  bench.append("room/0", "m1");
  const before = readCount;
  bench.answer(0);
  bench.settle();
  expect(readCount).toBe(before);
});

test("[DL12] one of which the store says only that it may be another is read", () => {
  const { bench } = following(1, {
    answers: { compare: ({ known }) => ({ type: "compared", others: known.map(({ channel }) => ({ channel })) }) },
  });
  bench.isHinting = false;
  bench.append("room/0", "m1");
  bench.advance(2_000);
  expect(bench.take(1)).toMatchObject([{ type: "event", offset: 1 }]);
});

test("[DL12] a comparison that fails, or takes longer than tailProbeMs, is made again at the next round", () => {
  let isDown = true;
  const { bench, looks } = following(1, { answers: { compare: () => (isDown ? down : undefined) } });
  bench.isHinting = false;
  bench.append("room/0", "m1");
  bench.advance(2_000);
  expect(bench.take(1)).toEqual([]);
  isDown = false;
  bench.isHolding = ({ type }) => type === "compare";
  bench.advance(4_000);
  expect(bench.questions).toHaveLength(1);
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.take(1)).toMatchObject([{ type: "event", offset: 1 }]);
  bench.advance(2_000);
  expect(looks).toHaveLength(3);
});

test("[DL12] what was let go while it was compared, or since, is looked at no more", () => {
  const { bench, looks } = following(1, { limits: { channelLingerMs: 0 } });
  bench.isHolding = ({ type }) => type === "compare";
  bench.advance(2_000);
  bench.isHinting = false;
  bench.append("room/0", "m1");
  bench.send(1, { type: "unsubscribe", channel: "room/0" });
  bench.advance(1);
  expect(bench.core.info.channelCount).toBe(0);
  bench.isHolding = () => false;
  bench.settle();
  bench.advance(10_000);
  expect(looks).toHaveLength(1);
  bench.closed(1);
  bench.advance(60_000);
  expect(bench.core.nextMs).toBe(Infinity);
});

test("[DL12] with tailProbeMs Infinity nothing is looked at", () => {
  const { bench, looks } = following(65, { limits: { tailProbeMs: Infinity } });
  bench.advance(1e9);
  expect(looks).toEqual([]);
});

test("[DL12] a channel whose log was not read yet is not compared", () => {
  const { bench, looks } = following(0, { limits: { maxChannelsPerConnection: 1 } });
  bench.isHolding = ({ type }) => type === "join";
  bench.send(1, { type: "subscribe", channel: "room/0", start: live });
  bench.advance(2_000);
  expect(looks).toEqual([]);
  bench.isHolding = () => false;
  bench.settle();
  bench.advance(2_000);
  expect(looks).toMatchObject([[{ channel: "room/0" }]]);
});

function positionOf(bench: GatewayBench, channel: string): unknown {
  return bench.log(channel).read({ channel, after: 0, maxCount: 1, maxBytes: 1 }).top;
}
