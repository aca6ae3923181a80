import { expect, test } from "vitest";
import { findGuideFaults, findRuleFaults, readIds, readRules } from "./rules.ts";

const spec = `
Words that mention FR9 define nothing.

- **FR1** A frame is masked.
| FR2 | refused | 1002 |
### WR3. Names
`;

test("[TL4] a line of SPEC.md that begins with an id defines a rule", () => {
  expect(readRules(spec)).toEqual(["FR1", "FR2", "WR3"]);
});

test("[TL4] a test's name carries one id or several", () => {
  expect(readIds("memory > [FR1] a frame is masked")).toEqual(["FR1"]);
  expect(readIds("[FR1, FR2] both")).toEqual(["FR1", "FR2"]);
  expect(readIds("returns [] for [x1]")).toEqual([]);
});

test("[TL4] rules and tests that name each other have no fault", () => {
  expect(findRuleFaults(["FR1"], [{ name: "[FR1] a frame is masked", file: "a.test.ts" }])).toEqual([]);
});

test("[TL4] a rule without a test, a test without a rule, an unknown and a repeated rule are faults", () => {
  const tests = [
    { name: "[FR1] fine", file: "a.test.ts" },
    { name: "[FR7] unknown", file: "a.test.ts" },
    { name: "nameless", file: "b.test.ts" },
  ];
  expect(findRuleFaults(["FR1", "FR2", "FR1"], tests)).toEqual([
    "SPEC.md defines rule FR1 twice",
    "Rule FR2 of SPEC.md has no test",
    'Test "[FR7] unknown" (a.test.ts) names rule FR7, which SPEC.md does not define',
    'Test "nameless" (b.test.ts) names no rule',
  ]);
});

const table = `
| Found | Here | Rules |
| --- | --- | --- |
| A flood: ws (CVE-2026-1, GHSA-aaaa-bbbb-cccc) | 1008 | FR1, FR2 |
`;
const named = [
  { name: "[FR1] CVE-2026-1: a flood", file: "a.test.ts" },
  { name: "[FR2] GHSA-aaaa-bbbb-cccc: a flood", file: "a.test.ts" },
];

test("[TL8] a page whose rules exist and whose advisories are named by their tests has no fault", () => {
  expect(findGuideFaults(table, ["FR1", "FR2"], named)).toEqual([]);
});

test("[TL8] an unknown rule, a row without one, and an advisory that only a test of other rules names are faults", () => {
  const page = `${table}| Another: ws (CVE-2026-1) | 1002 | FR2 |\n| Nothing | 1002 | soon |\nAs FR9 says.\n`;
  expect(findGuideFaults(page, ["FR1", "FR2"], named)).toEqual([
    "The guide names rule FR9, which SPEC.md does not define",
    "No test of FR2 names CVE-2026-1",
    "A row of the guide names no rule: | Nothing | 1002 | soon |",
  ]);
});
