import { expect, test } from "vitest";
import { GatewayBench, type GatewayBenchOptions } from "../testing/gateway-bench.ts";
import type { GatewayEffect, Identity, Results } from "./effects.ts";

const device = "0".repeat(32);
const auth = { type: "auth", device } as const;
const live = { from: "live" } as const;
const ada: Identity = { user: { id: "ada", name: "Ada" }, member: "m" };

/** A gateway that answers `auth` and `refresh` as their token says. */
function benchWith(
  answers: Readonly<Record<string, Results["authenticate"]>>,
  options: GatewayBenchOptions = {},
): GatewayBench {
  const refused = { type: "refused" } as const;
  return new GatewayBench({
    ...options,
    answers: { authenticate: ({ token = "none" }) => answers[token] ?? refused, ...options.answers },
  });
}

function joined(
  bench: GatewayBench,
  { connection = 1, token }: { readonly connection?: number; readonly token: string },
): GatewayBench {
  bench.open(connection);
  bench.take(connection);
  bench.send(connection, { ...auth, token });
  return bench;
}

const accepted = (identity: Identity, expiresInMs?: number): Results["authenticate"] =>
  expiresInMs === undefined ? { type: "accepted", identity } : { type: "accepted", identity, expiresInMs };
const failed = { type: "failed", error: { code: "INTERNAL", message: "broken" } } as const;
const closesOf = (bench: GatewayBench): GatewayEffect[] => bench.effects.filter(({ type }) => type === "close");

test("[AU2] who authenticates is told how long the credentials are good for, in whole milliseconds", () => {
  const bench = joined(benchWith({ short: accepted(ada, 9_000.7), long: accepted(ada) }), { token: "short" });
  expect(bench.take(1)).toEqual([{ type: "authenticated", id: 1, user: ada.user, expiresInMs: 9_000 }]);
  joined(bench, { connection: 2, token: "long" });
  expect(bench.take(2)).toEqual([{ type: "authenticated", id: 2, user: ada.user }]);
});

test("[AU3] when they have expired the connection is closed, and is told nothing more", () => {
  const bench = joined(benchWith({ t: accepted(ada, 9_000) }), { token: "t" });
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.advance(9_000);
  bench.take(1);
  bench.append("news", "m1");
  expect(bench.take(1)).toEqual([]);
  expect(closesOf(bench)).toEqual([
    { type: "close", connection: 1, code: 4001, reason: "The credentials have expired" },
  ]);
});

test("[AU4] a refresh keeps the connection and what it is subscribed to", () => {
  const bench = joined(benchWith({ t: accepted(ada, 9_000), t2: accepted(ada, 60_000), t3: accepted(ada) }), {
    token: "t",
  });
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.advance(8_999);
  bench.take(1);
  const id = bench.send(1, { type: "refresh", token: "t2" });
  expect(bench.take(1)).toEqual([{ type: "refreshed", id, expiresInMs: 60_000 }]);
  bench.advance(20_000);
  bench.append("news", "m1");
  expect(bench.take(1).map(({ type }) => type)).toEqual(["event"]);
  const last = bench.send(1, { type: "refresh", token: "t3" });
  expect(bench.take(1)).toEqual([{ type: "refreshed", id: last }]);
  bench.advance(3_600_000);
  expect(closesOf(bench)).toEqual([]);
});

test("[AU4] what is asked after a refresh is asked with the new credentials, even if they take their time", () => {
  const asked: unknown[] = [];
  const admin: Identity = { ...ada, user: { id: "ada", name: "Ada L." }, claims: { role: "admin" } };
  const bench = benchWith(
    { t: accepted(ada), t2: accepted(admin) },
    { answers: { authorize: ({ claims, user }) => void asked.push([user.name, claims]) } },
  );
  joined(bench, { token: "t" });
  bench.isHolding = ({ type }) => type === "authenticate";
  bench.send(1, { type: "refresh", token: "t2" });
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  expect(bench.questions).toMatchObject([{ type: "authenticate", token: "t2", device }]);
  bench.isHolding = () => false;
  bench.settle();
  expect(asked).toEqual([["Ada L.", { role: "admin" }]]);
});

test.for([
  ["of somebody else", accepted({ ...ada, user: { id: "bob" } }), 'the credentials are not those of "ada"'],
  ["of a namesake", accepted({ ...ada, user: { ...ada.user, id: "ada2" } }), 'the credentials are not those of "ada"'],
  ["that are refused", { type: "refused" } as const, "the credentials were refused"],
] as const)("[AU5] a refresh with credentials %s is refused, and those before stand", ([, answer, reason]) => {
  const bench = joined(benchWith({ t: accepted(ada, 9_000), t2: answer }), { token: "t" });
  bench.take(1);
  const id = bench.send(1, { type: "refresh", token: "t2" });
  expect(bench.take(1)).toEqual([{ type: "error", id, code: "FORBIDDEN", message: `Cannot refresh: ${reason}` }]);
  bench.send(1, { type: "publish", channel: "news", event: "item", messageId: "m1", data: 1 });
  expect(bench.log("news").entries).toMatchObject([{ user: ada.user }]);
  bench.advance(9_000);
  expect(closesOf(bench)).toMatchObject([{ code: 4001 }]);
});

test("[AU5] credentials are not to be guessed: the fourth refusal within a minute closes the connection", () => {
  const bench = joined(benchWith({ t: accepted(ada) }), { token: "t" });
  for (let guess = 0; guess < 4; guess += 1) bench.send(1, { type: "refresh", token: `guess-${guess}` });
  expect(closesOf(bench)).toMatchObject([{ code: 4002, reason: "Too many messages were refused" }]);
});

