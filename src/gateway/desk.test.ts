import { expect, test } from "vitest";
import { benchChannels } from "../testing/gateway-bench.ts";
import type { WireError } from "../wire/index.ts";
import { ChannelTable } from "./channel-table.ts";
import { Deadlines } from "./deadlines.ts";
import { authorize, type Desk } from "./desk.ts";
import { Directory } from "./directory.ts";
import type { Identity, Results } from "./effects.ts";
import { defaultLimits as limits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { Quotas } from "./quotas.ts";
import { Users } from "./users.ts";

const identity: Identity = { user: { id: "u1" }, member: "m" };

/** Asks, answers, and gives what was heard. */
function decide(
  event: string | undefined,
  result: Results["authorize"],
  { who = identity, method }: { readonly who?: Identity; readonly method?: string } = {},
): { readonly question: unknown; readonly error: WireError | undefined } {
  const outbox = new Outbox();
  const directory = new Directory(benchChannels);
  const desk: Desk = {
    outbox,
    directory,
    limits,
    users: new Users(1),
    quotas: new Quotas(),
    rights: { version: 0 },
    channels: new ChannelTable({ outbox, limits, deadlines: new Deadlines() }),
  };
  const route = directory.find("room/a");
  if (route.type === "error") throw new Error(route.error.message);
  let heard: WireError | undefined;
  const wish = { route: route.value, identity: who, action: event === undefined ? "subscribe" : "publish" } as const;
  const call = { ...wish, action: "call", method: method ?? "" } as const;
  authorize(desk, method !== undefined ? call : event === undefined ? wish : { ...wish, event }, (error) => {
    heard = error;
  });
  const [question] = outbox.take();
  outbox.settle({ type: "settled", question: "authorize", request: 1, result });
  return { question, error: heard };
}

test("[CH4] the hook is asked about the user, the channel's parameters and the action", () => {
  const { error, question } = decide(undefined, { type: "allowed" });
  const asked = { user: { id: "u1" }, definition: "room", params: { id: "a" }, action: "subscribe" };
  expect(question).toEqual({ type: "authorize", request: 1, ...asked });
  expect(error).toBeUndefined();
});

test("[PB7] a publish is asked about with its event", () => {
  const { error, question } = decide("said", { type: "denied" });
  const asked = { user: { id: "u1" }, definition: "room", params: { id: "a" }, action: "publish", event: "said" };
  expect(question).toEqual({ type: "authorize", request: 1, ...asked });
  expect(error).toEqual({ code: "FORBIDDEN", message: 'Cannot publish "said" to "room/a": this user may not' });
});

test("[CH4] a no and a failure are errors", () => {
  expect(decide(undefined, { type: "denied" }).error).toEqual({
    code: "FORBIDDEN",
    message: 'Cannot subscribe to "room/a": this user may not',
  });
  const error = { code: "INTERNAL", message: "broken" } as const;
  expect(decide(undefined, { type: "failed", error }).error).toEqual(error);
});

test("[AU1] the hook is told what else the credentials say", () => {
  const { question } = decide(undefined, { type: "allowed" }, { who: { ...identity, claims: { role: "admin" } } });
  expect(question).toMatchObject({ user: { id: "u1" }, claims: { role: "admin" } });
});

test("[CA2] a call is asked about with its name", () => {
  const { error, question } = decide(undefined, { type: "denied" }, { method: "roll" });
  const asked = { user: { id: "u1" }, definition: "room", params: { id: "a" }, action: "call", method: "roll" };
  expect(question).toEqual({ type: "authorize", request: 1, ...asked });
  expect(error).toEqual({ code: "FORBIDDEN", message: 'Cannot call "roll" of "room/a": this user may not' });
});
