import type { SchemaIssue, SchemaResult, StandardSchema } from "../wire/index.ts";

/** What a schema makes of a value, or the field that is wrong, and why: `text: too long`. */
export type Checked<Output> =
  | { readonly type: "value"; readonly value: Output }
  | { readonly type: "invalid"; readonly reason: string };

/** Asks a schema. Whether the answer comes at once is the schema's choice. */
export function checkSchema<Output>(
  schema: StandardSchema<unknown, Output>,
  data: unknown,
): Checked<Output> | Promise<Checked<Output>> {
  const result = schema["~standard"].validate(data);
  // Any promise will do, the ones of other libraries too.
  return "then" in result ? Promise.resolve(result).then(toChecked) : toChecked(result);
}

function toChecked<Output>(result: SchemaResult<Output>): Checked<Output> {
  if (result.issues === undefined) return { type: "value", value: result.value };
  return { type: "invalid", reason: describeIssue(result.issues[0]) };
}

function describeIssue(issue: SchemaIssue | undefined): string {
  if (issue === undefined) return "it does not fit the schema";
  const path = (issue.path ?? []).map((step) => String(typeof step === "object" ? step.key : step));
  return path.length === 0 ? issue.message : `${path.join(".")}: ${issue.message}`;
}