test("[AU5] a refresh that the server cannot check changes nothing", () => {
  const bench = joined(benchWith({ t: accepted(ada), t2: failed }), { token: "t" });
  bench.take(1);
  for (let count = 0; count < 4; count += 1) bench.send(1, { type: "refresh", token: "t2" });
  expect(bench.take(1)).toMatchObject(Array.from({ length: 4 }, () => ({ code: "INTERNAL", message: "broken" })));
  expect(closesOf(bench)).toEqual([]);
});

test("[AU3] credentials that expire while new ones are looked at are expired", () => {
  const bench = joined(benchWith({ t: accepted(ada, 9_000), t2: accepted(ada) }), { token: "t" });
  bench.isHolding = ({ type }) => type === "authenticate";
  bench.send(1, { type: "refresh", token: "t2" });
  bench.advance(9_000);
  bench.take(1);
  bench.isHolding = () => false;
  bench.settle();
  expect(bench.take(1)).toEqual([]);
  expect(closesOf(bench)).toMatchObject([{ code: 4001 }]);
});

test("[AU6] one connection more than a user may have is closed with 4003, until one ends", () => {
  const bench = benchWith({ t: accepted(ada) }, { limits: { maxConnectionsPerUser: 2 } });
  for (const connection of [1, 2, 3]) joined(bench, { connection, token: "t" });
  expect(closesOf(bench)).toEqual([
    { type: "close", connection: 3, code: 4003, reason: "This user has too many connections" },
  ]);
  for (const connection of [3, 1]) bench.closed(connection);
  joined(bench, { connection: 4, token: "t" });
  expect(closesOf(bench)).toHaveLength(1);
});

test("[AU6] a connection that ends while its credentials are looked at takes nobody's place", () => {
  const bench = benchWith({ t: accepted(ada) }, { limits: { maxConnectionsPerUser: 1 } });
  bench.isHolding = ({ type }) => type === "authenticate";
  joined(bench, { token: "t" });
  bench.closed(1);
  bench.isHolding = () => false;
  bench.settle();
  joined(bench, { connection: 2, token: "t" });
  expect(bench.take(2)).toMatchObject([{ type: "authenticated" }]);
});

test("[AU8] a user's connections are closed with 4502 when the user is revoked, and nobody else's", () => {
  const bench = benchWith({ t: accepted(ada), t2: accepted({ ...ada, user: { id: "bob" } }) });
  joined(bench, { connection: 1, token: "t" });
  joined(bench, { connection: 2, token: "t2" });
  bench.handle({ type: "revoked", target: { userId: "ada" }, revokedAtMs: 5 });
  expect(closesOf(bench)).toEqual([
    { type: "close", connection: 1, code: 4502, reason: "The credentials were revoked" },
  ]);
});

test("[AU8] the connections of one credential are closed, and not the user's others", () => {
  const bench = benchWith({ t: accepted({ ...ada, tokenId: "j1" }), t2: accepted({ ...ada, tokenId: "j2" }) });
  joined(bench, { connection: 1, token: "t" });
  joined(bench, { connection: 2, token: "t2" });
  bench.send(1, { type: "refresh", token: "t2" });
  bench.handle({ type: "revoked", target: { tokenId: "j1" }, revokedAtMs: 5 });
  expect(closesOf(bench)).toEqual([]);
  bench.handle({ type: "revoked", target: { tokenId: "j2" }, revokedAtMs: 5 });
  expect(closesOf(bench)).toMatchObject([{ connection: 1 }, { connection: 2 }]);
});

test("[AU9] a permission that was taken away between drop and resume is refused at the resume", () => {
  let isMember = true;
  const bench = benchWith(
    { t: accepted(ada) },
    { answers: { authorize: () => ({ type: isMember ? "allowed" : "denied" }) } },
  );
  joined(bench, { token: "t" });
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  const subscribed = bench.take(1).find(({ type }) => type === "subscribed");
  bench.closed(1);
  bench.append("news", "secret");
  isMember = false;
  joined(bench, { connection: 2, token: "t" });
  if (subscribed?.type !== "subscribed") throw new Error("Not subscribed");
  bench.take(2);
  bench.send(2, { type: "resume", channels: [{ channel: "news", position: subscribed.position }] });
  bench.append("news", "secret-2");
  expect(bench.take(2)).toMatchObject([
    { type: "resumed", channels: [{ channel: "news", error: { code: "FORBIDDEN" } }] },
  ]);
});

test("[SE3, SE4] who is known is not asked again, who is not is told why: refused, or not checked now", () => {
  const bench = joined(benchWith({ t: accepted(ada), broken: failed }), { token: "t" });
  bench.take(1);
  bench.send(1, { ...auth, token: "t" });
  expect(bench.take(1)).toMatchObject([
    { code: "BAD_MESSAGE", message: 'Cannot auth again: this connection is "ada" already' },
  ]);
  joined(bench, { connection: 2, token: "wrong" });
  joined(bench, { connection: 3, token: "broken" });
  expect(closesOf(bench)).toMatchObject([
    { connection: 2, code: 4500 },
    { connection: 3, code: 1011 },
  ]);
});

test("[CO6] what is a user's own is subscribed once it is authenticated", () => {
  const own = { channel: "news", start: { from: "live" } } as const;
  const identity = { user: { id: "ada" }, member: "m" };
  const bench = new GatewayBench({
    answers: { authenticate: () => ({ type: "accepted", identity, channels: [own] }) },
  });
  bench.open(1);
  bench.take(1);
  bench.send(1, { type: "auth", device: "0".repeat(32) });
  expect(bench.take(1)).toMatchObject([{ type: "authenticated" }, { type: "subscribed", definition: "news" }]);
});
