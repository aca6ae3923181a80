import { beforeEach, expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";
import type { GatewayEffect } from "./effects.ts";
import { defaultLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { Session } from "./session.ts";
import { Watchdog } from "./watchdog.ts";

let tools: { readonly outbox: Outbox; readonly deadlines: Deadlines; readonly limits: typeof defaultLimits };
let session: Session;
let watchdog: Watchdog;

beforeEach(() => {
  tools = { outbox: new Outbox(), deadlines: new Deadlines(), limits: defaultLimits };
  session = new Session(1, tools);
  watchdog = new Watchdog(session, tools);
});

function effectsAt(nowMs: number): readonly GatewayEffect[] {
  tools.outbox.begin(nowMs);
  tools.deadlines.run(nowMs);
  return tools.outbox.take();
}

const ping = { type: "send", to: [1], text: '{"type":"ping"}' };

test("[SE5] without an auth the connection is closed at its deadline, and not before", () => {
  expect(effectsAt(4_999)).toEqual([]);
  expect(effectsAt(5_000)).toEqual([{ type: "close", connection: 1, code: 4000, reason: "No auth within 5000 ms" }]);
  expect(effectsAt(99_000)).toEqual([]);
});

test("[SE8] a connection that was sent nothing is pinged, again and again", () => {
  watchdog.authCame();
  expect(effectsAt(24_999)).toEqual([]);
  expect(effectsAt(25_000)).toEqual([ping]);
  expect(effectsAt(50_000)).toEqual([ping]);
});

test("[SE8] whatever else was sent puts the ping off", () => {
  watchdog.authCame();
  session.lastSentMs = 20_000;
  expect(effectsAt(25_000)).toEqual([]);
  expect(effectsAt(44_999)).toEqual([]);
  expect(effectsAt(45_000)).toEqual([ping]);
});

test("[SE9] nothing more is due for a connection that ended", () => {
  watchdog.end();
  expect(tools.deadlines.nextMs).toBe(Infinity);
});

const expiring = (expiresInMs: number): GatewayEffect => ({
  type: "send",
  to: [1],
  text: JSON.stringify({ type: "expiring", expiresInMs }),
});
const expired: GatewayEffect = { type: "close", connection: 1, code: 4001, reason: "The credentials have expired" };

test("[AU2, AU3] credentials that expire are warned of a minute before, and end the connection", () => {
  watchdog.authCame();
  watchdog.expiresIn(150_000);
  expect(effectsAt(89_999)).toEqual([ping]);
  expect(effectsAt(90_000)).toEqual([expiring(60_000)]);
  expect(effectsAt(149_999)).toEqual([ping]);
  expect(effectsAt(150_000)).toEqual([expired]);
  expect(effectsAt(300_000)).toEqual([]);
});

test("[AU2] credentials of a short life are warned of at half of it, however late the tick is", () => {
  watchdog.authCame();
  watchdog.expiresIn(10_000);
  expect(effectsAt(4_999)).toEqual([]);
  expect(effectsAt(5_001)).toEqual([expiring(4_999)]);
  expect(effectsAt(10_000)).toEqual([expired]);
});

test("[AU3] a tick that comes after everything warns and ends at once", () => {
  watchdog.authCame();
  watchdog.expiresIn(1_000);
  expect(effectsAt(2_000)).toEqual([expiring(0), expired]);
});

test("[AU4] newer credentials make what was said of those before void", () => {
  watchdog.authCame();
  watchdog.expiresIn(10_000);
  effectsAt(5_000);
  watchdog.expiresIn(10_000);
  expect(effectsAt(10_000)).toEqual([expiring(5_000)]);
  watchdog.expiresIn(undefined);
  expect(effectsAt(15_000)).toEqual([]);
});

test("[SE9] nothing is due for a connection that ended with its credentials good", () => {
  watchdog.expiresIn(10_000);
  watchdog.end();
  expect(tools.deadlines.nextMs).toBe(Infinity);
});
