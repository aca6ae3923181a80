import { expect, test } from "vitest";
import { findUserFault, publicUser } from "./public-user.ts";

test("[SV64] a user's id and name have at most 256 characters", () => {
  const [most, more] = ["x".repeat(256), "x".repeat(257)];
  expect(findUserFault({ id: most, name: most })).toBeUndefined();
  expect(findUserFault({ id: more })).toBe("the user's id has 257 characters, at most 256 may be");
  expect(findUserFault({ id: "u", name: more })).toBe("the user's name has 257 characters, at most 256 may be");
});

test("[SV64] they have no control characters and no half of a surrogate pair, and everything else", () => {
  for (const bad of ["a\0b", "\n", "\u001b[31m", "\u009b2J", "\ud800", "a\udc00"]) {
    expect(findUserFault({ id: bad })).toBe("the user's id has a control character or half a surrogate pair");
    expect(findUserFault({ id: "u", name: bad })).toContain("the user's name has");
  }
  for (const good of ["", "Ünïcödé 語 👩‍👩‍👧", "'; DROP TABLE entries; --", "\u202e"]) {
    expect(findUserFault({ id: good, name: good })).toBeUndefined();
  }
});

test("[SV7, SV64] of a user others are told id and name", () => {
  const row = { id: "u", name: "Ada", passwordHash: "secret" };
  expect(publicUser(row)).toEqual({ id: "u", name: "Ada" });
  expect(publicUser({ id: "u" })).toEqual({ id: "u" });
});
