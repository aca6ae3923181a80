/** The rules of SPEC.md against the names of the tests: each names the other by id. */

export interface NamedTest {
  readonly name: string;
  readonly file: string;
}

const ruleId = "[A-Z]{1,4}[0-9]+[a-z]?";

/** The ids SPEC.md defines, in order: a line that begins with an id, be it a list item, a table row or a heading. */
export function readRules(spec: string): readonly string[] {
  const definition = new RegExp(`^[-*|#\\s]*(?:\\*\\*|\`|\\[)?(${ruleId})(?:\\*\\*|\`|\\])?(?=[\\s.:|])`, "u");
  return spec.split("\n").flatMap((line) => definition.exec(line)?.[1] ?? []);
}

/** The ids a test's name carries: `[FR3]`, `[FR3, FR4]`. */
export function readIds(name: string): readonly string[] {
  const group = new RegExp(`\\[(${ruleId}(?:, ?${ruleId})*)\\]`, "gu");
  return [...name.matchAll(group)].flatMap((match) => (match[1] ?? "").split(/, ?/u));
}

/** What is wrong between rules and tests, one sentence each. */
export function findRuleFaults(rules: readonly string[], tests: readonly NamedTest[]): readonly string[] {
  const known = new Set(rules);
  const tested = new Set(tests.flatMap((test) => readIds(test.name)));
  const repeated = rules.filter((rule, index) => rules.indexOf(rule) !== index);
  return [
    ...repeated.map((rule) => `SPEC.md defines rule ${rule} twice`),
    ...[...known].filter((rule) => !tested.has(rule)).map((rule) => `Rule ${rule} of SPEC.md has no test`),
    ...tests.flatMap((test) => findNameFaults(test, known)),
  ];
}

function findNameFaults(test: NamedTest, known: ReadonlySet<string>): readonly string[] {
  const ids = readIds(test.name);
  if (ids.length === 0) return [`Test "${test.name}" (${test.file}) names no rule`];
  const unknown = ids.filter((id) => !known.has(id));
  return unknown.map((id) => `Test "${test.name}" (${test.file}) names rule ${id}, which SPEC.md does not define`);
}

/**
 * What is wrong with a page of the guide that names rules: one that does not exist, a row of a table without any, and an advisory in a row
 * that no test of the row's rules has in its name.
 */
export function findGuideFaults(
  guide: string,
  rules: readonly string[],
  tests: readonly NamedTest[],
): readonly string[] {
  const known = new Set(rules);
  const names = guide.match(/\b[A-Z]{2}\d+\b/gu) ?? [];
  const unknown = names.filter((id) => !known.has(id));
  const rows = guide.split("\n").filter((line) => /^\| (?!---)/u.test(line) && !line.endsWith(" Rules |"));
  return [
    ...unknown.map((id) => `The guide names rule ${id}, which SPEC.md does not define`),
    ...rows.flatMap((row) => findRowFaults(row, tests)),
  ];
}

function findRowFaults(row: string, tests: readonly NamedTest[]): readonly string[] {
  const ids = new Set(row.split("|").at(-2)?.trim().split(", "));
  const hasRule = [...ids].some((id) => new RegExp(`^${ruleId}$`, "u").test(id));
  if (!hasRule) return [`A row of the guide names no rule: ${row}`];
  const ours = tests.filter((test) => readIds(test.name).some((id) => ids.has(id)));
  const advisories = row.match(/\b(?:CVE-\d+-\d+|GHSA-\w{4}-\w{4}-\w{4})\b/gu) ?? [];
  return advisories
    .filter((advisory) => !ours.some((test) => test.name.includes(advisory)))
    .map((advisory) => `No test of ${[...ids].join(", ")} names ${advisory}`);
}
