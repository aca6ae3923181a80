import { expect, test } from "vitest";
import { GatewayBench } from "../testing/gateway-bench.ts";
import type { ServerMessage } from "../wire/index.ts";
import type { AuthorizeQuestion, Claims, Results } from "./effects.ts";

const live = { from: "live" } as const;
const forbidden = { code: "FORBIDDEN", message: 'Cannot subscribe to "room/a": this user may not' };

/** How the application answers a question about a channel's name. */
type Rights = (question: AuthorizeQuestion) => Results["authorize"]["type"] | undefined;

/** Connections 1 and 2 are Ada's, 3 is Bob's; each has room/a and news. Rights can be changed while it runs. */
class Rooms {
  readonly bench: GatewayBench;
  rights: Rights = () => "allowed";
  readonly asked: AuthorizeQuestion[] = [];
  /** By the credentials that `refresh` gives. */
  claims: Claims = {};

  constructor() {
    const broken = { code: "INTERNAL", message: "The server failed to authorize" } as const;
    this.bench = new GatewayBench({
      answers: {
        authenticate: ({ connection }) => ({
          type: "accepted",
          identity: { user: { id: connection < 3 ? "ada" : "bob" }, member: `m${connection}`, claims: this.claims },
        }),
        authorize: (question) => {
          this.asked.push(question);
          const type = this.rights(question) ?? "allowed";
          return type === "failed" ? { type, error: broken } : { type };
        },
      },
    });
    for (const connection of [1, 2, 3]) this.bench.join(connection);
    for (const connection of [1, 2, 3]) {
      for (const channel of ["room/a", "news"]) {
        this.bench.send(connection, { type: "subscribe", channel, start: live });
      }
    }
    this.bench.advance(500);
    for (const connection of [1, 2, 3]) this.bench.take(connection);
    this.asked.length = 0;
  }

  /** What a connection was sent, but for who came and went. */
  take(connection: number): ServerMessage[] {
    return this.bench.take(connection).filter(({ type }) => type !== "presence");
  }

  reauthorize(userId?: string): void {
    const command =
      userId === undefined ? ({ type: "reauthorize" } as const) : ({ type: "reauthorize", userId } as const);
    this.bench.handle({ type: "commanded", request: 7, command });
  }
}

const done = (connectionCount: number): object => ({ type: "done", request: 7, connectionCount });
const inRoom: Rights = ({ definition, user }) => (definition === "room" && user.id === "ada" ? "denied" : "allowed");

test("[AU17] newer credentials are asked about for every room: what they deny is ended and told, the rest goes on", () => {
  const world = new Rooms();
  world.rights = ({ claims, definition }) =>
    definition === "room" && claims?.["role"] === "guest" ? "denied" : "allowed";
  world.claims = { role: "guest" };
  const id = world.bench.send(1, { type: "refresh", token: "newer" });
  world.bench.append("room/a", "m1");
  world.bench.append("news", "n1");
  expect(world.bench.take(1)).toMatchObject([
    { type: "refreshed", id },
    { type: "unsubscribed", channel: "room/a", error: forbidden },
    { type: "event", channel: "news" },
  ]);
  expect(world.asked).toMatchObject([
    { action: "subscribe", definition: "room", claims: { role: "guest" } },
    { action: "subscribe", definition: "news" },
  ]);
  expect(world.take(2)).toMatchObject([{ type: "event" }, { type: "event" }]);
});

test("[AU17] a device that may not be in a room any more has left it, for the others", () => {
  const world = new Rooms();
  world.rights = inRoom;
  world.bench.send(1, { type: "refresh", token: "newer" });
  world.bench.advance(250);
  expect(world.bench.take(3)).toMatchObject([{ type: "presence", channel: "room/a", left: ["m1"] }]);
});

test("[AU17] credentials that are refused change nothing and ask nobody", () => {
  const bench = new GatewayBench({
    answers: {
      authenticate: ({ token }) =>
        token === "bad" ? { type: "refused" } : { type: "accepted", identity: { user: { id: "ada" }, member: "m" } },
    },
  });
  bench.join(1);
  bench.send(1, { type: "subscribe", channel: "news", start: live });
  bench.take(1);
  bench.isHolding = ({ type }) => type === "authorize";
  bench.send(1, { type: "refresh", token: "bad" });
  expect([bench.take(1).length, bench.questions]).toEqual([1, []]);
});

