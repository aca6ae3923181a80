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
