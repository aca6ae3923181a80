import { expect, test } from "vitest";
import { errorCodes } from "../../wire/index.ts";
import { statusOf } from "./status.ts";

test("[OP21] every error code has a status", () => {
  const codes = Object.keys(errorCodes) as (keyof typeof errorCodes)[];
  expect(codes.map(statusOf).filter((status) => !(status >= 400 && status <= 599))).toEqual([]);
  expect(statusOf("app:SOLD_OUT")).toBe(422);
});
