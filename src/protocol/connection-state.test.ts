import { expect, test } from "vitest";
import { transitions } from "./connection-state.ts";

test("[CL9] this is every state and what moves it", () => {
  expect(transitions).toEqual({
    open: { sendClose: "closing", receiveClose: "closed", fail: "closed", end: "closed" },
    closing: { receiveClose: "closed", fail: "closed", end: "closed" },
    closed: {},
  });
});
