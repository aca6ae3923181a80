import { expect, test } from "vitest";
import { BrokerError } from "./ports.ts";

test("[BR73] a broker's failure has a code, its cause, and a hint where something can be done", () => {
  const cause = new Error("ENOSPC");
  const error = new BrokerError("STORAGE_FULL", "Cannot append: the disk is full", { cause, hint: "Free some space" });
  expect(error).toMatchObject({ name: "BrokerError", code: "STORAGE_FULL", cause, hint: "Free some space" });
  expect(error.message).toBe("Cannot append: the disk is full");
});

test("[BR73] a failure that nothing caused has no cause", () => {
  const error = new BrokerError("CLOSED", "Cannot append: the store is closed");
  expect(Object.hasOwn(error, "cause")).toBe(false);
  expect(error.hint).toBeUndefined();
});
