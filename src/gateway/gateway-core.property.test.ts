import fc from "fast-check";
import { expect, test } from "vitest";
import { GatewayBench } from "../testing/gateway-bench.ts";
import type { ClientOp } from "../wire/index.ts";

const device = "0".repeat(32);
const live = { from: "live" } as const;

const position = fc.record({
  epoch: fc.constantFrom("0000000000000001", "0000000000000002"),
  offset: fc.nat(9),
  tag: fc.nat(9),
});
const start = fc.oneof(
  fc.constant(live),
  fc.record({ from: fc.constant("recent" as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ from: fc.constant("position" as const), position }),
);
const channel = fc.constantFrom("news", "room/a", "nowhere");
const id = fc.nat(9);
const data = fc.constantFrom(1, null, { deep: [1] });
const event = fc.constantFrom("item", "said", "typing", "mood", "constructor");
const op: fc.Arbitrary<ClientOp> = fc.oneof(
  fc.record({ type: fc.constant("auth" as const), id, device: fc.constantFrom(device, "f".repeat(32)) }),
  fc.record({ type: fc.constant("subscribe" as const), id, channel, start }),
  fc.record({
    type: fc.constant("resume" as const),
    id,
    channels: fc.uniqueArray(fc.record({ channel, position }), { minLength: 1, selector: (wish) => wish.channel }),
  }),
  fc.record({ type: fc.constant("unsubscribe" as const), id, channel }),
  fc.record({
    type: fc.constant("publish" as const),
    id,
    channel,
    event,
    messageId: fc.constantFrom("m1", "m2", "m3"),
    data,
  }),
  fc.record({ type: fc.constant("ephemeral" as const), id, channel, event, data }),
  fc.record({
    type: fc.constant("history" as const),
    id,
    channel,
    before: fc.nat(9),
    count: fc.integer({ min: 1, max: 9 }),
  }),
);
const connection = fc.integer({ min: 1, max: 3 });
const anyStep = fc.oneof(
  fc.record({ act: fc.constant("op" as const), connection, op }),
  fc.record({ act: fc.constant("text" as const), connection, text: fc.string({ maxLength: 9 }) }),
  fc.record({
    act: fc.constantFrom(
      "open" as const,
      "closed" as const,
      "congested" as const,
      "drained" as const,
      "leaving" as const,
    ),
    connection,
  }),
  fc.record({ act: fc.constant("answer" as const), index: fc.nat(5), isFailing: fc.boolean() }),
  fc.record({ act: fc.constant("wait" as const), ms: fc.nat(9_000) }),
  fc.record({ act: fc.constantFrom("lose" as const, "trim" as const, "append" as const), channel, count: fc.nat(3) }),
);

type Step = typeof anyStep extends fc.Arbitrary<infer One> ? One : never;

function take(bench: GatewayBench, step: Step): void {
  switch (step.act) {
    case "op":
      return bench.sendText(step.connection, JSON.stringify(step.op));
    case "text":
      return bench.sendText(step.connection, step.text);
    case "open":
      return bench.open(step.connection);
    case "closed":
      return bench.closed(step.connection, true);
    case "leaving":
      return bench.handle({ type: "leaving", connection: step.connection, afterMs: 1 });
    case "congested":
    case "drained":
      return bench.handle({ type: step.act, connection: step.connection });
    case "answer":
      return bench.answer(step.index % Math.max(1, bench.questions.length));
    case "wait":
      return bench.advance(step.ms);
    case "lose":
      return bench.log(step.channel).loseTail(step.count);
    case "trim":
      return bench.log(step.channel).trim(step.count);
    case "append":
      return bench.append(step.channel, `x${step.count}`);
    default:
      return step satisfies never;
  }
}

test("[SE10] no sequence of inputs makes the core throw", () => {
  const error = { code: "INTERNAL", message: "planted" } as const;
  const run = (steps: readonly Step[]): void => {
    let isFailing = false;
    const answer = (): { readonly type: "failed"; readonly error: typeof error } | undefined =>
      isFailing ? { type: "failed", error } : undefined;
    const answers = {
      authenticate: answer,
      authorize: answer,
      validate: answer,
      append: answer,
      read: answer,
      join: answer,
    };
    const bench = new GatewayBench({
      answers,
      limits: { maxRingCount: 2, maxPageCount: 2, maxChannelsPerConnection: 1 },
    });
    for (const connectionNumber of [1, 2, 3]) bench.join(connectionNumber);
    bench.isHolding = () => true;
    for (const step of steps) {
      isFailing = step.act === "answer" && step.isFailing;
      take(bench, step);
    }
    isFailing = false;
    bench.isHolding = () => false;
    bench.settle();
    bench.advance(60_000);
  };
  expect(() => fc.assert(fc.property(fc.array(anyStep, { maxLength: 60 }), run), { numRuns: 300 })).not.toThrow();
});
