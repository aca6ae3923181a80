import { expect, test } from "vitest";
import { msgpackSubprotocol, subprotocol, subprotocols } from "./messages.ts";

test("[WR18] the subprotocol names version and codec, and is a token that a handshake may carry", () => {
  expect(subprotocols).toEqual({ json: "switchboard.v1+json", msgpack: "switchboard.v1+msgpack" });
  expect(Object.values(subprotocols)).toEqual([subprotocol, msgpackSubprotocol]);
  for (const token of Object.values(subprotocols)) expect(token).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u);
});
