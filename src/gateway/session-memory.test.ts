import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { GatewayCore } from "./gateway-core.ts";
import type { GatewayEffect, GatewayInput } from "./effects.ts";
import { defaultLimits } from "./limits.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const channels = {
  news: {
    pattern: "news",
    events: { item: { kind: "event" } },
    presence: false,
    history: { maxCount: 9, maxAgeMs: 9 },
  },
} as const;

function makeCore(): GatewayCore {
  return new GatewayCore({ channels, limits: defaultLimits, durability: "mem", dedupWindowMs: 1, node: "n" });
}

const top = { epoch: "0".repeat(16), offset: 0, tag: 0 };

/** What a shell would answer, if it is asked. */
function answerTo(effect: GatewayEffect): GatewayInput | undefined {
  switch (effect.type) {
    case "authenticate": {
      const identity = { user: { id: `user-${effect.connection}` }, member: `member-${effect.connection}` };
      return {
        type: "settled",
        question: "authenticate",
        request: effect.request,
        result: { type: "accepted", identity },
      };
    }
    case "authorize":
      return { type: "settled", question: "authorize", request: effect.request, result: { type: "allowed" } };
    case "join":
      return { type: "settled", question: "join", request: effect.request, result: { type: "joined" } };
    case "read": {
      const result = { top, first: 1, tagAtAfter: 0, entries: [] };
      return { type: "settled", question: "read", request: effect.request, result: { type: "page", result } };
    }
    default:
      return undefined;
  }
}

/** Opens connections and lets each subscribe. @returns how many were told that they are. */
function subscribeAll(core: GatewayCore, from: number, count: number): number {
  let subscribedCount = 0;
  const feed = (input: GatewayInput): void => {
    for (const effect of core.handle(input, 0)) {
      if (effect.type === "send" && effect.text.startsWith('{"type":"subscribed"')) subscribedCount += 1;
      const answer = answerTo(effect);
      if (answer !== undefined) feed(answer);
    }
  };
  const send = (connection: number, op: object): void => {
    const data = JSON.stringify(op);
    feed({ type: "received", connection, data, bytes: data.length });
  };
  for (let connection = from; connection < from + count; connection += 1) {
    feed({ type: "opened", connection });
    send(connection, { type: "auth", id: 1, device: connection.toString(16).padStart(32, "0") });
    send(connection, { type: "subscribe", id: 2, channel: "news", start: { from: "live" } });
  }
  return subscribedCount;
}

test("[SE12] a connection that is authenticated and subscribed takes at most 1,000 bytes of the core, however many came before it", () => {
  const core = makeCore();
  const count = 5_000;
  subscribeAll(core, 1, 1_000); // its compiler's share
  const before = heldBytes();
  for (let from = 1_001; from < 4 * count; from += count) {
    expect(subscribeAll(core, from, count)).toBe(count);
    expect((heldBytes() - before) / count).toBeLessThan(1_000);
    for (let connection = from; connection < from + count; connection += 1) {
      core.handle({ type: "closed", connection, isGoodbye: true }, 0);
    }
  }
  expect(core.info.connectionCount).toBe(1_000);
});
