import { expect, test } from "vitest";
import { subprotocol } from "./messages.ts";

test("[WR18] the subprotocol names version and codec, and is a token that a handshake may carry", () => {
  expect(subprotocol).toBe("switchboard.v1+json");
  expect(subprotocol).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u);
});
