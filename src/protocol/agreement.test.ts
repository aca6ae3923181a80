import { expect, test } from "vitest";
import { readAgreement } from "./agreement.ts";
import { indexHeaders } from "./header-values.ts";

const offered = { protocols: ["a", "b"], extensionNames: ["x", "y"] };
const read = (...rawHeaders: readonly string[]): ReturnType<typeof readAgreement> =>
  readAgreement(indexHeaders(rawHeaders), offered);

test("[HT8] an answer chooses of what was offered, or nothing", () => {
  expect(read()).toEqual({ type: "agreement", protocol: "", extensions: [] });
  expect(
    read("Sec-WebSocket-Protocol", "b", "Sec-WebSocket-Extensions", "x; p=1", "Sec-WebSocket-Extensions", "y"),
  ).toEqual({
    type: "agreement",
    protocol: "b",
    extensions: [
      { name: "x", params: new Map([["p", "1"]]) },
      { name: "y", params: new Map() },
    ],
  });
});

const faults: readonly (readonly [headers: readonly string[], reason: string])[] = [
  [["Sec-WebSocket-Protocol", "c"], 'subprotocol "c" was not offered'],
  [["Sec-WebSocket-Protocol", "a, b"], 'subprotocol "a, b" was not offered'],
  [
    ["Sec-WebSocket-Protocol", "a", "Sec-WebSocket-Protocol", "a"],
    "the answer has more than one Sec-WebSocket-Protocol header",
  ],
  [["Sec-WebSocket-Extensions", "z"], 'extension "z" was not offered'],
  [["Sec-WebSocket-Extensions", "x, x"], "the answer has an extension twice"],
  [["Sec-WebSocket-Extensions", "x;"], "an extension in the answer is malformed"],
];
for (const [headers, reason] of faults) {
  test(`[HT8] ${headers.join(" ")}: ${reason}`, () => {
    expect(read(...headers)).toEqual({ type: "fault", reason });
  });
}
