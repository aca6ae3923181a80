import { beforeEach, expect, test } from "vitest";
import type { UpgradeRequest } from "../engine/index.ts";
import { Entrance } from "./entrance.ts";
import { Hosts } from "./hosts.ts";
import { Tickets } from "./tickets.ts";
import type { Visitor } from "./visitor.ts";

let logged: string[];
let tickets: Tickets;
let entrance: Entrance;

beforeEach(() => {
  logged = [];
  tickets = new Tickets({ maxCount: 9, steadyMs: () => 0 });
  const log = { info: () => {}, warn: (_fields: object, message: string) => logged.push(message), error: () => {} };
  const trustedProxies = { addresses: ["10.0.0.1"] };
  entrance = new Entrance({ hosts: new Hosts("any"), trustedProxies, maxConnectionsPerAddress: 2, tickets, log });
});

function request(remoteAddress: string | undefined, { query = "", forwarded = "" } = {}): UpgradeRequest {
  return {
    path: "/",
    query: new URLSearchParams(query),
    host: "h",
    origin: undefined,
    protocols: [],
    headers: forwarded === "" ? {} : { "x-forwarded-for": forwarded },
    remoteAddress,
    isSecure: false,
  };
}

/** Comes in, or is refused with a status. */
function enter(...call: Parameters<typeof request>): Visitor | number {
  const decision = entrance.admit(request(...call));
  if (decision.type !== "accept") return decision.status;
  entrance.entered(decision.data);
  return decision.data;
}

test("[AU12] one connection more than an address may have is refused with 429, until one ends", () => {
  const first = enter("203.0.113.1");
  enter("203.0.113.1");
  expect(enter("203.0.113.1")).toBe(429);
  expect(enter("203.0.113.2")).toMatchObject({ request: { remoteAddress: "203.0.113.2" } });
  entrance.left(first as Visitor);
  expect(enter("203.0.113.1")).toMatchObject({ request: { remoteAddress: "203.0.113.1" } });
  expect(enter("203.0.113.1")).toBe(429);
});

test("[AU12] IPv6 addresses of one /64 are one, and those behind a trusted proxy are each their own", () => {
  for (const address of ["2001:db8::1", "2001:db8::2"]) enter(address);
  expect(enter("2001:db8::3")).toBe(429);
  for (const forwarded of ["203.0.113.1", "203.0.113.1", "203.0.113.2"]) {
    expect(enter("10.0.0.1", { forwarded })).toMatchObject({ request: { remoteAddress: forwarded } });
  }
  expect(enter("10.0.0.1", { forwarded: "203.0.113.1" })).toBe(429);
});

test("[AU12] this machine itself is not counted, nor what has no address", () => {
  for (const address of ["127.0.0.1", "::1", "::ffff:127.0.0.1", undefined]) {
    for (let count = 0; count < 9; count += 1) expect(enter(address)).not.toBe(429);
    entrance.left(enter(address) as Visitor);
  }
});

test("[AU12] those who are refused do not fill the log: a crowd is told once", () => {
  const visitors = [enter("203.0.113.1"), enter("203.0.113.1")];
  for (let count = 0; count < 9; count += 1) enter("203.0.113.1");
  expect(logged).toEqual(["Too many connections from an address"]);
  for (const visitor of visitors) entrance.left(visitor as Visitor);
  entrance.left(visitors[0] as Visitor);
  for (let count = 0; count < 9; count += 1) enter("203.0.113.1");
  expect(logged).toHaveLength(2);
});

test("[AU11] what a trusted proxy says and nobody understands is refused with 400", () => {
  expect(enter("10.0.0.1", { forwarded: "unknown" })).toBe(400);
  expect(logged).toEqual(["A proxy is not understood"]);
});

test("[AU13] a ticket is redeemed once, and whoever gets the handshake does not see it", () => {
  const ticket = tickets.issue({ user: { id: "ada" } }, 30_000);
  const query = `room=1&ticket=${ticket}`;
  const visitor = enter("203.0.113.1", { query }) as Visitor;
  expect(visitor.ticket).toEqual({ user: { id: "ada" } });
  expect(String(visitor.request.query)).toBe("room=1");
  expect(enter("203.0.113.2", { query })).toMatchObject({ ticket: { refused: expect.stringContaining("was used") } });
  expect(enter("203.0.113.3", { query: "ticket=" })).toMatchObject({ ticket: { refused: expect.any(String) } });
  expect((enter("203.0.113.4") as Visitor).ticket).toBeUndefined();
});
