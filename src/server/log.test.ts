import { expect, test } from "vitest";
import { type Log, withoutControls } from "./log.ts";

test("[SV63] texts are told with control and direction characters as escapes, and everything else as it is", () => {
  const told: unknown[] = [];
  const note = (fields: object, message: string): number => told.push([message, fields]);
  const log: Log = withoutControls({ info: note, warn: note, error: note });
  const error = new Error("a\nb");
  const fields = {
    reason: "a\r\nb \u001b[31m \u009b2J \u202egnp.exe \u2066x\u2069 \u2028",
    code: 4000,
    error,
    none: null,
  };
  for (const level of ["info", "warn", "error"] as const) log[level](fields, level);
  const printed = {
    ...fields,
    reason: "a\\u000d\\u000ab \\u001b[31m \\u009b2J \\u202egnp.exe \\u2066x\\u2069 \\u2028",
  };
  expect(told).toEqual(["info", "warn", "error"].map((level) => [level, printed]));
  log.info({ text: "Ünïcödé 語 👩‍👩‍👧" }, "plain");
  expect(told.at(-1)).toEqual(["plain", { text: "Ünïcödé 語 👩‍👩‍👧" }]);
});
