import { expect, test, vi } from "vitest";
import { z } from "zod";
import type { Questions, Results } from "../gateway/index.ts";
import type { CallDefinition, PublishContext } from "../wire/index.ts";
import { channel, type ServerChannel } from "./channel.ts";
import { ephemeral, event, latest } from "./event.ts";
import { authenticateGuest, Hooks } from "./hooks.ts";
import { thisMachine } from "./machine.ts";
import { Meters } from "./operate/meters.ts";
import { Verdicts } from "./verdicts.ts";
import { Refusal } from "./refusal.ts";
import { type CallContext, rpc } from "./rpc.ts";

const logged: string[] = [];
function hooksOf(...channels: readonly object[]): Hooks {
  logged.length = 0;
  return new Hooks({
    authenticate: authenticateGuest,
    channels: Object.fromEntries(channels.map((one, index) => [`c${index}`, one as ServerChannel])),
    timeoutMs: 10_000,
    maxPendingCount: 100,
    isRevoked: () => false,
    readMessage: async () => undefined,
    verdicts: new Verdicts({ maxCount: 9, maxChars: 99, windowMs: 9, steadyMs: () => 0 }),
    callTimeoutMs: 10_000,
    log: { info: () => {}, warn: () => {}, error: (_fields, message) => logged.push(message) },
    machine: thisMachine,
    meters: new Meters(),
  });
}

const context: PublishContext = {
  user: { id: "u" },
  member: "m",
  claims: {},
  channel: "game/1",
  params: { table: "1" },
};
const sides = z.object({ sides: z.number().max(6, "too many") });

function call(definition: CallDefinition, data: unknown, method = "roll"): Promise<Results["call"]> {
  const game = { pattern: "game/:table", events: {}, presence: false, calls: { roll: definition } };
  return new Promise((resolve) => {
    hooksOf(game).call({ ...context, definition: "c0", method, data }, resolve);
  });
}

test("[SV23] a call gets what its schema made of the data and who asks, and gives its result", async () => {
  const answer = vi.fn(({ sides: count }: { sides: number }) => ({ value: count }));
  expect(await call(rpc(sides, answer), { sides: 6, other: 1 })).toEqual({ type: "answered", data: '{"value":6}' });
  expect(answer).toHaveBeenCalledWith({ sides: 6 }, { ...context, signal: expect.any(AbortSignal) as unknown });
  expect(
    await call(
      rpc(sides, async () => "later"),
      { sides: 6 },
    ),
  ).toEqual({ type: "answered", data: '"later"' });
  expect(
    await call(
      rpc(sides, () => undefined),
      { sides: 6 },
    ),
  ).toEqual({ type: "answered" });
});

test("[SV23] data that does not fit is refused with its field, and the call is not made", async () => {
  const answer = vi.fn(() => 1);
  expect(await call(rpc(sides, answer), { sides: 7 })).toEqual({ type: "invalid", reason: "sides: too many" });
  expect(await call(rpc(sides, answer), { sides: 6 }, "other")).toEqual({
    type: "invalid",
    reason: "there is no such call",
  });
  expect(answer).not.toHaveBeenCalled();
});

test("[SV23] a result has its schema too: what it makes of it is sent, what does not fit is a fault of ours", async () => {
  const result = z.number().transform(String);
  expect(
    await call(
      rpc(sides, () => 4, { result }),
      { sides: 6 },
    ),
  ).toEqual({ type: "answered", data: '"4"' });
  const bad = await call(
    rpc(sides, () => NaN, { result }),
    { sides: 6 },
  );
  expect(bad).toMatchObject({ type: "failed", error: { code: "INTERNAL" } });
  expect(
    await call(
      rpc(sides, () => 1n as unknown),
      { sides: 6 },
    ),
  ).toMatchObject({ type: "failed" });
  expect(logged).toEqual(["The hook call failed"]);
});

test("[SV24] a refusal is told with the code and the words of its author, and not logged", async () => {
  const refuse = (): never => {
    throw new Refusal("SOLD_OUT", "There are no more");
  };
  const error = { code: "app:SOLD_OUT", message: "There are no more" };
  expect(await call(rpc(sides, refuse), { sides: 6 })).toEqual({ type: "failed", error });
  const denied = await new Promise((resolve) => {
    const question = { user: context.user, definition: "c0", params: {}, action: "subscribe" } as const;
    hooksOf(channel("c", { events: {}, authorize: refuse })).authorize(question, resolve);
  });
  expect(denied).toEqual({ type: "failed", error });
  expect(logged).toEqual([]);
});

test.for(["", "sold out", "a", "X".repeat(65)])("[SV24] a refusal's code cannot be %o", (code) => {
  expect(() => new Refusal(code, "")).toThrow(`Cannot refuse with code "${code}": it must be 1-64 of A-Z 0-9 _`);
  expect(new Refusal("X".repeat(64), "").code).toHaveLength(64);
});

