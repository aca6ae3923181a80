import { expect, test } from "vitest";
import { GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";

/** What one frame may hold, and how a client is told. */

function joined(options?: GatewayBenchOptions): GatewayBench {
  const bench = new GatewayBench(options);
  bench.join(1);
  return bench;
}

function frameOf(...ops: readonly object[]): string {
  return ops.map((op) => JSON.stringify(op)).join("\n");
}

function unsubscribe(id: number): object {
  return { type: "unsubscribe", id, channel: "news" };
}

test("[SE20] the operations of one frame are answered each as if it had come alone, and take effect in their order", () => {
  const bench = joined();
  const publish = (id: number): object => ({
    type: "publish",
    id,
    channel: "news",
    event: "item",
    messageId: `m${id}`,
    data: id,
  });
  bench.sendText(1, frameOf(publish(7), { type: "subscribe", id: 8 }, unsubscribe(9), publish(10)));
  expect(bench.take(1)).toMatchObject([
    { type: "error", id: 8, code: "BAD_MESSAGE" },
    { type: "error", id: 9, code: "NOT_SUBSCRIBED" },
    { type: "ack", id: 7, offset: 1 },
    { type: "ack", id: 10, offset: 2 },
  ]);
});

test("[SE20] what is behind an auth in its frame is served after it", () => {
  const bench = new GatewayBench();
  bench.open(1);
  bench.take(1);
  const auth = { type: "auth", id: 1, device: "0".repeat(32) };
  bench.sendText(1, frameOf(auth, { type: "subscribe", id: 2, channel: "news", start: { from: "live" } }));
  expect(bench.take(1)).toMatchObject([
    { type: "authenticated", id: 1 },
    { type: "subscribed", id: 2 },
  ]);
});

test("[RL20] a frame has at most maxOperationsPerFrame operations; of one with more nothing is done", () => {
  const bench = joined({ limits: { maxOperationsPerFrame: 2 } });
  bench.sendText(1, frameOf(unsubscribe(7), unsubscribe(8)));
  bench.sendText(1, frameOf(unsubscribe(9), unsubscribe(10), unsubscribe(11)));
  const message = "Cannot read a frame of more than 2 operations";
  expect(bench.take(1)).toMatchObject([{ id: 7 }, { id: 8 }, { type: "error", code: "TOO_BIG", message }]);
});

test("[RL20] rates count operations, not frames", () => {
  const bench = joined({ limits: { requestBurstCount: 3 } });
  bench.sendText(1, frameOf(unsubscribe(7), unsubscribe(8), unsubscribe(9), unsubscribe(10)));
  const limited = bench.take(1).filter((one) => one.type === "error" && one.code === "RATE_LIMITED");
  expect(limited).toMatchObject([{ id: 9 }, { id: 10 }]);
});

test("[SE21] limits that are switched off are told as the largest integer, and fractions as integers", () => {
  const limits = { maxOperationsPerFrame: Infinity, maxMessageBytes: 1000.5, pingAfterMs: Infinity };
  const bench = new GatewayBench({ limits });
  bench.open(1);
  expect(bench.take(1)).toMatchObject([
    {
      type: "hello",
      pingAfterMs: Number.MAX_SAFE_INTEGER,
      limits: { maxOperationsPerFrame: Number.MAX_SAFE_INTEGER, maxMessageBytes: 1000 },
    },
  ]);
});
