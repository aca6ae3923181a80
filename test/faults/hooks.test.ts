/** The application's own functions, as they are on a bad day. */
import {
  channel,
  createGateway,
  ephemeral,
  event,
  type Gateway,
  type GatewayOptions,
  memoryBroker,
  rpc,
} from "../../src/server/index.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { WireClient } from "../gateway/wire-client.ts";

/** What a function may do instead of answering. */
const moods: Readonly<Record<string, () => never>> = {
  throws: () => {
    throw new Error("The database is away");
  },
  "throws no error": () => {
    // oxlint-disable-next-line typescript/only-throw-error -- what applications do
    throw "away";
  },
  rejects: () => Promise.reject(new Error("The database is away")) as never,
  "hangs for ever": () => new Promise<never>(() => {}) as never,
  // oxlint-disable-next-line unicorn/no-thenable -- what a library of promises of its own may give
  "is a promise that never calls back": () => ({ then() {} }) as never,
};
const live = { from: "live" } as const;
const hookTimeoutMs = 300;

interface Bad {
  readonly gateway: Gateway;
  readonly url: string;
  readonly failures: () => Promise<string>;
  readonly logged: readonly string[];
}

/** A gateway whose hooks are in this mood where the user's name says so. */
async function start(mood: () => never): Promise<Bad> {
  const logged: string[] = [];
  const note = (_fields: object, message: string): void => void logged.push(message);
  const isBad = (id: string, where: string): boolean => id === `bad-${where}`;
  const options: GatewayOptions<Record<string, ReturnType<typeof channel>>> = {
    broker: memoryBroker(),
    channels: {},
    limits: { hookTimeoutMs, callTimeoutMs: hookTimeoutMs },
    log: { info() {}, warn() {}, error: note },
  };
  const gateway = createGateway({
    ...options,
    authenticate: ({ token = "" }) => (isBad(token, "authenticate") ? mood() : { id: token }),
    channels: {
      room: channel("room/:id", {
        events: {
          said: event(z.string(), { handle: (_data, { user }) => (isBad(user.id, "handle") ? mood() : undefined) }),
          checked: event({ "~standard": { version: 1, vendor: "test", validate: mood } }),
          typing: ephemeral(z.number()),
        },
        calls: { roll: rpc(z.number(), (sides, { user }) => (isBad(user.id, "call") ? mood() : sides)) },
        authorize: ({ user }) => (isBad(user.id, "authorize") ? mood() : true),
      }),
    },
  });
  onTestFinished(() => gateway.close({ graceMs: 1 }));
  const { url } = await gateway.listen({ port: 0 });
  const admin = await gateway.listenAdmin({ port: 0 });
  const failures = async (): Promise<string> => (await fetch(`${admin.url}/metrics`)).text();
  return { gateway, url, failures, logged };
}

function enter(url: string, name: string): Promise<WireClient> {
  return WireClient.join(url, "0".repeat(32), name);
}

/** Others are served while one hangs. */
async function expectOthersServed(url: string): Promise<void> {
  const client = await enter(url, "good");
  client.send({ type: "subscribe", channel: "room/1", start: live });
  await client.next("subscribed");
  client.send({ type: "publish", channel: "room/1", event: "said", messageId: "m", data: "x" });
  await client.next("ack");
  client.send({ type: "call", channel: "room/1", method: "roll", data: 6 });
  expect(await client.next("result")).toMatchObject({ data: 6 });
  await client.close();
}

describe.for(Object.entries(moods))("a hook that %s", ([, mood]) => {
  test("[FX13, SV8] authenticate: closed with 1011, after which a client comes back", async () => {
    const { failures, logged, url } = await start(mood);
    const client = await WireClient.open(url);
    client.send({ type: "auth", device: "0".repeat(32), token: "bad-authenticate" });
    await expectOthersServed(url);
    expect(await client.closed).toMatchObject({ code: 1011 });
    expect(await failures()).toContain('switchboard_hook_failures_total{hook="authenticate"} 1\n');
    expect(logged).toEqual(["The hook authenticate failed"]);
  });

  test("[FX13, SV8, SV25] authorize, handle, a schema and a call: told INTERNAL or TIMEOUT, and the line goes on", async () => {
    const { failures, logged, url } = await start(mood);
    const publish = { type: "publish", channel: "room/1", event: "said", messageId: "m", data: "x" } as const;
    const asks = {
      authorize: [{ type: "subscribe", channel: "room/1", start: live }, publish],
      handle: [publish],
      validate: [{ ...publish, event: "checked" }],
      call: [{ type: "call", channel: "room/1", method: "roll", data: 6 }],
    } as const;
    for (const [hook, ops] of Object.entries(asks)) {
      const client = await enter(url, `bad-${hook}`);
      if (hook !== "authorize") {
        client.send({ type: "subscribe", channel: "room/1", start: live });
        await client.next("subscribed");
      }
      for (const op of ops) client.send(op);
      await expectOthersServed(url);
      for (const _ of ops) expect((await client.next("error")).code).toMatch(/^(INTERNAL|TIMEOUT)$/);
      client.send({ type: "unsubscribe", channel: "room/never" });
      expect(await client.next("error")).toMatchObject({ code: "NOT_SUBSCRIBED" });
      expect(await failures()).toContain(`switchboard_hook_failures_total{hook="${hook}"} ${ops.length}\n`);
    }
    expect(logged.toSorted((one, other) => one.localeCompare(other))).toEqual([
      "The hook authorize failed",
      "The hook authorize failed",
      "The hook call failed",
      "The hook handle failed",
      "The hook validate failed",
    ]);
  });
});
