/** A message that is sent again: the same answer by whichever way it comes. */
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../../test/gateway/wire-client.ts";
import { memoryBroker } from "../brokers/index.ts";
import { channel } from "./channel.ts";
import { GatewayError } from "./errors.ts";
import { event } from "./event.ts";
import { createGateway } from "./gateway.ts";

const dedupWindowMs = 60_000;
const limits = { publishesPerSecond: 1 };
const channels = { log: channel("log/:id", { events: { line: event(z.string()) }, limits }) };
const key = "k".repeat(32);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Sent {
  readonly messageId?: string;
  readonly data: string;
  readonly retryAfterFirstMs?: number;
}

/** Where it was stored, or why not. */
type Outcome = { readonly offset: number; readonly duplicate: boolean } | { readonly code: string };
type Send = (sent: Sent) => Promise<Outcome>;
const ways = ["a client", "gateway.publish", "POST /v1/publish", "POST /v1/batch"] as const;

/** A gateway, and each way to publish to one of its channels. */
async function open(): Promise<Readonly<Record<(typeof ways)[number], Send>>> {
  const gateway = createGateway({ channels, broker: memoryBroker({ dedupWindowMs }) });
  cleanups.push(() => gateway.close({ graceMs: 1 }));
  const { url } = await gateway.listen({ port: 0 });
  const admin = await gateway.listenAdmin({ port: 0, keys: [{ key, scopes: ["publish"] }] });
  const client = await WireClient.join(url, "0".repeat(32));
  cleanups.push(() => client.cut());
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    return (await fetch(`${admin.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json();
  };
  const target = { channel: "log/1", event: "line" };
  return {
    async "a client"({ messageId = "", ...sent }) {
      const id = client.send({ type: "publish", ...target, messageId, ...sent });
      return outcomeOf(await client.answer(id));
    },
    async "gateway.publish"(sent) {
      const publishing = gateway.publish({ channel: "log", params: { id: "1" }, event: "line", ...sent });
      return outcomeOf(await publishing.catch((error: unknown) => error));
    },
    async "POST /v1/publish"(sent) {
      return outcomeOf(await post("/v1/publish", { ...target, ...sent }));
    },
    async "POST /v1/batch"(sent) {
      const answer = await post("/v1/batch", { messages: [{ ...target, ...sent }] });
      // A batch with a field that cannot be is refused as a whole.
      const { results = [answer] } = answer as { readonly results?: readonly unknown[] };
      const [result] = results as readonly { readonly error?: unknown }[];
      return outcomeOf(result?.error ?? result);
    },
  };
}

function outcomeOf(answer: unknown): Outcome {
  const { code, duplicate, offset } = answer as { code?: string; duplicate: boolean; offset: number };
  return code === undefined ? { offset, duplicate } : { code };
}

test.for(ways)(
  "[PB12] %s: a retry of what is stored is told its place, whatever the channel takes by now",
  async (way) => {
    const { [way]: send } = await open();
    const first = { messageId: "m1", data: "hi" };
    expect(await send(first)).toEqual({ offset: 1, duplicate: false });
    expect(await send({ ...first, retryAfterFirstMs: 5 })).toEqual({ offset: 1, duplicate: true });
    // Not said to be one it is counted like any other, of which the channel takes one a second.
    expect(await send(first)).toEqual({ code: "RATE_LIMITED" });
    expect(await send({ ...first, data: "ho", retryAfterFirstMs: 5 })).toEqual({ code: "ID_CONFLICT" });
  },
);

test.for(ways)(
  "[PB12] %s: a retry of what was not stored is stored, to the last millisecond of the window",
  async (way) => {
    const { [way]: send } = await open();
    const late = { messageId: "m1", data: "hi", retryAfterFirstMs: dedupWindowMs + 1 };
    expect(await send(late)).toEqual({ code: "DEDUP_EXPIRED" });
    expect(await send({ ...late, retryAfterFirstMs: dedupWindowMs })).toEqual({ offset: 1, duplicate: false });
  },
);

test.for(ways)("[PB12] %s: a time that is none is refused with its value, and a retry without an id", async (way) => {
  const { [way]: send } = await open();
  for (const retryAfterFirstMs of [-1, 0.5]) {
    expect(await send({ messageId: "m1", data: "hi", retryAfterFirstMs })).toEqual({ code: "BAD_MESSAGE" });
  }
  expect(await send({ data: "hi", retryAfterFirstMs: 1 })).toEqual({ code: "BAD_MESSAGE" });
});

test("[PB12] what the server cannot be asked to retry is said in words", async () => {
  const gateway = createGateway({ channels, broker: memoryBroker() });
  cleanups.push(() => gateway.close());
  const line = { channel: "log", params: { id: "1" }, event: "line", data: "hi" } as const;
  const words = async (retry: { messageId?: string; retryAfterFirstMs: number }): Promise<unknown> =>
    gateway.publish({ ...line, ...retry }).catch((error: unknown) => error instanceof GatewayError && error.message);
  expect(await words({ retryAfterFirstMs: 1 })).toBe("Cannot publish again: give the messageId of the first try");
  expect(await words({ messageId: "m1", retryAfterFirstMs: 0.5 })).toBe(
    'Cannot publish "m1" again: retryAfterFirstMs must be an integer 0-2⁵³-1, not 0.5',
  );
});
