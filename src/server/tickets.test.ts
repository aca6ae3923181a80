import { beforeEach, expect, test } from "vitest";
import { Tickets } from "./tickets.ts";

let nowMs: number;
let tickets: Tickets;
const ada = { user: { id: "ada" } };

beforeEach(() => {
  nowMs = 0;
  tickets = new Tickets({ maxCount: 2, steadyMs: () => nowMs });
});

test("[AU13] a ticket is good once, and is 192 random bits", () => {
  const ticket = tickets.issue(ada, 30_000);
  expect(ticket).toMatch(/^[\w-]{32}$/);
  expect(tickets.issue(ada, 30_000)).not.toBe(ticket);
  expect(tickets.take("x")).toBeUndefined();
  expect(tickets.take(ticket)).toEqual(ada);
  expect(tickets.take(ticket)).toBeUndefined();
});

test("[AU13] a ticket is good for its time, and no longer", () => {
  const [first, second] = [tickets.issue(ada, 30_000), tickets.issue(ada, 30_000)];
  nowMs = 29_999;
  expect(tickets.take(first)).toEqual(ada);
  nowMs = 30_000;
  expect(tickets.take(second)).toBeUndefined();
});

test("[AU13] so many may be out; those that are too old make room", () => {
  tickets.issue(ada, 30_000);
  const last = tickets.issue(ada, 60_000);
  expect(() => tickets.issue(ada, 30_000)).toThrow("Cannot issue a ticket: 2 are out and not used yet");
  nowMs = 30_000;
  tickets.issue(ada, 30_000);
  expect(() => tickets.issue(ada, 30_000)).toThrow(expect.objectContaining({ code: "LIMIT" }));
  expect(tickets.take(last)).toEqual(ada);
});

test("[AU13] a ticket is for the next moment: five minutes are the most", () => {
  const longest = tickets.issue(ada, 300_000);
  nowMs = 299_999;
  expect(tickets.take(longest)).toEqual(ada);
  for (const life of [0, -1, Number.NaN, 300_001, Infinity]) {
    expect(() => tickets.issue(ada, life)).toThrow(
      new RangeError(`Cannot use ${life} as expiresInMs of a ticket: give 1-300000`),
    );
  }
});