test("[SV25] a call that takes too long is answered with TIMEOUT, its signal aborts, and it is logged", async () => {
  vi.useFakeTimers();
  try {
    const signals: AbortSignal[] = [];
    const hang = rpc(sides, (_data, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    const then = vi.fn<(result: Results["call"]) => void>();
    void call(hang, { sides: 6 }).then(then);
    await vi.advanceTimersByTimeAsync(9_999);
    expect([then.mock.calls.length, signals[0]?.aborted]).toEqual([0, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect(then).toHaveBeenCalledWith({
      type: "failed",
      error: { code: "TIMEOUT", message: "The call took too long; whether it was done is not known" },
    });
    expect([signals[0]?.aborted, logged]).toEqual([true, ["The hook call failed"]]);
  } finally {
    vi.useRealTimers();
  }
});

function validate(definition: ServerChannel, question: Partial<Questions["validate"]>): Promise<Results["validate"]> {
  return new Promise((resolve) => {
    hooksOf(definition).validate({ definition: "c0", event: "e", data: { sides: 6 }, context, ...question }, resolve);
  });
}

test("[SV26] what a client publishes is seen by the event's handle, which may change or refuse it", async () => {
  const handle = vi.fn(({ sides: count }: { sides: number }) => ({ sides: count * 2 }));
  expect(await validate(channel("c", { events: { e: event(sides, { handle }) } }), {})).toEqual({
    type: "valid",
    data: '{"sides":12}',
  });
  expect(handle).toHaveBeenCalledWith({ sides: 6 }, { ...context, messageAt: expect.any(Function) as unknown });
  const later = event(sides, { handle: async () => undefined });
  expect(await validate(channel("c", { events: { e: later } }), {})).toEqual({ type: "valid", data: '{"sides":6}' });
  const refusing = event(sides, {
    handle: () => {
      throw new Refusal("TOO_LATE", "The table is closed");
    },
  });
  expect(await validate(channel("c", { events: { e: refusing } }), {})).toEqual({
    type: "failed",
    error: { code: "app:TOO_LATE", message: "The table is closed" },
  });
});

test("[SV26] events of every kind have a handle, and the key of a newest value comes after it", async () => {
  const handle = ({ sides: count }: { sides: number }): { sides: number } => ({ sides: count + 1 });
  const typed = channel("c", { events: { e: ephemeral(sides, { handle }) } });
  expect(await validate(typed, {})).toEqual({ type: "valid", data: '{"sides":7}' });
  const keyed = channel("c", { events: { e: latest(sides, { handle, by: ({ sides: count }) => String(count) }) } });
  expect(await validate(keyed, {})).toEqual({ type: "valid", data: '{"sides":7}', key: "7" });
});

test("[SV26] a handle that fails is a no, and what the server publishes is not handled", async () => {
  const { context: _none, ...own } = { definition: "c0", event: "e", data: { sides: 6 }, context };
  const broken = channel("c", {
    events: {
      e: event(sides, {
        handle: () => {
          throw new Error("no");
        },
      }),
    },
  });
  expect(await validate(broken, {})).toEqual({
    type: "failed",
    error: { code: "INTERNAL", message: "The server failed to handle; it has logged why" },
  });
  const valid = new Promise((resolve) => {
    hooksOf(broken).validate(own, resolve);
  });
  expect(await valid).toEqual({ type: "valid", data: '{"sides":6}' });
  expect(await validate(broken, { event: "other" })).toEqual({ type: "invalid", reason: "there is no such event" });
});

test("[SV1] a call is not named like an event or a property of a room", () => {
  const ask = rpc(sides, () => 1);
  const note = event(z.string());
  expect(() => channel("c", { events: { note }, calls: { note: ask } })).toThrow(
    'Cannot use call name "note": the channel has an event of that name',
  );
  expect(() => channel("c", { events: {}, calls: { history: ask } })).toThrow(
    'Cannot use call name "history": a client\'s room has a property of that name',
  );
  expect(() => channel("c", { events: {}, calls: { "a b": ask } })).toThrow(
    'Cannot use call name "a b": it must be 1-64 of A-Z a-z 0-9 _ . -',
  );
});

test("[SV2] a call's data, result and parameters are typed", () => {
  function use(): void {
    channel("game/:table", {
      events: {},
      calls: { roll: rpc(sides, (_data, { params }: CallContext<{ table: string }>) => params.table) },
    });
    channel("game/:id", {
      events: {},
      calls: {
        // @ts-expect-error -- the channel has no parameter `table`
        roll: rpc(sides, (_data, { params }: CallContext<{ table: string }>) => params.table),
      },
    });
    // @ts-expect-error -- the data has no such field
    rpc(sides, ({ side }) => side);
    // @ts-expect-error -- the result is not what its schema takes
    rpc(sides, () => 4, { result: z.string() });
    // @ts-expect-error -- the handled data must fit the schema
    event(sides, { handle: () => ({ side: 1 }) });
  }
  expect(use).toBeTypeOf("function");
});
