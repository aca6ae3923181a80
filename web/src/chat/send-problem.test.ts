import { expect, test } from "vitest";
import type { ClientErrorCode } from "switchboard/client";
import { sendProblem } from "./send-problem.ts";

function refused(code: ClientErrorCode): Error {
  return Object.assign(new Error("no"), { code });
}

test("[WB14] a message that waited too long says that nobody knows its fate, and its next try is another message", () => {
  const { problem, canRetry, needsNewId } = sendProblem(refused("DEDUP_EXPIRED"));
  expect(problem).toContain("nobody can tell");
  expect({ canRetry, needsNewId }).toEqual({ canRetry: true, needsNewId: true });
});

test("[WB14] what can never succeed offers no second try", () => {
  for (const code of ["FORBIDDEN", "TOO_BIG", "BAD_DATA"] as const) {
    expect(sendProblem(refused(code)).canRetry).toBe(false);
  }
});

test("[WB14] what may pass is tried again as the same message", () => {
  for (const code of ["RATE_LIMITED", "STORAGE_FULL", "STORAGE_UNAVAILABLE", "INTERNAL", "QUEUE_FULL"] as const) {
    expect(sendProblem(refused(code))).toMatchObject({ canRetry: true, needsNewId: false });
  }
});

test("[WB14] an unknown error is told in its own words", () => {
  expect(sendProblem(new Error("The moon is full"))).toMatchObject({ problem: "The moon is full", canRetry: true });
  expect(sendProblem("?").problem).toBe("It was not sent");
});
