import { expect, test } from "vitest";
import { ProtocolError } from "./errors.ts";

test("[FR13] a caller's fault is an Error with a name, a code and a sentence", () => {
  const error = new ProtocolError("ERR_NOT_OPEN", "Cannot send on a connection that is closed");
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toBe("ProtocolError: Cannot send on a connection that is closed");
  expect(error.code).toBe("ERR_NOT_OPEN");
});
