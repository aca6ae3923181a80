import { beforeEach, expect, test } from "vitest";
import { defaultLimits as limits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { Session } from "./session.ts";
import { Users } from "./users.ts";

let users: Users;
let sessions: Session[];
const [ada, bob] = ["ada", "bob"];

beforeEach(() => {
  users = new Users(2);
  sessions = [];
});

/** Adds a session; one that there is no room for has no identity. */
function add(userId: string, tokenId?: string): boolean {
  const session = new Session(sessions.length, { outbox: new Outbox(), limits });
  sessions.push(session);
  if (!users.add(userId, session)) return false;
  const identity = { user: { id: userId }, member: "m" };
  session.identity = tokenId === undefined ? identity : { ...identity, tokenId };
  return true;
}

const found = (target: Parameters<Users["find"]>[0]): number[] =>
  users.find(target).map(({ connection }) => connection);

test("[AU6] a user has room for so many sessions, until one ends", () => {
  expect([add(ada), add(ada), add(ada), add(bob)]).toEqual([true, true, false, true]);
  users.remove(sessions[0] as Session);
  expect([add(ada), add(ada)]).toEqual([true, false]);
});

test("[AU6] a session that was never taken in ends without a trace", () => {
  add(ada);
  add(ada);
  add(ada);
  const refused = sessions[2] as Session;
  users.remove(refused);
  refused.identity = { user: { id: bob }, member: "m" };
  users.remove(refused);
  expect(found({ userId: ada })).toEqual([0, 1]);
});

test("[AU6] nothing is kept of a user whose last session ended", () => {
  add(ada);
  users.remove(sessions[0] as Session);
  users.remove(sessions[0] as Session);
  expect(found({ userId: ada })).toEqual([]);
});

test("[AU8] the sessions of a user are found, and those of a credential", () => {
  add(ada, "t1");
  add(bob, "t1");
  add(ada);
  expect(found({ userId: ada })).toEqual([0, 2]);
  expect(found({ tokenId: "t1" })).toEqual([0, 1]);
  expect(found({ tokenId: "t2" })).toEqual([]);
});
