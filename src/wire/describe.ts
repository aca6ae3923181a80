/** A value for an error message: on one line, and short whatever its size. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60)) + (value.length > 60 ? "…" : "");
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  return typeof value === "number" || typeof value === "boolean" || value === null ? `${value}` : `a ${typeof value}`;
}

/** Whether a value is what JSON calls an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