test("[AU18] when rights have changed every room of a user is asked about, and of nobody else", () => {
  const world = new Rooms();
  world.rights = inRoom;
  world.bench.send(2, { type: "unsubscribe", channel: "room/a" });
  world.bench.take(2);
  world.bench.effects.length = 0;
  world.reauthorize("ada");
  expect(world.asked.map(({ definition, user }) => [user.id, definition])).toEqual([
    ["ada", "room"],
    ["ada", "news"],
    ["ada", "news"],
  ]);
  expect(world.bench.effects).toEqual([done(1)]);
  expect(world.take(1)).toMatchObject([{ type: "unsubscribed", channel: "room/a", error: forbidden }]);
  expect([world.take(2), world.take(3)]).toMatchObject([[], []]);
});

test("[AU18] without a user, everybody's are asked about", () => {
  const world = new Rooms();
  world.rights = ({ definition }) => (definition === "news" ? "denied" : "allowed");
  world.reauthorize();
  expect(world.asked).toHaveLength(6);
  expect(world.bench.effects).toEqual([done(3)]);
  for (const connection of [1, 2, 3]) {
    expect(world.bench.take(connection)).toMatchObject([{ type: "unsubscribed", channel: "news" }]);
  }
});

test("[AU18] of a user without a room, and of one who is not here, it is done at once", () => {
  const world = new Rooms();
  world.bench.join(4);
  world.bench.open(5);
  world.reauthorize("bob");
  world.reauthorize("eve");
  expect(world.bench.effects).toEqual([done(0), done(0)]);
});

test("[AU18] it is done when the last answer is there", () => {
  const world = new Rooms();
  world.rights = inRoom;
  world.bench.isHolding = ({ type }) => type === "authorize";
  world.reauthorize("ada");
  while (world.bench.questions.length > 1) world.bench.answer(0);
  expect(world.bench.effects).toEqual([]);
  world.bench.answer(0);
  expect(world.bench.effects).toEqual([done(2)]);
});

test("[AU18] a subscription that is being asked about when rights change is asked about again", () => {
  const world = new Rooms();
  world.bench.isHolding = ({ type }) => type === "authorize";
  const id = world.bench.send(1, { type: "subscribe", channel: "room/b", start: live });
  world.reauthorize("bob");
  // The application looked before rights changed, and answers after that.
  world.bench.answer(0);
  world.rights = ({ params }) => (params["id"] === "b" ? "denied" : "allowed");
  world.bench.isHolding = () => false;
  world.bench.settle();
  expect(world.bench.take(1)).toMatchObject([{ type: "error", id, code: "FORBIDDEN" }]);
});

test("[AU19] where nobody can be asked the connection is closed with 1011, so that its client comes back and asks", () => {
  const world = new Rooms();
  world.rights = ({ definition }) => (definition === "news" ? "failed" : "allowed");
  world.reauthorize("bob");
  expect(world.bench.effects).toEqual([
    { type: "close", connection: 3, code: 1011, reason: "The server cannot check rights now" },
    done(1),
  ]);
  expect(world.bench.take(3)).toEqual([]);
});

test("[AU19] what was left, joined again, or is of a closed connection meanwhile is not ended", () => {
  const world = new Rooms();
  world.rights = inRoom;
  world.bench.isHolding = ({ type }) => type === "authorize";
  world.reauthorize("ada");
  world.bench.send(1, { type: "unsubscribe", channel: "room/a" });
  world.bench.closed(2);
  world.bench.effects.length = 0;
  world.bench.isHolding = () => false;
  world.bench.settle();
  expect(world.bench.effects).toEqual([done(0)]);
  expect(world.bench.take(1)).toMatchObject([{ type: "unsubscribed", id: expect.any(Number) as number }]);
});

test("[AU19] an answer about credentials that were renewed meanwhile does not count", () => {
  const world = new Rooms();
  world.bench.isHolding = ({ type }) => type === "authorize";
  world.reauthorize("bob");
  world.claims = { role: "admin" };
  world.bench.send(3, { type: "refresh", token: "newer" });
  world.rights = ({ claims }) => (claims?.["role"] === "admin" ? "allowed" : "denied");
  world.bench.isHolding = () => false;
  world.bench.settle();
  expect(world.bench.take(3)).toMatchObject([{ type: "refreshed" }]);
  expect(world.bench.effects).toEqual([done(0)]);
});
