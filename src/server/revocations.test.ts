import { beforeEach, expect, test } from "vitest";
import { Revocations } from "./revocations.ts";

const dayMs = 86_400_000;
let revocations: Revocations;

beforeEach(() => {
  revocations = new Revocations(2);
});

test("[AU14] what was revoked is refused until it would have expired, by default a day", () => {
  revocations.add({ userId: "ada" }, 1_000);
  revocations.add({ tokenId: "j1", expiresAtMs: 5_000 }, 1_000);
  expect(revocations.isRevoked({ userId: "ada" }, 1_000 + dayMs - 1)).toBe(true);
  expect(revocations.isRevoked({ userId: "ada" }, 1_000 + dayMs)).toBe(false);
  expect(revocations.isRevoked({ userId: "bob", tokenId: "j1" }, 4_999)).toBe(true);
  expect(revocations.isRevoked({ userId: "bob", tokenId: "j1" }, 5_000)).toBe(false);
  expect(revocations.isRevoked({ userId: "bob", tokenId: "j2" }, 1_000)).toBe(false);
  expect(revocations.isRevoked({ userId: "j1", tokenId: "ada" }, 1_000)).toBe(false);
});

test("[AU14] a user who logs in again after that is let in, if the credentials tell when they were issued", () => {
  revocations.add({ userId: "ada" }, 1_000);
  expect(revocations.isRevoked({ userId: "ada", issuedAtMs: 1_000 }, 2_000)).toBe(true);
  expect(revocations.isRevoked({ userId: "ada", issuedAtMs: 1_001 }, 2_000)).toBe(false);
  revocations.add({ tokenId: "j1" }, 1_000);
  expect(revocations.isRevoked({ userId: "ada", tokenId: "j1", issuedAtMs: 9_000 }, 9_000)).toBe(true);
});

test("[AU14] nothing is forgotten early: when there is no room that is told, and what means nothing any more makes some", () => {
  revocations.add({ userId: "ada", expiresAtMs: 2_000 }, 1_000);
  revocations.add({ tokenId: "j1", expiresAtMs: 9_000 }, 1_000);
  expect(() => revocations.add({ userId: "bob" }, 1_999)).toThrow("Cannot remember a revocation: there are 2");
  expect(revocations.isRevoked({ userId: "ada" }, 1_999)).toBe(true);
  revocations.add({ userId: "bob" }, 2_000);
  expect(revocations.isRevoked({ userId: "x", tokenId: "j1" }, 2_000)).toBe(true);
  expect(() => revocations.add({ userId: "eve" }, 2_000)).toThrow(expect.objectContaining({ code: "LIMIT" }));
});
