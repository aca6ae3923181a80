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

test("[AU14] the same again needs no room, and ends nothing earlier", () => {
  for (const userId of ["ada", "bob"]) revocations.add({ userId, expiresAtMs: 9_000 }, 1_000);
  const { notice } = revocations.add({ userId: "ada", expiresAtMs: 3_000 }, 2_000);
  expect(notice).toEqual({ key: "revoked user ada", value: "2000", expiresAtMs: 9_000 });
  expect(revocations.isRevoked({ userId: "ada", issuedAtMs: 2_000 }, 8_999)).toBe(true);
});

test("[AU14] a time that is none is refused, and for ever is as long as a number can say", () => {
  expect(() => revocations.add({ userId: "ada", expiresAtMs: Number.NaN }, 1_000)).toThrow(
    new RangeError("Cannot use NaN as expiresAtMs: give milliseconds since 1970"),
  );
  const { notice } = revocations.add({ userId: "ada", expiresAtMs: Infinity }, 1_000);
  expect(notice.expiresAtMs).toBe(Number.MAX_SAFE_INTEGER);
});

test("[AU20] what is kept of a revocation is all that is needed to know it again, in whatever order it comes", () => {
  const before = new Revocations(9);
  const notices = [
    before.add({ userId: "a user token x", expiresAtMs: 9_000 }, 1_000).notice,
    before.add({ userId: "a user token x", expiresAtMs: 8_000 }, 2_000).notice,
    before.add({ tokenId: "j1", expiresAtMs: 7_000 }, 1_000).notice,
  ];
  for (const order of [notices, notices.toReversed()]) {
    const after = new Revocations(1);
    const stands = order.map((notice) => after.restore(notice));
    expect(stands).toContainEqual({ target: { userId: "a user token x" }, revokedAtMs: 2_000 });
    expect(stands).toContainEqual({ target: { tokenId: "j1" }, revokedAtMs: 1_000 });
    expect(after.isRevoked({ userId: "a user token x", issuedAtMs: 2_000 }, 8_999)).toBe(true);
    expect(after.isRevoked({ userId: "a user token x", issuedAtMs: 2_001 }, 8_999)).toBe(false);
    expect(after.isRevoked({ userId: "b", tokenId: "j1" }, 6_999)).toBe(true);
    expect(after.isRevoked({ userId: "b", tokenId: "j1" }, 7_000)).toBe(false);
    expect(() => after.add({ userId: "c" }, 1_000)).toThrow(expect.objectContaining({ code: "LIMIT" }));
  }
});

test("[AU20] a notice about something else is none of its business", () => {
  for (const notice of [
    { key: "revoked nothing", value: "1", expiresAtMs: 9 },
    { key: "revoked user ada", value: "soon", expiresAtMs: 9 },
  ]) {
    expect(revocations.restore(notice)).toBeUndefined();
  }
  expect(revocations.isRevoked({ userId: "ada" }, 1)).toBe(false);
});
