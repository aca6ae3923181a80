import { expect, test } from "vitest";
import type { AppendRequest, BrokerSink } from "../gateway/index.ts";
import { describeBroker } from "../testing/index.ts";
import { memoryBroker } from "./memory.ts";

describeBroker("memory", {
  test,
  expect,
  isPersistent: false,
  makeStore: async () => ({ makeBroker: () => memoryBroker() }),
});

const silent: BrokerSink = { appended() {}, broadcasted() {}, availability() {} };

function request(messageId: string, nowMs: number): AppendRequest {
  const history = { maxCount: 100, maxAgeMs: 1000 };
  return {
    channel: "a",
    event: "e",
    messageId,
    user: { id: "u" },
    data: "0".repeat(1000),
    payloadHash: "h",
    tag: 1,
    nowMs,
    history,
  };
}

test("[BR40] the memory broker says what its acknowledgements are worth", async () => {
  const info = await memoryBroker({ dedupWindowMs: 5 }).open(silent);
  expect(info).toEqual({
    durability: "mem",
    description: "memory of this process: gone when it ends",
    dedupWindowMs: 5,
  });
});

test("[BR41] a full memory broker refuses with STORAGE_FULL, reads and answers retries, and takes appends again when entries aged", async () => {
  const broker = memoryBroker({ maxBytes: 20_000, dedupWindowMs: 1000 });
  await broker.open(silent);
  let stored = 0;
  const full = await (async () => {
    for (; ; stored += 1) await broker.append(request(`m${stored}`, 0));
  })().catch((error: unknown) => error);
  expect(full).toMatchObject({ code: "STORAGE_FULL", hint: expect.stringContaining("maxBytes") });
  expect(stored).toBeGreaterThan(5);
  expect((await broker.read({ channel: "a", after: 0, maxCount: 100, maxBytes: Infinity })).entries).toHaveLength(
    stored,
  );
  expect((await broker.append(request("m0", 0))).type).toBe("duplicate");
  expect((await broker.append(request("later", 1001))).type).toBe("stored");
  await broker.close();
});

test("[BR18] an id that is older than the window and an hour is forgotten", async () => {
  const hourMs = 60 * 60 * 1000;
  const broker = memoryBroker({ dedupWindowMs: 1000 });
  await broker.open(silent);
  await broker.append(request("a", 0));
  await broker.append(request("b", hourMs + 1000));
  const late = { nowMs: hourMs + 1000, retryAfterFirstMs: 1001 };
  expect((await broker.append({ ...request("a", 0), ...late })).type).toBe("duplicate");
  await broker.append(request("c", hourMs + 1001));
  expect((await broker.append({ ...request("a", 0), ...late })).type).toBe("expired");
});
