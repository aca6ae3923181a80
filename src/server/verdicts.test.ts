import { beforeEach, expect, test } from "vitest";
import type { Results } from "../gateway/index.ts";
import { Verdicts, type VerdictsOptions } from "./verdicts.ts";

type Verdict = Results["validate"];

const yes: Verdict = { type: "valid", data: '"yes"' };
const refusal: Verdict = { type: "failed", error: { code: "app:NO", message: "no" } };
const failure: Verdict = { type: "failed", error: { code: "INTERNAL", message: "broken" } };

let nowMs: number;
/** Whose verdict was asked for, in order. */
let asked: string[];
beforeEach(() => {
  nowMs = 0;
  asked = [];
});

function make(options: Partial<VerdictsOptions> = {}): Verdicts {
  return new Verdicts({ maxCount: 10, maxChars: 1_000, windowMs: 60_000, steadyMs: () => nowMs, ...options });
}

/** The verdict on a message, asked for with this answer at hand. */
function judge(verdicts: Verdicts, key: string, answer = yes): Verdict | undefined {
  let given: Verdict | undefined;
  verdicts.judge(
    key,
    (then) => {
      asked.push(key);
      then(answer);
    },
    (verdict) => (given = verdict),
  );
  return given;
}

test.for([
  ["yes", yes],
  ["a refusal of the application's", refusal],
] as const)("[SV31] of one message, %s stands however often it is asked for", ([, verdict]) => {
  const verdicts = make();
  expect(judge(verdicts, "a", verdict)).toBe(verdict);
  expect(judge(verdicts, "a", failure)).toBe(verdict);
  expect(judge(verdicts, "b")).toBe(yes);
  expect(asked).toEqual(["a", "b"]);
});

test("[SV31] what failed, or did not fit, is judged anew", () => {
  const verdicts = make();
  expect(judge(verdicts, "a", failure)).toBe(failure);
  expect(judge(verdicts, "a", { type: "invalid", reason: "no key" })).toMatchObject({ type: "invalid" });
  expect(judge(verdicts, "a")).toBe(yes);
  expect(asked).toEqual(["a", "a", "a"]);
});

test("[SV31] copies that come while the first is judged get its verdict, in their order", () => {
  const verdicts = make();
  const told: string[] = [];
  let settle = (_verdict: Verdict): void => {};
  verdicts.judge(
    "a",
    (then) => (settle = then),
    () => told.push("first"),
  );
  for (const name of ["second", "third"]) {
    verdicts.judge(
      "a",
      () => told.push("asked again"),
      (verdict) => told.push(`${name} ${verdict.type}`),
    );
  }
  expect(told).toEqual([]);
  settle(refusal);
  expect(told).toEqual(["first", "second failed", "third failed"]);
});

test("[SV32] maxVerdictCount verdicts are kept, and of one more the oldest is forgotten", () => {
  const verdicts = make({ maxCount: 2 });
  for (const key of ["a", "b", "a", "b"]) judge(verdicts, key);
  expect(asked).toEqual(["a", "b"]);
  judge(verdicts, "c");
  judge(verdicts, "b");
  expect(asked).toEqual(["a", "b", "c"]);
  judge(verdicts, "a");
  expect(asked).toEqual(["a", "b", "c", "a"]);
});

test("[SV32] data of maxVerdictChars is kept, and of one character more the oldest is forgotten", () => {
  const data = (length: number): Verdict => ({ type: "valid", data: "x".repeat(length) });
  const verdicts = make({ maxChars: 10 });
  judge(verdicts, "a", data(5));
  judge(verdicts, "b", data(5));
  judge(verdicts, "a");
  expect(asked).toEqual(["a", "b"]);
  judge(verdicts, "c", data(1));
  judge(verdicts, "b");
  expect(asked).toEqual(["a", "b", "c"]);
  judge(verdicts, "huge", data(11));
  for (const key of ["b", "huge"]) judge(verdicts, key, data(1));
  expect(asked).toEqual(["a", "b", "c", "huge", "b", "huge"]);
});

test("[SV32] a verdict is kept for the window, and no millisecond longer", () => {
  const verdicts = make({ windowMs: 100 });
  judge(verdicts, "a");
  nowMs = 100;
  judge(verdicts, "a");
  expect(asked).toEqual(["a"]);
  nowMs = 101;
  judge(verdicts, "a");
  expect(asked).toEqual(["a", "a"]);
});
