import { beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import type { UpgradeRequest } from "../engine/index.ts";
import type { AuthorizeQuestion, Questions, Results } from "../gateway/index.ts";
import { channel, type ServerChannel } from "./channel.ts";
import { event, latest } from "./event.ts";
import type { Authenticated, Refused } from "./credentials.ts";
import { type Authenticate, authenticateGuest, Hooks, type HooksOptions } from "./hooks.ts";
import { thisMachine } from "./machine.ts";
import { Meters } from "./operate/meters.ts";
import { Verdicts } from "./verdicts.ts";

const request: UpgradeRequest = {
  path: "/",
  query: new URLSearchParams(),
  host: "h",
  origin: undefined,
  protocols: [],
  headers: {},
  remoteAddress: undefined,
  isSecure: false,
};
const device = "0123456789abcdef".repeat(2);

let logged: string[];
/** The reasons of what was refused. */
let refusals: unknown[];
beforeEach(() => {
  logged = [];
  refusals = [];
});

function hooksWith(parts: {
  readonly authenticate?: Authenticate;
  readonly channel?: ServerChannel;
  readonly timeoutMs?: number;
  readonly maxPendingCount?: number;
  readonly isRevoked?: HooksOptions["isRevoked"];
}): Hooks {
  return new Hooks({
    authenticate: parts.authenticate ?? authenticateGuest,
    channels: parts.channel === undefined ? {} : { c: parts.channel },
    timeoutMs: parts.timeoutMs ?? 10_000,
    callTimeoutMs: 20_000,
    maxPendingCount: parts.maxPendingCount ?? 100,
    isRevoked: parts.isRevoked ?? (() => false),
    readMessage: async () => undefined,
    verdicts: new Verdicts({ maxCount: 9, maxChars: 99, windowMs: 9, steadyMs: () => 0 }),
    log: {
      info: () => {},
      warn: (fields) => refusals.push("reason" in fields && fields.reason),
      error: (_fields, message) => logged.push(message),
    },
    machine: thisMachine,
    meters: new Meters(),
  });
}

const authenticate = (hook: Authenticate, from = device): Promise<Results["authenticate"]> =>
  new Promise((resolve) => {
    hooksWith({ authenticate: hook }).authenticate({ token: "t", device: from, request }, resolve);
  });

const question: AuthorizeQuestion = {
  user: { id: "u" },
  definition: "c",
  params: { id: "1" },
  action: "publish",
  event: "e",
};
const authorize = (hook: ServerChannel["authorize"]): Promise<Results["authorize"]> =>
  new Promise((resolve) => {
    const authorized = hook === undefined ? {} : { authorize: hook };
    hooksWith({ channel: channel("c/:id", { events: {}, ...authorized }) }).authorize(question, resolve);
  });

const validate = (schema: z.ZodType, data: Questions["validate"]["data"]): Promise<Results["validate"]> =>
  new Promise((resolve) => {
    const definition = channel("c", { events: { e: event(schema) } });
    hooksWith({ channel: definition }).validate({ definition: "c", event: "e", data }, resolve);
  });

test("[SV20] a newest value's key is made from what the schema made of it", async () => {
  const keyed = latest(z.object({ symbol: z.string().toUpperCase() }), { by: ({ symbol }) => symbol });
  const judge = (definition: typeof keyed, symbol: string): Promise<Results["validate"]> =>
    new Promise((resolve) => {
      const hooks = hooksWith({ channel: channel("c", { events: { e: definition } }) });
      hooks.validate({ definition: "c", event: "e", data: { symbol } }, resolve);
    });
  expect(await judge(keyed, "a")).toEqual({ type: "valid", data: '{"symbol":"A"}', key: "A" });
  expect(await judge(keyed, "a".repeat(128))).toMatchObject({ type: "valid" });
  const reason = "its key must be a text of 0-128 characters";
  expect(await judge(keyed, "a".repeat(129))).toEqual({ type: "invalid", reason });
  // What JavaScript may forget.
  const forgetful = { ...keyed, by: () => undefined } as unknown as typeof keyed;
  expect(await judge(forgetful, "a")).toEqual({ type: "invalid", reason });
  const broken = latest(z.unknown(), {
    by: () => {
      throw new Error("no");
    },
  }) as unknown as typeof keyed;
  expect(await judge(broken, "a")).toMatchObject({ type: "failed", error: { code: "INTERNAL" } });
  expect(logged).toEqual(["The hook validate failed"]);
});

test("[SV7] authenticate gets token, device and handshake, and only id and name are passed on", async () => {
  const row = { id: "u", name: "Ada", passwordHash: "secret" };
  const hook = vi.fn<Authenticate>(() => row);
  const result = await authenticate(hook);
  expect(hook).toHaveBeenCalledWith({ token: "t", device, request });
  expect(result).toMatchObject({ type: "accepted", identity: { user: { id: "u", name: "Ada" } } });
  expect(JSON.stringify(result)).not.toContain("secret");
});

test("[SV7] a member is the same for the same user and device, and no other", async () => {
  const memberOf = async (id: string, from: string): Promise<string | undefined> => {
    const result = await authenticate(async () => ({ id }), from);
    return result.type === "accepted" ? result.identity.member : undefined;
  };
  const other = "f".repeat(32);
  const members = await Promise.all([
    memberOf("u", device),
    memberOf("u", device),
    memberOf("v", device),
    memberOf("u", other),
  ]);
  expect(members[0]).toBe(members[1]);
  expect(new Set(members).size).toBe(3);
});

test("[SV7] a guest is the same for the same device, which its id does not give away", () => {
  const guest = (from: string): string => authenticateGuest({ token: undefined, device: from, request }).id;
  expect(guest(device)).toBe(guest(device));
  expect(guest(device)).not.toBe(guest("f".repeat(32)));
  expect(guest(device)).toMatch(/^guest-[\w-]{16}$/);
  expect(guest(device)).not.toContain(device.slice(0, 8));
});

test("[SV7] undefined refuses, and is no failure", async () => {
  expect(await authenticate(() => undefined)).toEqual({ type: "refused" });
  expect(await authenticate(async () => undefined)).toEqual({ type: "refused" });
  expect(logged).toEqual([]);
});

const broken = [
  [
    "throws",
    (): never => {
      throw new Error("no");
    },
  ],
  [
    "rejects",
    async (): Promise<never> => {
      throw new Error("no");
    },
  ],
] as const;

test.for(broken)("[SV8] a hook that %s is a failure, and logged", async ([, hook]) => {
  expect(await authenticate(hook)).toMatchObject({ type: "failed", error: { code: "INTERNAL" } });
  expect(await authorize(hook)).toEqual({
    type: "failed",
    error: { code: "INTERNAL", message: "The server failed to authorize; it has logged why" },
  });
  expect(logged).toEqual(["The hook authenticate failed", "The hook authorize failed"]);
});

test("[SV8] a hook that hangs is a failure when its time is over", async () => {
  vi.useFakeTimers();
  try {
    const then = vi.fn<(result: Results["authenticate"]) => void>();
    hooksWith({ authenticate: () => new Promise(() => {}) }).authenticate({ token: undefined, device, request }, then);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(then).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(then).toHaveBeenCalledWith(expect.objectContaining({ type: "failed" }));
  } finally {
    vi.useRealTimers();
  }
});

const nowMs = Date.now();

test("[AU1] what the credentials say besides is handed on: until when, by which id, with which claims", async () => {
  const claims = { role: "admin" };
  const result = await authenticate(() => ({
    user: { id: "u" },
    expiresAtMs: nowMs + 60_000,
    tokenId: "j1",
    claims,
  }));
  expect(result).toMatchObject({ type: "accepted", identity: { user: { id: "u" }, tokenId: "j1", claims } });
  const expiresInMs = result.type === "accepted" ? result.expiresInMs : undefined;
  expect(expiresInMs).toBeGreaterThan(0);
  expect(expiresInMs).toBeLessThanOrEqual(60_000);
});

test("[AU1] credentials that say no time do not expire", async () => {
  for (const answer of [{ user: { id: "u" } }, { user: { id: "u" }, expiresAtMs: Infinity }]) {
    expect(await authenticate(() => answer)).not.toHaveProperty("expiresInMs");
  }
});

test("[AU7] a refusal has its reason in the log, and nothing else", async () => {
  expect(await authenticate(() => ({ refused: "signed by nobody" }))).toEqual({ type: "refused" });
  expect(await authenticate(() => ({ user: { id: "u" }, expiresAtMs: 1 }))).toEqual({ type: "refused" });
  expect(await authenticate(() => undefined)).toEqual({ type: "refused" });
  expect(refusals).toEqual([
    "signed by nobody",
    expect.stringMatching(/^the credentials expired \d+ ms ago$/),
    "authenticate gave no user",
  ]);
});

test("[AU7] a user without an id, and a time that is none, are faults of the hook", async () => {
  for (const answer of [{ id: "" }, { id: 7 }, { user: { id: "" } }, { user: { id: "u" }, expiresAtMs: Number.NaN }]) {
    expect(await authenticate(() => answer as { id: string })).toMatchObject({ type: "failed" });
  }
  expect(logged).toEqual(Array.from({ length: 4 }, () => "The hook authenticate failed"));
});

test("[AU14] credentials that were revoked are refused, whatever the hook says", async () => {
  const isRevoked = vi.fn<HooksOptions["isRevoked"]>(() => true);
  const hooks = hooksWith({
    isRevoked,
    authenticate: () => ({ user: { id: "u" }, tokenId: "j1", issuedAtMs: 7 }),
  });
  const judged = await new Promise((resolve) => {
    hooks.authenticate({ token: "t", device, request }, resolve);
  });
  expect(judged).toEqual({ type: "refused" });
  expect(isRevoked).toHaveBeenCalledWith({ userId: "u", tokenId: "j1", issuedAtMs: 7 }, expect.any(Number));
  expect(refusals).toEqual(['the credentials of "u" were revoked']);
});

test("[AU13] what a ticket says is judged as if the hook had said it", async () => {
  const redeem = (ticket: Authenticated | Refused): Promise<Results["authenticate"]> =>
    new Promise((resolve) => {
      hooksWith({}).redeem(ticket, { token: undefined, device, request }, resolve);
    });
  expect(await redeem({ user: { id: "u" } })).toMatchObject({ type: "accepted", identity: { user: { id: "u" } } });
  expect(await redeem({ user: { id: "u" }, expiresAtMs: 1 })).toEqual({ type: "refused" });
  expect(await redeem({ refused: "spent" })).toEqual({ type: "refused" });
});

test("[AU15] one hook more than may be in work waits until one is done, each kind for itself", async () => {
  const answers: ((allowed: boolean) => void)[] = [];
  const hooks = hooksWith({
    maxPendingCount: 2,
    channel: channel("c/:id", { events: {}, authorize: () => new Promise((resolve) => answers.push(resolve)) }),
  });
  const settled: string[] = [];
  const done = [1, 2, 3].map(
    (number) =>
      new Promise<void>((resolve) => {
        hooks.authorize(question, ({ type }) => {
          settled.push(`${number} ${type}`);
          resolve();
        });
      }),
  );
  hooks.authenticate({ token: "t", device, request }, ({ type }) => settled.push(type));
  expect(answers).toHaveLength(2);
  expect(settled).toEqual(["accepted"]);
  answers[0]?.(true);
  await done[0];
  expect(answers).toHaveLength(3);
  for (const answer of answers) answer(false);
  await Promise.all(done);
  expect(settled).toEqual(["accepted", "1 allowed", "2 denied", "3 denied"]);
});

test("[SV8] a hook without a limit may take its time", async () => {
  const then = new Promise((resolve) => {
    hooksWith({ authenticate: async () => ({ id: "u" }), timeoutMs: Infinity }).authenticate(
      { token: undefined, device, request },
      resolve,
    );
  });
  expect(await then).toMatchObject({ type: "accepted" });
});

test("[SV9] authorize is asked with user, parameters, action and event", async () => {
  const hook = vi.fn<() => boolean>(() => true);
  expect(await authorize(hook)).toEqual({ type: "allowed" });
  const asked = { user: { id: "u" }, claims: {}, params: { id: "1" }, action: "publish", event: "e" };
  expect(hook).toHaveBeenCalledWith(asked);
});

test("[SV9] without a hook it is a yes; with one, only true is", async () => {
  expect(await authorize(undefined)).toEqual({ type: "allowed" });
  expect(await authorize(async () => true)).toEqual({ type: "allowed" });
  expect(await authorize(() => false)).toEqual({ type: "denied" });
  // What a function in JavaScript may well return.
  for (const value of [undefined, 1, "yes", {}]) {
    expect(await authorize((() => value) as () => boolean)).toEqual({ type: "denied" });
  }
});

test("[SV10] subscribers get what the schema makes of the data", async () => {
  const schema = z.object({ n: z.string().transform(Number) });
  expect(await validate(schema, { n: "7", other: 1 })).toEqual({ type: "valid", data: '{"n":7}' });
  expect(
    await validate(
      z.string().refine(async () => true),
      "x",
    ),
  ).toEqual({ type: "valid", data: '"x"' });
});

test("[SV10] the refusal names the field", async () => {
  const schema = z.object({ list: z.array(z.object({ text: z.string("must be a text") })) });
  expect(await validate(schema, { list: [{ text: 1 }] })).toEqual({
    type: "invalid",
    reason: "list.0.text: must be a text",
  });
  expect(await validate(z.string("must be a text"), 1)).toEqual({ type: "invalid", reason: "must be a text" });
});

test("[SV10] a schema of another make may give its path in objects, or no issue at all", async () => {
  const validated = (
    issues: readonly { message: string; path?: readonly { key: string }[] }[],
  ): Promise<Results["validate"]> =>
    new Promise((resolve) => {
      const schema = { "~standard": { version: 1, vendor: "test", validate: () => ({ issues }) } } as const;
      const definition = channel("c", { events: { e: event(schema) } });
      hooksWith({ channel: definition }).validate({ definition: "c", event: "e", data: 1 }, resolve);
    });
  expect(await validated([{ message: "no", path: [{ key: "a" }, { key: "b" }] }])).toEqual({
    type: "invalid",
    reason: "a.b: no",
  });
  expect(await validated([])).toEqual({ type: "invalid", reason: "it does not fit the schema" });
});

test("[SV10] what is no JSON value after the schema is a failure of the schema", async () => {
  expect(
    await validate(
      z.any().transform(() => undefined),
      1,
    ),
  ).toMatchObject({ type: "failed", error: { code: "INTERNAL" } });
  expect(
    await validate(
      z.any().transform(() => 1n),
      1,
    ),
  ).toMatchObject({ type: "failed" });
  expect(logged).toEqual(["The hook validate failed", "The hook validate failed"]);
});
